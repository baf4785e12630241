/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/repo_priv.h"
#include "repo/tree_priv.h"
#include "repo/tree_value.h"
#include "repo/writer_priv.h"

/*
 * Writing an object: the folders of its previous tree, and those of the one that is being made.
 */

struct object_writer {
	struct repo_writer *writer; /* borrowed */
	struct chunk_store store;
	struct maps *maps;
	bool has_previous;
	uint8_t previous_tree[REPO_ID_SIZE];
	struct folder_node *previous, *now; /* is_done: what it holds is known */
};

int object_writer_begin(
	struct repo_writer *writer, const uint8_t *previous, struct object_writer **out)
{
	int r = writer_state(writer);

	/* What is condemned is not built upon: it may be gone before this is committed. */
	if (r == 0 && previous && !writer_has_chunk(writer, previous))
		r = err_set(ERR_CORRUPT, "the tree that was stored before is no longer in the "
					 "repository");
	if (r < 0)
		return r;
	struct object_writer *object = mem_alloc(sizeof(*object));
	object->writer = writer;
	object->store = writer_chunk_store(writer);
	object->maps = maps_new(&object->store);
	if (previous) {
		object->has_previous = true;
		memcpy(object->previous_tree, previous, REPO_ID_SIZE);
		r = folders_load(&object->previous, object->maps, object->previous_tree);
	}
	if (r < 0) {
		object_writer_drop(object);
		return err_wrap(r, "the tree as it was last stored");
	}
	*out = object;
	return 0;
}

void object_writer_drop(struct object_writer *object)
{
	if (!object)
		return;
	folders_free(&object->previous);
	folders_free(&object->now);
	maps_free(object->maps);
	mem_free(object);
}

struct maps *object_maps(const struct object_writer *object)
{
	return object->maps;
}

const uint8_t *object_boundary(const struct object_writer *object)
{
	return object->writer->repo->keys.boundary;
}

int object_state(const struct object_writer *object)
{
	return writer_state(object->writer);
}

const struct tree_folder *object_previous(
	const struct object_writer *object, const char *folder_id)
{
	const struct folder_node *node = folders_find(object->previous, folder_id);

	return node ? &node->folder : NULL;
}

/* How deep a folder lies below those that have come. */
static int depth_of(
	struct object_writer *object, const struct tree_folder *folder, uint32_t *depth)
{
	*depth = 0;
	if (folder->parent_id[0]) {
		const struct folder_node *parent = folders_find(object->now, folder->parent_id);
		if (!parent)
			return err_set(ERR_INVALID,
				"the folder \"%s\" comes before the one that it lies in",
				folder->name);
		*depth = parent->depth + 1;
	}
	if (*depth >= DEPTH_MAX)
		return err_set(ERR_INVALID, "the folder \"%s\" lies more than %d folders deep",
			folder->name, DEPTH_MAX);
	return 0;
}

int object_writer_folder(struct object_writer *object, const struct tree_folder *folder,
	struct folder_writer **out)
{
	struct tree_folder named = {
		.id = folder->id, .parent_id = folder->parent_id, .name = folder->name};
	uint32_t depth;

	if (folder->id[0] == '\0')
		return err_set(ERR_INVALID, "the folder \"%s\" has no id", folder->name);
	if (folders_find(object->now, folder->id))
		return err_set(ERR_INVALID, "the folder \"%s\" comes twice", folder->name);
	int r = depth_of(object, folder, &depth);
	if (r < 0)
		return r;
	struct folder_node *node = folders_add(&object->now, &named);
	node->depth = depth;
	*out = folder_writer_new(object, &node->folder);
	return 0;
}

void object_take(struct object_writer *object, const struct tree_folder *folder)
{
	struct folder_node *node = folders_find(object->now, folder->id);

	ASSERT(node);
	memcpy(node->folder.list_id, folder->list_id, REPO_ID_SIZE);
	node->folder.items = folder->items;
	node->folder.bytes = folder->bytes;
	node->is_done = true;
}

static bool is_same(const struct tree_folder *a, const struct tree_folder *b)
{
	return strcmp(a->parent_id, b->parent_id) == 0 && strcmp(a->name, b->name) == 0 &&
	       a->items == b->items && a->bytes == b->bytes &&
	       memcmp(a->list_id, b->list_id, REPO_ID_SIZE) == 0;
}

/* The folders that are other than they were. */
static int put_folders(
	struct object_writer *object, struct map_edit *edit, struct object_summary *summary)
{
	AUTO_BUF value = buf_init(TREE_VALUE_MAX);
	struct folder_node *node, *next;
	int r = 0;

	HASH_ITER(hh, object->now, node, next)
	{
		const struct folder_node *before =
			folders_find(object->previous, node->folder.id);
		const struct map_key key = tree_key(node->folder.id);
		ASSERT(node->is_done); /* its folder_finish said otherwise, or never came */
		summary->items += node->folder.items;
		summary->bytes += node->folder.bytes;
		if (before && is_same(&before->folder, &node->folder))
			continue;
		buf_clear(&value);
		r = tree_put_folder(&value, &node->folder);
		if (r == 0)
			r = map_edit_put(edit, &key, value.data, value.size);
		if (r < 0)
			return r;
	}
	return 0;
}

static int remove_folders(struct object_writer *object, struct map_edit *edit)
{
	struct folder_node *node, *next;

	HASH_ITER(hh, object->previous, node, next)
	{
		const struct map_key key = tree_key(node->folder.id);
		if (folders_find(object->now, node->folder.id))
			continue;
		int r = map_edit_remove(edit, &key);
		if (r < 0)
			return r;
	}
	return 0;
}

static int finish(struct object_writer *object, struct object_summary *out)
{
	const struct map_edit_options options = {object_boundary(object),
		object->has_previous ? object->previous_tree : NULL, tree_folder_value};
	struct map_edit *edit = NULL;
	struct map_summary map = {0};
	int r = object_state(object);

	if (r == 0)
		r = map_edit_new(object->maps, &options, &edit);
	if (r == 0)
		r = put_folders(object, edit, out);
	if (r == 0)
		r = remove_folders(object, edit);
	if (r == 0)
		r = map_edit_finish(edit, &map);
	map_edit_free(edit);
	memcpy(out->tree, map.root, REPO_ID_SIZE);
	out->changed = !object->has_previous ||
		       memcmp(map.root, object->previous_tree, REPO_ID_SIZE) != 0;
	return r;
}

int object_writer_finish(struct object_writer *object, struct object_summary *out)
{
	*out = (struct object_summary){0};
	int r = finish(object, out);

	object_writer_drop(object);
	return r;
}
