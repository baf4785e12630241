/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "crypto/secret.h"

struct fixture *fixture_new(void)
{
	struct fixture *fixture = mem_alloc(sizeof(*fixture));
	uint8_t key[32];
	const char *base = getenv("TMPDIR");

	fixture->folder = mem_printf("%s/garner-test-XXXXXX", base ? base : "/tmp");
	assert_non_null(mkdtemp(fixture->folder));
	fixture->place = io_join(fixture->folder, "repository");
	fixture->key_file = io_join(fixture->folder, "key");
	secret_random(key, sizeof(key));
	assert_int_equal(io_write_file(fixture->key_file, key, sizeof(key), 0600), 0);
	return fixture;
}

void fixture_close(struct fixture *fixture)
{
	repo_writer_close(fixture->writer);
	repo_close(fixture->repo);
	fixture->writer = NULL;
	fixture->repo = NULL;
}

void fixture_free(struct fixture *fixture)
{
	fixture_close(fixture);
	fixture_remove_folder(fixture->folder);
	mem_free(fixture->folder);
	mem_free(fixture->place);
	mem_free(fixture->key_file);
	mem_free(fixture);
}

struct repo_secret fixture_secret(const struct fixture *fixture)
{
	return (struct repo_secret){.key_file = fixture->key_file};
}

int fixture_create(const char *place, const struct repo_secret *secret, struct repo **out)
{
	const struct repo_options options = repo_options_default();

	return repo_create(storage_open_folder(place), secret, &options, out);
}

int fixture_setup(void **state)
{
	struct fixture *fixture = fixture_new();
	struct repo_secret secret = fixture_secret(fixture);

	assert_int_equal(fixture_create(fixture->place, &secret, &fixture->repo), 0);
	assert_int_equal(repo_writer_open(fixture->repo, &fixture->writer), 0);
	*state = fixture;
	return 0;
}

int fixture_teardown(void **state)
{
	fixture_free(*state);
	return 0;
}

void fixture_reopen(struct fixture *fixture)
{
	struct repo_secret secret = fixture_secret(fixture);

	fixture_close(fixture);
	assert_int_equal(
		repo_open(storage_open_folder(fixture->place), &secret, &fixture->repo), 0);
	assert_int_equal(repo_writer_open(fixture->repo, &fixture->writer), 0);
}

struct repo_content fixture_put(struct repo_writer *writer, const void *data, size_t size)
{
	struct content_writer *content = NULL;
	struct repo_content out;

	assert_int_equal(content_begin(writer, CONTENT_FILE, &content), 0);
	assert_int_equal(content_add(content, data, size), 0);
	assert_int_equal(content_finish(content, &out), 0);
	return out;
}

struct repo_content fixture_put_text(struct repo_writer *writer, const char *text)
{
	return fixture_put(writer, text, strlen(text));
}

static int collect(void *context, const void *data, size_t size)
{
	return buf_append(context, data, size);
}

void fixture_assert_content(
	struct repo *repo, const struct repo_content *content, const void *data, size_t size)
{
	AUTO_BUF out = buf_init(size + 1);

	assert_int_equal(repo_read(repo, content, collect, &out), 0);
	assert_int_equal(content->size, size);
	assert_int_equal(out.size, size);
	if (size > 0)
		assert_memory_equal(out.data, data, size);
}

struct fixture_tree fixture_object(struct repo_writer *writer, const uint8_t *previous,
	const struct fixture_item *items, size_t count)
{
	struct tree_folder in = {.id = "f1", .parent_id = "", .name = "in"};
	struct object_writer *object = NULL;
	struct folder_writer *folder = NULL;
	struct object_summary summary;

	assert_int_equal(object_writer_begin(writer, previous, &object), 0);
	assert_int_equal(object_writer_folder(object, &in, &folder), 0);
	for (size_t i = 0; i < count; i++) {
		struct tree_item item = {
			.id = items[i].id,
			.name = items[i].id,
			.type = "message",
			.tag = "1",
			.modified_s = 1000,
			.content = fixture_put_text(writer, items[i].text),
		};
		assert_int_equal(folder_put(folder, &item), 0);
	}
	assert_int_equal(folder_finish(folder, NULL), 0);
	assert_int_equal(object_writer_finish(object, &summary), 0);
	struct fixture_tree tree;
	memcpy(tree.id, summary.tree, REPO_ID_SIZE);
	return tree;
}

struct comparing {
	struct repo *repo;
	const struct fixture_item *items;
	size_t count, seen;
};

static int compare_item(void *context, const struct tree_item *item)
{
	struct comparing *comparing = context;

	assert_true(comparing->seen < comparing->count);
	const struct fixture_item *expected = &comparing->items[comparing->seen++];
	assert_string_equal(item->id, expected->id);
	assert_string_equal(item->name, expected->id);
	fixture_assert_content(
		comparing->repo, &item->content, expected->text, strlen(expected->text));
	return 0;
}

static int compare_folder(void *context, const struct tree_folder *folder)
{
	struct comparing *comparing = context;

	assert_string_equal(folder->name, "in");
	assert_int_equal(folder->items, comparing->count);
	return repo_items(comparing->repo, folder, compare_item, comparing);
}

void fixture_assert_object(struct repo *repo, const uint8_t tree[REPO_ID_SIZE],
	const struct fixture_item *items, size_t count)
{
	struct comparing comparing = {repo, items, count, 0};

	assert_int_equal(repo_folders(repo, tree, compare_folder, &comparing), 0);
	assert_int_equal(comparing.seen, count);
}

int fixture_snapshot(struct repo_writer *writer, const uint8_t tree[REPO_ID_SIZE],
	int64_t created_s, char out_id[SNAPSHOT_ID_TEXT])
{
	char kind[] = "mailbox", name[] = "ada", job[] = "nightly";
	struct repo_object object = {.kind = kind, .name = name, .stored_s = created_s};
	struct snapshot snapshot = {
		.created_s = created_s, .job = job, .objects = &object, .object_count = 1};
	memcpy(object.tree, tree, REPO_ID_SIZE);
	int r = repo_writer_snapshot(writer, &snapshot);

	if (r == 0)
		memcpy(out_id, snapshot.id, SNAPSHOT_ID_TEXT);
	return r;
}

uint64_t fixture_random(uint64_t *seed)
{
	uint64_t x = (*seed += 0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

void fixture_fill(void *out, size_t size, uint64_t seed)
{
	uint8_t *at = out;

	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)fixture_random(&seed);
}

struct copying {
	const char *from, *to;
};

static int copy_entry(void *context, const struct io_entry *entry)
{
	const struct copying *copying = context;
	AUTO_TEXT from = io_join(copying->from, entry->name);
	AUTO_TEXT to = io_join(copying->to, entry->name);

	if (entry->is_folder) {
		fixture_copy_folder(from, to);
		return 0;
	}
	AUTO_BUF file = buf_init((size_t)1 << 30);
	assert_int_equal(io_read_file(from, &file), 0);
	FILE *out = fopen(to, "wb");
	assert_non_null(out);
	assert_int_equal(fwrite(file.data, 1, file.size, out), file.size);
	assert_int_equal(fclose(out), 0);
	return 0;
}

void fixture_copy_folder(const char *from, const char *to)
{
	struct copying copying = {from, to};

	assert_int_equal(io_make_folders(to, 0700), 0);
	assert_int_equal(io_list(from, copy_entry, &copying), 0);
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

void fixture_remove_folder(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

size_t fixture_step(void)
{
	const char *text = getenv("GARNER_CALL_STEP");
	int64_t step = 1;

	assert_true(!text || text_to_int(text, 1, 1000, &step) == 0);
	return (size_t)step;
}
