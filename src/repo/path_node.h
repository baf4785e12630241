/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PATH_NODE_H
#define REPO_PATH_NODE_H

#include "repo/items.h"
#include "repo/repo.h"

/*
 * What paths are made of: the objects of a snapshot, the folders of an object, and the children
 * of a folder, each with its component.
 */

struct path_object {
	const struct repo_object *object; /* borrowed */
	char *kind, *name;                /* components */
	char *path;                       /* both */
};

/** All objects of a snapshot, in its order. */
struct path_object *path_objects_new(const struct snapshot *snapshot);
void path_objects_free(struct path_object *objects, size_t count);

struct path_folder {
	char *id, *parent_id, *name;
	uint8_t list_id[REPO_ID_SIZE];
	uint64_t items, bytes;
	bool is_top; /* stands for the object, and has no list */
};

struct path_tree {
	struct path_folder *folders; /* by parent_id, then by id; the top first */
	size_t count, capacity;
};

/** ERR_CORRUPT where it is no tree, ERR_IO. To be freed in either case. */
NODISCARD int path_tree_load(
	struct path_tree *tree, struct repo *repo, const uint8_t id[REPO_ID_SIZE]);
void path_tree_free(struct path_tree *tree);
const struct path_folder *path_tree_top(const struct path_tree *tree);

struct path_child {
	const struct path_folder *folder; /* NULL: an item */
	struct tree_item item;
	const char *id;
	char *component;
	uint64_t position; /* of an item: how many come before it by their ids */
};

struct path_list {
	struct path_child *children;
	size_t count, capacity;
	struct items *items; /* hold the texts of the items: one for each list that was read */
	size_t item_lists, item_list_capacity;
};

/** The children of a folder, by their ids. To be freed in either case. */
NODISCARD int path_list_load(struct path_list *list, struct repo *repo,
	const struct path_tree *tree, const struct path_folder *folder);
void path_list_free(struct path_list *list);

/** Orders the children by where they are stored, folders last. */
void path_list_sort_stored(struct path_list *list, struct repo *repo);

/** The child with that component; NULL where there is none. */
const struct path_child *path_list_find(
	const struct path_list *list, const char *component, size_t size);

#endif
