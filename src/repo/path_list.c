/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "item/filename.h"
#include "repo/path_names.h"
#include "repo/path_node.h"
#include "repo/repo_priv.h"

/*
 * The children of a folder in a path.
 */

static struct path_child *add_child(struct path_list *list)
{
	mem_grow(&list->children, &list->capacity, list->count + 1, sizeof(*list->children));
	return &list->children[list->count++];
}

static int take_item(void *context, const struct tree_item *item)
{
	struct path_child *child = add_child(context);

	child->item = *item;
	child->id = item->id;
	return 0;
}

static int load_items(
	struct path_list *list, struct repo *repo, const struct path_folder *folder)
{
	if (folder->is_top)
		return 0;
	mem_grow(&list->items, &list->item_list_capacity, list->item_lists + 1,
		sizeof(*list->items));
	struct items *items = &list->items[list->item_lists++];
	items_init(items);
	int r = items_load(items, repo, folder->list_id);
	return r < 0 ? r : items_walk(items, take_item, list);
}

/* The first folder that lies in the one with this id. */
static size_t first_below(const struct path_tree *tree, const char *id)
{
	size_t low = 1, high = tree->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (strcmp(tree->folders[middle].parent_id, id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* A top folder without a name is the object itself. */
static int load(struct path_list *list, struct repo *repo, const struct path_tree *tree,
	const struct path_folder *folder)
{
	int r = load_items(list, repo, folder);

	for (size_t i = first_below(tree, folder->id); i < tree->count && r == 0; i++) {
		const struct path_folder *below = &tree->folders[i];
		if (strcmp(below->parent_id, folder->id) != 0)
			break;
		if (folder->is_top && below->name[0] == '\0') {
			r = load(list, repo, tree, below);
			continue;
		}
		struct path_child *child = add_child(list);
		child->folder = below;
		child->id = below->id;
	}
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	const struct path_child *first = a, *second = b;
	int ids = strcmp(first->id, second->id);

	return ids ? ids : !first->folder - !second->folder;
}

static void name_children(struct path_list *list)
{
	struct path_names *names = path_names_new();

	for (size_t i = 0; i < list->count; i++) {
		struct path_child *child = &list->children[i];
		child->component =
			filename_encode(child->folder ? child->folder->name : child->item.name);
		path_names_reserve(names, child->component);
	}
	for (size_t i = 0; i < list->count; i++) {
		struct path_child *child = &list->children[i];
		mem_replace(&child->component, path_names_take(names, child->component));
	}
	path_names_free(names);
}

static void count_items(struct path_list *list)
{
	uint64_t position = 0;

	for (size_t i = 0; i < list->count; i++)
		if (!list->children[i].folder)
			list->children[i].position = position++;
}

int path_list_load(struct path_list *list, struct repo *repo, const struct path_tree *tree,
	const struct path_folder *folder)
{
	*list = (struct path_list){0};
	int r = load(list, repo, tree, folder);
	if (r < 0)
		return r;
	if (list->count > 0)
		qsort(list->children, list->count, sizeof(*list->children), compare_ids);
	count_items(list);
	name_children(list);
	return 0;
}

void path_list_free(struct path_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		mem_free(list->children[i].component);
	for (size_t i = 0; i < list->item_lists; i++)
		items_free(&list->items[i]);
	mem_free(list->children);
	mem_free(list->items);
	*list = (struct path_list){0};
}

/* Where a child lies, as one number; folders behind all. */
struct stored {
	uint64_t at;
	struct path_child child;
};

static int compare_stored(const void *a, const void *b)
{
	const struct stored *first = a, *second = b;

	if (first->at != second->at)
		return first->at < second->at ? -1 : 1;
	return compare_ids(&first->child, &second->child);
}

static uint64_t stored_at(const struct path_child *child, struct repo *repo)
{
	if (child->folder)
		return UINT64_MAX;
	struct index_place place;
	return index_find(&repo->index, child->item.content.id, &place)
		       ? (uint64_t)place.block << 32 | place.offset
		       : 0;
}

void path_list_sort_stored(struct path_list *list, struct repo *repo)
{
	struct stored *stored = mem_array(list->count + 1, sizeof(*stored));

	for (size_t i = 0; i < list->count; i++)
		stored[i] =
			(struct stored){stored_at(&list->children[i], repo), list->children[i]};
	qsort(stored, list->count, sizeof(*stored), compare_stored);
	for (size_t i = 0; i < list->count; i++)
		list->children[i] = stored[i].child;
	mem_free(stored);
}

const struct path_child *path_list_find(
	const struct path_list *list, const char *component, size_t size)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *text = list->children[i].component;
		if (strlen(text) == size && memcmp(text, component, size) == 0)
			return &list->children[i];
	}
	return NULL;
}
