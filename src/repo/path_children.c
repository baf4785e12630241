/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "item/filename.h"
#include "repo/path_names.h"
#include "repo/path_node.h"
#include "repo/tree_value.h"

/*
 * The children of a folder in a path. They are gone through twice: once for hashes of their
 * components, by which those that several have are known, then to be handed out.
 */

/* The items of one folder. Those of the top are of the folders that stand for the object. */
struct items {
	struct map_walker *walker;
	struct buf texts;
	struct tree_item next;
	bool has_next;
};

struct path_children {
	struct path_tree *tree;
	const struct path_folder **folders; /* by their ids */
	size_t folder_count, folder_capacity, next_folder;
	const struct path_folder **lists; /* whose items these are */
	struct items *items;              /* of each list */
	size_t list_count, list_capacity;
	struct items *given; /* whose item was handed out */
	uint64_t position;
	uint64_t *hashes; /* of the components of all, sorted */
	size_t hash_count, hash_capacity;
	struct path_names *names; /* that several have */
	char *component;          /* of the one that was handed out */
};

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

static void add_list(struct path_children *children, const struct path_folder *folder)
{
	mem_grow(&children->lists, &children->list_capacity, children->list_count + 1,
		sizeof(struct path_folder *));
	children->lists[children->list_count++] = folder;
}

/* A top folder without a name is the object itself. */
static void gather(struct path_children *children, const struct path_folder *folder)
{
	const struct path_tree *tree = children->tree;

	if (!folder->is_top)
		add_list(children, folder);
	for (size_t i = first_below(tree, folder->id); i < tree->count; i++) {
		const struct path_folder *below = &tree->folders[i];
		if (strcmp(below->parent_id, folder->id) != 0)
			break;
		if (folder->is_top && below->name[0] == '\0') {
			gather(children, below); /* which is no top: no deeper than this */
			continue;
		}
		mem_grow(&children->folders, &children->folder_capacity,
			children->folder_count + 1, sizeof(struct path_folder *));
		children->folders[children->folder_count++] = below;
	}
}

static int compare_folders(const void *a, const void *b)
{
	const struct path_folder *const *first = a, *const *second = b;

	return strcmp((*first)->id, (*second)->id);
}

static int next_item(struct items *items)
{
	struct map_entry entry;
	int r = map_walker_next(items->walker, &entry);

	items->has_next = r == 1;
	return r == 1 ? tree_get_item(&entry, &items->texts, &items->next) : r;
}

static void end_items(struct path_children *children)
{
	for (size_t i = 0; children->items && i < children->list_count; i++) {
		map_walker_free(children->items[i].walker);
		buf_free(&children->items[i].texts);
	}
	mem_free(children->items);
	children->items = NULL;
}

/* To the first of all. */
static int rewind_all(struct path_children *children)
{
	int r = 0;

	end_items(children);
	children->items = mem_array(children->list_count + 1, sizeof(*children->items));
	for (size_t i = 0; i < children->list_count && r == 0; i++) {
		struct items *items = &children->items[i];
		items->texts = buf_init(TREE_TEXTS_MAX);
		r = map_walker_new(
			children->tree->maps, children->lists[i]->list_id, &items->walker);
		if (r == 0)
			r = next_item(items);
	}
	children->given = NULL;
	children->next_folder = 0;
	children->position = 0;
	return r;
}

/* The next by its id, without its component; of the same id items come before folders. */
static int next_child(struct path_children *children, struct path_child *out)
{
	struct items *first = NULL;
	int r = children->given ? next_item(children->given) : 0;

	children->given = NULL;
	if (r < 0)
		return r;
	*out = (struct path_child){0};
	for (size_t i = 0; i < children->list_count; i++) {
		struct items *items = &children->items[i];
		if (items->has_next && (!first || strcmp(items->next.id, first->next.id) < 0))
			first = items;
	}
	if (children->next_folder < children->folder_count) {
		const struct path_folder *folder = children->folders[children->next_folder];
		if (!first || strcmp(folder->id, first->next.id) < 0) {
			children->next_folder++;
			out->folder = folder;
			out->id = folder->id;
			return 1;
		}
	}
	if (!first)
		return 0;
	children->given = first;
	out->item = &first->next;
	out->id = first->next.id;
	out->position = children->position++;
	return 1;
}

static char *encode(const struct path_child *child)
{
	return filename_encode(child->folder ? child->folder->name : child->item->name);
}

static uint64_t hash_of(const char *component)
{
	static const uint8_t key[16] = {0}; /* equal ones are compared */

	return hash_short(key, component, strlen(component));
}

static int compare_hashes(const void *a, const void *b)
{
	const uint64_t *first = a, *second = b;

	return (*first > *second) - (*first < *second);
}

static int note_components(struct path_children *children)
{
	struct path_child child;
	int r;

	while ((r = next_child(children, &child)) == 1) {
		AUTO_TEXT component = encode(&child);
		mem_grow(&children->hashes, &children->hash_capacity, children->hash_count + 1,
			sizeof(*children->hashes));
		children->hashes[children->hash_count++] = hash_of(component);
	}
	if (children->hash_count > 0)
		qsort(children->hashes, children->hash_count, sizeof(*children->hashes),
			compare_hashes);
	return r;
}

/* How many have a component, more than one being two. */
static int count_of(const struct path_children *children, uint64_t hash)
{
	const uint64_t *found = children->hash_count == 0
					? NULL
					: bsearch(&hash, children->hashes, children->hash_count,
						  sizeof(hash), compare_hashes);

	if (!found)
		return 0;
	bool is_alone =
		(found == children->hashes || found[-1] != hash) &&
		(found + 1 == children->hashes + children->hash_count || found[1] != hash);
	return is_alone ? 1 : 2;
}

static bool is_taken(void *context, const char *component)
{
	return count_of(context, hash_of(component)) > 0;
}

int path_children_open(
	struct path_tree *tree, const struct path_folder *folder, struct path_children **out)
{
	struct path_children *children = mem_alloc(sizeof(*children));

	children->tree = tree;
	children->names = path_names_new();
	gather(children, folder);
	if (children->folder_count > 0)
		qsort(children->folders, children->folder_count, sizeof(*children->folders),
			compare_folders);
	int r = rewind_all(children);
	if (r == 0)
		r = note_components(children);
	if (r == 0)
		r = rewind_all(children);
	if (r < 0) {
		path_children_close(children);
		return r;
	}
	*out = children;
	return 0;
}

void path_children_close(struct path_children *children)
{
	if (!children)
		return;
	end_items(children);
	path_names_free(children->names);
	mem_free(children->folders);
	mem_free(children->lists);
	mem_free(children->hashes);
	mem_free(children->component);
	mem_free(children);
}

int path_children_next(struct path_children *children, struct path_child *out)
{
	int r = next_child(children, out);

	if (r != 1)
		return r;
	mem_replace(&children->component, encode(out));
	if (count_of(children, hash_of(children->component)) > 1) {
		path_names_reserve(children->names, children->component);
		mem_replace(
			&children->component, path_names_take(children->names,
						      children->component, is_taken, children));
	}
	out->component = children->component;
	return 1;
}

struct kept {
	struct path_child child; /* first: its address is the whole's */
	struct tree_item item;
};

struct path_child *path_child_keep(const struct path_child *child)
{
	struct kept *kept = mem_alloc(sizeof(*kept));

	kept->child = *child;
	kept->child.component = mem_strdup(child->component);
	if (child->item) {
		kept->item = *child->item;
		kept->item.id = mem_strdup(child->item->id);
		kept->item.name = mem_strdup(child->item->name);
		kept->item.type = mem_strdup(child->item->type);
		kept->item.tag = mem_strdup(child->item->tag);
		kept->child.item = &kept->item;
		kept->child.id = kept->item.id;
	}
	return &kept->child;
}

void path_child_free(struct path_child *child)
{
	if (!child)
		return;
	if (child->item) {
		mem_free(child->item->id);
		mem_free(child->item->name);
		mem_free(child->item->type);
		mem_free(child->item->tag);
	}
	mem_free(child->component);
	mem_free(child);
}
