/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <stdio.h>

#include "base/text.h"

/* An item is there in each version from `since` on; it becomes another one with each where
 * `changes` is set. */
struct durable_item {
	const char *id;
	enum content_kind kind;
	size_t size; /* of random bytes; 0: a text */
	int since;
	bool changes;
};

static const struct durable_item items[] = {
	{"a", CONTENT_MESSAGE, 0, 1, true},
	{"b", CONTENT_FILE, 270000, 1, false},
	{"c", CONTENT_MESSAGE, 3000, 1, true},
	{"d", CONTENT_FILE, 0, 2, false},
	{"e", CONTENT_FILE, 280000, 2, true},
};
enum { ITEM_COUNT = 5, CONTENT_MOST = 400000, LINE = 19 };

static void put_line(struct buf *out, const uint8_t *bytes)
{
	char line[4 * LINE + 4];

	text_to_hex(bytes, LINE, line);
	line[76] = 0;
	assert_int_equal(buf_append_text(out, line), 0);
	assert_int_equal(buf_append_text(out, "\r\n"), 0);
}

/* What an item has in a version. */
static void fill_content(const struct durable_item *item, int version, struct buf *out)
{
	int as_of = item->changes ? version : item->since;
	char head[200];

	(void)snprintf(head, sizeof(head),
		"From: ada@contoso.example\r\nSubject: item %s, version %d\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n",
		item->id, as_of);
	assert_int_equal(buf_append_text(out, head), 0);
	if (item->size == 0)
		return;
	uint8_t *bytes = mem_alloc(item->size);
	fixture_fill(bytes, item->size, (uint64_t)as_of * 100 + (uint64_t)item->id[0]);
	if (item->kind == CONTENT_FILE)
		assert_int_equal(buf_append(out, bytes, item->size), 0);
	for (size_t i = 0; item->kind == CONTENT_MESSAGE && i + LINE <= item->size; i += LINE)
		put_line(out, bytes + i);
	mem_free(bytes);
}

static int put_content(struct repo_writer *writer, const struct durable_item *item, int version,
	struct repo_content *out)
{
	struct content_writer *content = NULL;
	AUTO_BUF data = buf_init(CONTENT_MOST);

	fill_content(item, version, &data);
	int r = content_begin(writer, item->kind, &content);
	if (r == 0)
		r = content_add(content, data.data, data.size);
	if (r == 0)
		r = content_finish(STEAL(content), out);
	content_drop(content);
	return r;
}

static int put_items(struct repo_writer *writer, struct folder_writer *folder, int version)
{
	int r = 0;

	for (size_t i = 0; i < ITEM_COUNT && r == 0; i++) {
		struct tree_item item = {.id = items[i].id,
			.name = items[i].id,
			.type = "message",
			.tag = version == 1 ? "1" : "2",
			.modified_s = 1000};
		if (items[i].since > version)
			continue;
		r = put_content(writer, &items[i], version, &item.content);
		if (r == 0)
			r = folder_put(folder, &item);
	}
	return r;
}

int durable_store(struct repo_writer *writer, const uint8_t *previous, int version,
	uint8_t out_tree[REPO_ID_SIZE])
{
	struct tree_folder in = {.id = "f1", .parent_id = "", .name = "in"};
	struct object_writer *object = NULL;
	struct folder_writer *folder = NULL;
	struct object_summary summary;
	int r = object_writer_begin(writer, previous, &object);

	if (r == 0)
		r = object_writer_folder(object, &in, &folder);
	if (r == 0)
		r = put_items(writer, folder, version);
	if (r == 0)
		r = folder_finish(STEAL(folder), NULL);
	folder_drop(folder);
	if (r == 0)
		r = object_writer_finish(STEAL(object), &summary);
	object_writer_drop(object);
	if (r == 0)
		memcpy(out_tree, summary.tree, REPO_ID_SIZE);
	return r;
}

struct reading {
	struct repo *repo;
	int version;
	size_t seen;
};

static int collect(void *context, const void *data, size_t size)
{
	return buf_append(context, data, size);
}

static int read_item(void *context, const struct tree_item *found)
{
	struct reading *reading = context;
	AUTO_BUF expected = buf_init(CONTENT_MOST), read = buf_init(CONTENT_MOST);

	while (reading->seen < ITEM_COUNT && items[reading->seen].since > reading->version)
		reading->seen++;
	assert_true(reading->seen < ITEM_COUNT);
	const struct durable_item *item = &items[reading->seen++];
	assert_string_equal(found->id, item->id);
	fill_content(item, reading->version, &expected);
	int r = repo_read(reading->repo, &found->content, collect, &read);
	if (r < 0)
		return r;
	assert_int_equal(read.size, expected.size);
	assert_memory_equal(read.data, expected.data, expected.size);
	return 0;
}

static int read_folder(void *context, const struct tree_folder *folder)
{
	struct reading *reading = context;

	assert_string_equal(folder->name, "in");
	return repo_items(reading->repo, folder, read_item, reading);
}

int durable_read(struct repo *repo, const uint8_t tree[REPO_ID_SIZE], int version)
{
	struct reading reading = {repo, version, 0};
	int r = repo_folders(repo, tree, read_folder, &reading);

	if (r == 0)
		assert_int_equal(reading.seen, version == 1 ? 3 : ITEM_COUNT);
	return r;
}

int durable_read_all(
	struct repo *repo, char (*ids)[SNAPSHOT_ID_TEXT], size_t most, size_t *out_count)
{
	struct snapshot **snapshots = NULL;
	size_t count = 0;
	int r = repo_snapshots(repo, &snapshots, &count);

	for (size_t i = 0; i < count; i++) {
		const struct snapshot *snapshot = snapshots[i];
		if (r == 0) {
			assert_int_equal(snapshot->object_count, 1);
			r = durable_read(
				repo, snapshot->objects[0].tree, (int)snapshot->created_s);
		}
		if (ids && i < most)
			memcpy(ids[i], snapshot->id, SNAPSHOT_ID_TEXT);
		snapshot_free(snapshots[i]);
	}
	mem_free(snapshots);
	*out_count = count;
	return r;
}

int durable_back_up(struct repo *repo, const uint8_t *previous, int version,
	uint8_t out_tree[REPO_ID_SIZE], char out_id[SNAPSHOT_ID_TEXT])
{
	struct repo_writer *writer = NULL;
	int r = repo_writer_open(repo, &writer);

	if (r == 0)
		r = durable_store(writer, previous, version, out_tree);
	if (r == 0)
		r = repo_writer_commit(writer);
	if (r == 0)
		r = fixture_snapshot(writer, out_tree, version, out_id);
	repo_writer_close(writer);
	return r;
}
