/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/path_node.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "item/filename.h"
#include "repo/path_names.h"
#include "repo/repo_priv.h"
#include "repo/tree_priv.h"

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
		mem_replace(&at->path, path_names_take(names, at->path, NULL, NULL));
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

static struct path_folder *add_folder(struct path_tree *tree)
{
	mem_grow(&tree->folders, &tree->capacity, tree->count + 1, sizeof(*tree->folders));
	return &tree->folders[tree->count++];
}

static int take_folder(void *context, const struct tree_folder *folder)
{
	struct path_folder *added = add_folder(context);

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

int path_tree_load(struct path_tree *tree, struct repo *repo, const uint8_t id[REPO_ID_SIZE])
{
	*tree = (struct path_tree){.repo = repo, .store = repo_chunk_store(repo)};
	tree->maps = maps_new(&tree->store);
	struct path_folder *top = add_folder(tree);
	top->is_top = true;
	top->id = mem_strdup("");
	top->parent_id = mem_strdup("");
	top->name = mem_strdup("");
	int r = tree_folders(tree->maps, id, take_folder, tree);
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
	maps_free(tree->maps);
	*tree = (struct path_tree){0};
}

const struct path_folder *path_tree_top(const struct path_tree *tree)
{
	return &tree->folders[0];
}
