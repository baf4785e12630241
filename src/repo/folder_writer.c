/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/tree_priv.h"
#include "repo/tree_value.h"

/*
 * Writing a folder: an edit of the map of its items as it was last stored, begun at the first
 * change. A listing anew goes through the old items beside it, and removes those between.
 */

struct folder_writer {
	struct object_writer *object; /* borrowed */
	struct tree_folder folder;    /* texts are the object's */
	bool has_previous;
	uint8_t root[REPO_ID_SIZE]; /* of what was last stored */
	char previous[REPO_ID_TEXT];
	struct map_edit *edit; /* NULL: nothing has changed yet */
	struct buf value, texts;
	struct tree_item found;

	/* While the folder is listed anew. */
	bool is_relisted;
	struct map_walker *walker; /* over the old items; NULL at their end */
	struct map_entry old;      /* the next of them */
	struct buf last;           /* the id that came last */
};

struct folder_writer *folder_writer_new(
	struct object_writer *object, const struct tree_folder *folder)
{
	struct folder_writer *writer = mem_alloc(sizeof(*writer));
	const struct tree_folder *previous = object_previous(object, folder->id);

	writer->object = object;
	writer->folder = *folder;
	writer->value = buf_init(TREE_VALUE_MAX);
	writer->texts = buf_init(TREE_TEXTS_MAX);
	writer->last = buf_init(PAGE_KEY_MAX);
	if (previous) {
		writer->has_previous = true;
		writer->folder.items = previous->items;
		writer->folder.bytes = previous->bytes;
		memcpy(writer->folder.list_id, previous->list_id, REPO_ID_SIZE);
		memcpy(writer->root, previous->list_id, REPO_ID_SIZE);
		text_to_hex(writer->root, REPO_ID_SIZE, writer->previous);
	}
	return writer;
}

static void folder_free(struct folder_writer *folder)
{
	map_edit_free(folder->edit);
	map_walker_free(folder->walker);
	buf_free(&folder->value);
	buf_free(&folder->texts);
	buf_free(&folder->last);
	mem_free(folder);
}

const char *folder_previous(const struct folder_writer *folder)
{
	return folder->previous;
}

static int wrap(const struct folder_writer *folder, int r)
{
	return err_wrap(r, "the folder \"%s\"", folder->folder.name);
}

static int edit(struct folder_writer *folder)
{
	const struct map_edit_options options = {object_boundary(folder->object),
		folder->has_previous ? folder->root : NULL, tree_item_value};

	if (folder->edit)
		return 0;
	return map_edit_new(object_maps(folder->object), &options, &folder->edit);
}

static int remove_key(struct folder_writer *folder, const struct map_key *key)
{
	int r = edit(folder);

	return r < 0 ? r : map_edit_remove(folder->edit, key);
}

static int next_old(struct folder_writer *folder)
{
	int r = map_walker_next(folder->walker, &folder->old);

	if (r == 1)
		return 0;
	map_walker_free(folder->walker);
	folder->walker = NULL;
	return r;
}

int folder_relist(struct folder_writer *folder)
{
	ASSERT(!folder->is_relisted && !folder->edit);
	folder->is_relisted = true;
	if (!folder->has_previous)
		return 0;
	int r = map_walker_new(object_maps(folder->object), folder->root, &folder->walker);
	return wrap(folder, r < 0 ? r : next_old(folder));
}

static bool is_same_key(const struct map_key *a, const struct map_key *b)
{
	return page_compare_keys(a->data, a->size, b->data, b->size) == 0;
}

/* Removes the old items before the key (NULL: all that are left), and passes over its own. */
static int remove_until(struct folder_writer *folder, const struct map_key *key, bool passes)
{
	int r = 0;

	while (r == 0 && folder->walker) {
		const struct map_key *old = &folder->old.key;
		int order = key ? page_compare_keys(old->data, old->size, key->data, key->size)
				: -1;
		if (order > 0 || (order == 0 && !passes))
			break;
		if (order < 0)
			r = remove_key(folder, old);
		if (r == 0)
			r = next_old(folder);
	}
	return r;
}

/* Notes that the listing has come to this item; *is_again where it had before. */
static int reach_item(struct folder_writer *folder, const struct map_key *key, bool *is_again)
{
	struct buf *last = &folder->last;
	int order = page_compare_keys(last->data, last->size, key->data, key->size);

	*is_again = order == 0;
	if (order == 0)
		return 0;
	if (order > 0)
		return err_set(ERR_INVALID, "the items of a listing come by their ids");
	buf_clear(last);
	int r = buf_append(last, key->data, key->size);
	return r == ERR_LIMIT
		       ? err_set(ERR_INVALID, "an id of more than %d bytes", PAGE_KEY_MAX)
		       : r;
}

/* Notes that the listing names this item. */
static int name_item(struct folder_writer *folder, const struct map_key *key)
{
	bool is_again;

	if (!folder->is_relisted)
		return 0;
	int r = reach_item(folder, key, &is_again);
	return r < 0 ? r : remove_until(folder, key, true);
}

/* 1 where the old item is there. */
static int find_stored(struct folder_writer *folder, const struct map_key *key)
{
	int r = folder->has_previous ? map_find(object_maps(folder->object), folder->root, key,
					       &folder->value, NULL)
				     : 0;

	if (r != 1)
		return r;
	const struct map_entry entry = {
		.key = *key, .value = folder->value.data, .value_size = folder->value.size};
	r = tree_get_item(&entry, &folder->texts, &folder->found);
	return r < 0 ? r : 1;
}

/* The same while the folder is listed anew: then it is the next of the old ones, unless it came
 * a moment ago and was passed over. */
static int find_listed(struct folder_writer *folder, const struct map_key *key)
{
	bool is_again = false;
	int r = reach_item(folder, key, &is_again);

	if (r == 0)
		r = remove_until(folder, key, false);
	if (r < 0)
		return r;
	if (folder->walker && is_same_key(&folder->old.key, key)) {
		r = tree_get_item(&folder->old, &folder->texts, &folder->found);
		return r < 0 ? r : 1;
	}
	return is_again ? find_stored(folder, key) : 0;
}

int folder_find(struct folder_writer *folder, const char *item_id, const struct tree_item **out)
{
	const struct map_key key = tree_key(item_id);
	int r = folder->is_relisted ? find_listed(folder, &key) : find_stored(folder, &key);

	*out = r == 1 ? &folder->found : NULL;
	return r < 0 ? wrap(folder, r) : 0;
}

int folder_put(struct folder_writer *folder, const struct tree_item *item)
{
	const struct map_key key = tree_key(item->id);

	if (key.size == 0)
		return wrap(folder, err_set(ERR_INVALID, "an item without an id"));
	int r = name_item(folder, &key);
	buf_clear(&folder->value);
	if (r == 0)
		r = tree_put_item(&folder->value, item);
	if (r == 0)
		r = edit(folder);
	if (r == 0)
		r = map_edit_put(folder->edit, &key, folder->value.data, folder->value.size);
	return wrap(folder, r);
}

int folder_remove(struct folder_writer *folder, const char *item_id)
{
	const struct map_key key = tree_key(item_id);
	int r = name_item(folder, &key);

	return wrap(folder, r < 0 ? r : remove_key(folder, &key));
}

int folder_keep(struct folder_writer *folder, const char *item_id)
{
	const struct map_key key = tree_key(item_id);

	return wrap(folder, name_item(folder, &key));
}

static int write_items(struct folder_writer *folder)
{
	struct map_summary map = {0};
	int r = edit(folder);

	if (r == 0)
		r = map_edit_finish(folder->edit, &map);
	if (r < 0)
		return r;
	folder->folder.items = map.entries;
	folder->folder.bytes = map.bytes;
	memcpy(folder->folder.list_id, map.root, REPO_ID_SIZE);
	return 0;
}

static int finish(struct folder_writer *folder)
{
	int r = remove_until(folder, NULL, true);

	if (r < 0)
		return r;
	if (!folder->has_previous || folder->edit)
		return write_items(folder);
	if (!maps_has(object_maps(folder->object), folder->root))
		return err_set(ERR_CORRUPT, "its items as they were last stored are not in the "
					    "repository");
	return 0;
}

int folder_finish(struct folder_writer *folder, char list_id[REPO_ID_TEXT])
{
	int r = object_state(folder->object);

	if (r == 0)
		r = wrap(folder, finish(folder));
	if (r == 0) {
		object_take(folder->object, &folder->folder);
		if (list_id)
			text_to_hex(folder->folder.list_id, REPO_ID_SIZE, list_id);
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
	map_edit_free(folder->edit);
	folder->edit = NULL;
	if (folder->has_previous || write_items(folder) == 0)
		object_take(folder->object, &folder->folder);
	folder_free(folder);
}
