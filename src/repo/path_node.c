/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/path_node.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "item/filename.h"
#include "repo/path_names.h"
#include "repo/repo_priv.h"

struct path_object *path_objects_new(const struct snapshot *snapshot)
{
	struct path_object *objects = mem_array(snapshot->object_count + 1, sizeof(*objects));
	struct path_names *names = path_names_new();

	for (size_t i = 0; i < snapshot->object_count; i++) {
		struct path_object *at = &objects[i];
		at->object = &snapshot->objects[i];
		at->kind = filename_encode(at->object->kind);
		AUTO_TEXT name = filename_encode(at->object->name);
		at->path = mem_printf("%s/%s", at->kind, name);
		path_names_reserve(names, at->path);
	}
	for (size_t i = 0; i < snapshot->object_count; i++) {
		struct path_object *at = &objects[i];
		mem_replace(&at->path, path_names_take(names, at->path));
		at->name = mem_strdup(at->path + strlen(at->kind) + 1);
	}
	path_names_free(names);
	return objects;
}

void path_objects_free(struct path_object *objects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		mem_free(objects[i].kind);
		mem_free(objects[i].name);
		mem_free(objects[i].path);
	}
	mem_free(objects);
}

/* The depth of each folder that has come, by its id, to see that a tree is one. */
struct depth {
	char *id;
	uint32_t depth;
	UT_hash_handle hh;
};

struct loading {
	struct path_tree *tree;
	struct depth *depths;
};

static int note_depth(struct loading *loading, const struct tree_folder *folder)
{
	struct depth *parent = NULL, *same;

	if (folder->parent_id[0])
		HASH_FIND_STR(loading->depths, folder->parent_id, parent);
	HASH_FIND_STR(loading->depths, folder->id, same);
	if (same || folder->id[0] == '\0' || (folder->parent_id[0] && !parent) ||
		(parent && parent->depth + 1 >= DEPTH_MAX))
		return err_set(ERR_CORRUPT, "the folders of an object are no tree");
	struct depth *depth = mem_alloc(sizeof(*depth));
	depth->id = mem_strdup(folder->id);
	depth->depth = parent ? parent->depth + 1 : 0;
	HASH_ADD_KEYPTR(hh, loading->depths, depth->id, strlen(depth->id), depth);
	return 0;
}

static void free_depths(struct depth *depths)
{
	struct depth *depth, *next;

	HASH_ITER(hh, depths, depth, next)
	{
		HASH_DEL(depths, depth);
		mem_free(depth->id);
		mem_free(depth);
	}
}

static struct path_folder *add_folder(struct path_tree *tree)
{
	mem_grow(&tree->folders, &tree->capacity, tree->count + 1, sizeof(*tree->folders));
	return &tree->folders[tree->count++];
}

static int take_folder(void *context, const struct tree_folder *folder)
{
	struct loading *loading = context;
	int r = note_depth(loading, folder);

	if (r < 0)
		return r;
	struct path_folder *added = add_folder(loading->tree);
	added->id = mem_strdup(folder->id);
	added->parent_id = mem_strdup(folder->parent_id);
	added->name = mem_strdup(folder->name);
	memcpy(added->list_id, folder->list_id, REPO_ID_SIZE);
	added->items = folder->items;
	added->bytes = folder->bytes;
	return 0;
}

static int compare_folders(const void *a, const void *b)
{
	const struct path_folder *first = a, *second = b;

	if (first->is_top != second->is_top)
		return first->is_top ? -1 : 1;
	int parents = strcmp(first->parent_id, second->parent_id);
	return parents ? parents : strcmp(first->id, second->id);
}

int path_tree_load(
	struct path_tree *tree, struct repo *repo, const uint8_t id[REPO_ID_SIZE])
{
	struct loading loading = {.tree = tree};

	*tree = (struct path_tree){0};
	struct path_folder *top = add_folder(tree);
	top->is_top = true;
	top->id = mem_strdup("");
	top->parent_id = mem_strdup("");
	top->name = mem_strdup("");
	int r = repo_folders(repo, id, take_folder, &loading);
	free_depths(loading.depths);
	qsort(tree->folders, tree->count, sizeof(*tree->folders), compare_folders);
	return r;
}

void path_tree_free(struct path_tree *tree)
{
	for (size_t i = 0; i < tree->count; i++) {
		mem_free(tree->folders[i].id);
		mem_free(tree->folders[i].parent_id);
		mem_free(tree->folders[i].name);
	}
	mem_free(tree->folders);
	*tree = (struct path_tree){0};
}

const struct path_folder *path_tree_top(const struct path_tree *tree)
{
	return &tree->folders[0];
}
