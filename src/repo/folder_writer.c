/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/items.h"
#include "repo/repo_priv.h"
#include "repo/writer_priv.h"

/*
 * Writing a folder: the list as it was last stored, with what is put and removed. The list is
 * read at the first call that needs it, and written anew only where it has changed.
 */

struct folder_writer {
	struct object_writer *object; /* borrowed */
	struct folder_record record;  /* texts are our own */
	bool has_previous;
	char previous[REPO_ID_TEXT];
	bool loaded;
	int failed; /* of the loading, for the calls that cannot say it */
	struct items items;
	struct tree_item found;
};

struct folder_writer *folder_writer_new(
	struct object_writer *object, const struct tree_folder *folder)
{
	struct folder_writer *writer = mem_alloc(sizeof(*writer));
	const struct folder_record *previous = object_previous(object, folder->id);

	writer->object = object;
	if (previous) {
		writer->has_previous = true;
		writer->record = *previous;
		text_to_hex(previous->list.id, REPO_ID_SIZE, writer->previous);
	}
	writer->record.folder.id = mem_strdup(folder->id);
	writer->record.folder.parent_id = mem_strdup(folder->parent_id);
	writer->record.folder.name = mem_strdup(folder->name);
	items_init(&writer->items);
	return writer;
}

static void free_text(const char *text)
{
	char *own;

	memcpy(&own, &text, sizeof(own));
	mem_free(own);
}

static void folder_free(struct folder_writer *folder)
{
	items_free(&folder->items);
	free_text(folder->record.folder.id);
	free_text(folder->record.folder.parent_id);
	free_text(folder->record.folder.name);
	mem_free(folder);
}

const char *folder_previous(const struct folder_writer *folder)
{
	return folder->previous;
}

/* Reads the list as it was last stored, at the first call. */
static int load(struct folder_writer *folder)
{
	if (folder->failed < 0)
		return err_set((enum err)folder->failed,
			"the list of the folder \"%s\" as it was last stored could not be read",
			folder->record.folder.name);
	if (folder->loaded || !folder->has_previous)
		return 0;
	struct repo *repo = object_writer_of(folder->object)->repo;
	int r = items_load(&folder->items, repo, folder->record.list.id);
	folder->loaded = true;
	folder->failed = r;
	return err_wrap(r, "the folder \"%s\"", folder->record.folder.name);
}

const struct tree_item *folder_find(struct folder_writer *folder, const char *item_id)
{
	if (load(folder) < 0 || !items_find(&folder->items, item_id, &folder->found))
		return NULL;
	return &folder->found;
}

int folder_put(struct folder_writer *folder, const struct tree_item *item)
{
	int r = load(folder);

	return r < 0 ? r : items_put(&folder->items, item);
}

int folder_remove(struct folder_writer *folder, const char *item_id)
{
	int r = load(folder);

	if (r == 0)
		items_remove(&folder->items, item_id);
	return r;
}

void folder_keep(struct folder_writer *folder, const char *item_id)
{
	if (load(folder) == 0)
		items_keep(&folder->items, item_id);
}

void folder_remove_others(struct folder_writer *folder)
{
	if (load(folder) == 0)
		items_remove_others(&folder->items);
}

/* Writes the list while it is walked. */
struct list_writing {
	struct content_writer *content;
	struct folder_record *record; /* its counts grow */
	struct buf scratch;
};

static int write_item(void *context, const struct tree_item *item)
{
	struct list_writing *writing = context;

	buf_clear(&writing->scratch);
	int r = record_put_item(&writing->scratch, item);
	if (r == 0)
		r = content_add(writing->content, writing->scratch.data, writing->scratch.size);
	writing->record->folder.items++;
	writing->record->folder.bytes += item->content.size;
	return r;
}

static int write_list(struct folder_writer *folder)
{
	struct repo_writer *writer = object_writer_of(folder->object);
	struct list_writing writing = {
		.content = content_writer_new(writer, PIECE_META),
		.record = &folder->record,
		.scratch = buf_init(RECORD_LENGTH_SIZE + RECORD_MAX),
	};

	folder->record.folder.items = 0;
	folder->record.folder.bytes = 0;
	int r = content_add(writing.content, ITEMS_MAGIC, MAGIC_SIZE);
	if (r == 0)
		r = items_walk(&folder->items, write_item, &writing);
	buf_free(&writing.scratch);
	if (r < 0) {
		content_drop(writing.content);
		return r;
	}
	r = content_finish(writing.content, &folder->record.list);
	memcpy(folder->record.folder.list_id, folder->record.list.id, REPO_ID_SIZE);
	return r;
}

static int finish(struct folder_writer *folder)
{
	struct repo_writer *writer = object_writer_of(folder->object);

	if (folder->failed < 0)
		return load(folder);
	if (!folder->has_previous || folder->items.changed)
		return write_list(folder);
	if (!repo_has(writer->repo, &folder->record.list))
		return err_set(ERR_CORRUPT,
			"the list of the folder \"%s\" as it was last stored is not in the "
			"repository",
			folder->record.folder.name);
	return 0;
}

int folder_finish(struct folder_writer *folder, char list_id[REPO_ID_TEXT])
{
	int r = writer_state(object_writer_of(folder->object));

	if (r == 0)
		r = finish(folder);
	if (r == 0) {
		object_take(folder->object, &folder->record);
		if (list_id)
			text_to_hex(folder->record.list.id, REPO_ID_SIZE, list_id);
	}
	folder_free(folder);
	return r;
}

void folder_drop(struct folder_writer *folder)
{
	if (!folder)
		return;
	/* As it was, under the name that it has now. One that is new is empty: what lies in it
	 * may name it as its parent. */
	items_free(&folder->items);
	if (folder->has_previous || write_list(folder) == 0)
		object_take(folder->object, &folder->record);
	folder_free(folder);
}
