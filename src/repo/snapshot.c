/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/record.h"
#include "repo/repo_priv.h"
#include "repo/sealed_file.h"
#include "repo/snapshot_file.h"

enum { ID_LEAST = 4, OBJECT_LEAST = 2 + 1 + 3 * 8 + REPO_ID_SIZE };

void repo_object_free(struct repo_object *object)
{
	mem_free(object->kind);
	mem_free(object->name);
	*object = (struct repo_object){0};
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->object_count; i++)
		repo_object_free(&snapshot->objects[i]);
	mem_free(snapshot->objects);
	mem_free(snapshot->job);
	mem_free(snapshot);
}

static int put_object(struct buf *out, const struct repo_object *object)
{
	uint8_t kept = object->kept;
	int r = record_put_text(out, object->kind);

	if (r == 0)
		r = record_put_text(out, object->name);
	if (r == 0)
		r = buf_append(out, &kept, 1);
	if (r == 0)
		r = buf_put_u64(out, (uint64_t)object->stored_s);
	if (r == 0)
		r = buf_put_u64(out, object->items);
	if (r == 0)
		r = buf_put_u64(out, object->bytes);
	return r < 0 ? r : buf_append(out, object->tree, REPO_ID_SIZE);
}

static uint32_t count_marks(const struct snapshot *snapshot)
{
	uint32_t count = 0;

	for (size_t i = 0; i < snapshot->object_count; i++)
		count += snapshot->objects[i].trial_items > 0;
	return count;
}

/* The marks of a trial stand behind the objects, and not at all where there are none: such a
 * snapshot is as it always was. */
static int put_marks(struct buf *out, const struct snapshot *snapshot)
{
	uint32_t count = count_marks(snapshot);
	int r = count ? buf_put_u32(out, count) : 0;

	for (size_t i = 0; i < snapshot->object_count && r == 0; i++) {
		if (!snapshot->objects[i].trial_items)
			continue;
		r = buf_put_u32(out, (uint32_t)i);
		if (r == 0)
			r = buf_put_u32(out, snapshot->objects[i].trial_items);
	}
	return r;
}

int snapshot_write(struct repo *repo, struct snapshot *snapshot)
{
	AUTO_BUF body = buf_init(SEALED_FILE_MAX / 2);
	int r = buf_put_u64(&body, (uint64_t)snapshot->created_s);

	if (r == 0)
		r = record_put_text(&body, snapshot->job);
	if (r == 0)
		r = buf_put_u32(&body, (uint32_t)snapshot->object_count);
	for (size_t i = 0; i < snapshot->object_count && r == 0; i++)
		r = put_object(&body, &snapshot->objects[i]);
	if (r == 0)
		r = put_marks(&body, snapshot);
	return r < 0 ? r : sealed_write(repo, &sealed_snapshot, &body, snapshot->id);
}

static int get_object(struct reader *reader, struct repo_object *object)
{
	const char *kind = NULL, *name = NULL;
	const unsigned char *kept = NULL, *tree = NULL;
	uint64_t stored = 0;
	int r = record_get_text(reader, &kind);

	if (r == 0)
		r = record_get_text(reader, &name);
	if (r == 0)
		r = reader_bytes(reader, 1, &kept);
	if (r == 0)
		r = reader_u64(reader, &stored);
	if (r == 0)
		r = reader_u64(reader, &object->items);
	if (r == 0)
		r = reader_u64(reader, &object->bytes);
	if (r == 0)
		r = reader_bytes(reader, REPO_ID_SIZE, &tree);
	if (r != 0)
		return r;
	object->kind = mem_strdup(kind);
	object->name = mem_strdup(name);
	object->kept = kept[0] != 0;
	memcpy(object->tree, tree, REPO_ID_SIZE);
	object->stored_s = (int64_t)stored;
	return 0;
}

static int get_marks(struct reader *reader, struct snapshot *snapshot)
{
	uint32_t count = 0, index = 0, items = 0, least = 0;

	if (reader->size == 0)
		return 0;
	int r = reader_u32(reader, &count);
	if (r == 0 && count == 0)
		r = err_set(ERR_CORRUPT, "it has more than it says");
	for (uint32_t i = 0; i < count && r == 0; i++) {
		r = reader_u32(reader, &index);
		if (r == 0)
			r = reader_u32(reader, &items);
		if (r == 0 && (index < least || index >= snapshot->object_count || !items))
			r = err_set(ERR_CORRUPT, "its marks of a trial make no sense");
		if (r == 0)
			snapshot->objects[index].trial_items = items;
		least = index + 1;
	}
	return r;
}

static int get_snapshot(struct reader *reader, struct snapshot *snapshot)
{
	uint64_t created = 0;
	uint32_t count = 0;
	const char *job = NULL;
	int r = reader_u64(reader, &created);

	if (r == 0)
		r = record_get_text(reader, &job);
	if (r == 0)
		r = reader_u32(reader, &count);
	if (r == 0 && count > reader->size / OBJECT_LEAST)
		r = err_set(ERR_CORRUPT, "it has fewer objects than it says");
	if (r < 0)
		return r;
	snapshot->created_s = (int64_t)created;
	snapshot->job = mem_strdup(job);
	snapshot->objects = mem_array((size_t)count + 1, sizeof(*snapshot->objects));
	snapshot->object_count = count;
	for (size_t i = 0; i < count && r == 0; i++)
		r = get_object(reader, &snapshot->objects[i]);
	if (r == 0)
		r = get_marks(reader, snapshot);
	if (r == 0 && reader->size > 0)
		r = err_set(ERR_CORRUPT, "it has more than it says");
	return r;
}

int snapshot_read(struct repo *repo, const char *id, struct snapshot **out)
{
	AUTO_BUF body = buf_init(SEALED_FILE_MAX);
	int r = sealed_read(repo, &sealed_snapshot, id, &body);

	if (r < 0)
		return r;
	struct snapshot *snapshot = mem_alloc(sizeof(*snapshot));
	struct reader reader = {body.data, body.size};
	memcpy(snapshot->id, id, SNAPSHOT_ID_TEXT);
	r = get_snapshot(&reader, snapshot);
	if (r < 0) {
		snapshot_free(snapshot);
		return err_wrap(r, "snapshot %s", id);
	}
	*out = snapshot;
	return 0;
}

struct ids {
	char (*ids)[SNAPSHOT_ID_TEXT];
	size_t count, capacity;
};

static int take_id(void *context, const char *name)
{
	struct ids *ids = context;

	mem_grow(&ids->ids, &ids->capacity, ids->count + 1, SNAPSHOT_ID_TEXT);
	memcpy(ids->ids[ids->count++], name, SNAPSHOT_ID_TEXT);
	return 0;
}

int snapshot_ids(struct repo *repo, char (**out)[SNAPSHOT_ID_TEXT], size_t *out_count)
{
	struct ids ids = {0};
	int r = sealed_list(repo, &sealed_snapshot, take_id, &ids);

	if (r < 0) {
		mem_free(ids.ids);
		return r;
	}
	*out = ids.ids;
	*out_count = ids.count;
	return 0;
}

static int compare_snapshots(const void *a, const void *b)
{
	const struct snapshot *first = *(struct snapshot *const *)a;
	const struct snapshot *second = *(struct snapshot *const *)b;

	if (first->created_s != second->created_s)
		return first->created_s < second->created_s ? -1 : 1;
	return strcmp(first->id, second->id);
}

static void free_all(struct snapshot **snapshots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snapshot_free(snapshots[i]);
	mem_free(snapshots);
}

int repo_snapshots(struct repo *repo, struct snapshot ***out, size_t *out_count)
{
	char(*ids)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0, read = 0;
	int r = snapshot_ids(repo, &ids, &count);
	struct snapshot **snapshots = mem_array(count + 1, sizeof(struct snapshot *));

	for (; read < count && r == 0; read++) {
		r = snapshot_read(repo, ids[read], &snapshots[read]);
		if (r < 0)
			break;
	}
	mem_free(ids);
	if (r < 0) {
		free_all(snapshots, read);
		return r;
	}
	qsort(snapshots, count, sizeof(struct snapshot *), compare_snapshots);
	*out = snapshots;
	*out_count = count;
	return 0;
}

static int find_latest(struct repo *repo, struct snapshot **out)
{
	struct snapshot **snapshots = NULL;
	size_t count = 0;
	int r = repo_snapshots(repo, &snapshots, &count);

	if (r < 0)
		return r;
	if (count == 0)
		r = err_set(ERR_NOTFOUND, "there is no snapshot in %s yet",
			storage_place(repo->storage));
	else
		*out = snapshots[--count];
	free_all(snapshots, count);
	return r;
}

/* The only id that begins so. */
static int find_id(struct repo *repo, const char *start, char out[SNAPSHOT_ID_TEXT])
{
	char(*ids)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0, matches = 0;
	int r = snapshot_ids(repo, &ids, &count);

	if (r < 0)
		return r;
	for (size_t i = 0; i < count; i++) {
		if (!text_starts_with(ids[i], start))
			continue;
		memcpy(out, ids[i], SNAPSHOT_ID_TEXT);
		matches++;
	}
	mem_free(ids);
	if (matches > 1)
		return err_set(ERR_INVALID, "%zu snapshots begin with \"%s\"; give more digits",
			matches, start);
	if (matches == 0)
		return err_set(ERR_NOTFOUND, "there is no snapshot \"%s\" in %s", start,
			storage_place(repo->storage));
	return 0;
}

int repo_snapshot(struct repo *repo, const char *id, struct snapshot **out)
{
	char whole[SNAPSHOT_ID_TEXT];

	if (text_equal(id, "latest"))
		return find_latest(repo, out);
	if (strlen(id) < ID_LEAST)
		return err_set(ERR_INVALID,
			"\"%s\" is too short for a snapshot; give %d digits or "
			"more, or \"latest\"",
			id, ID_LEAST);
	int r = find_id(repo, id, whole);
	return r < 0 ? r : snapshot_read(repo, whole, out);
}
