/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PATH_NODE_H
#define REPO_PATH_NODE_H

#include "repo/map.h"
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
	struct repo *repo; /* borrowed, by what is opened in the tree too */
	struct chunk_store store;
	struct maps *maps;
	struct path_folder *folders; /* by parent_id, then by id; the top first */
	size_t count, capacity;
};

/** ERR_CORRUPT where it is no tree, ERR_IO. To be freed in either case; not to be copied. */
NODISCARD int path_tree_load(
	struct path_tree *tree, struct repo *repo, const uint8_t id[REPO_ID_SIZE]);
void path_tree_free(struct path_tree *tree);
const struct path_folder *path_tree_top(const struct path_tree *tree);

struct path_child {
	const struct path_folder *folder; /* NULL: an item */
	const struct tree_item *item;
	const char *id;
	const char *component;
	uint64_t position; /* of an item: how many come before it by their ids */
};

/** The children of a folder, one by one, by their ids. Which components are taken is looked up
 * before: 8 bytes a child is all that is kept. ERR_CORRUPT, ERR_IO. */
struct path_children;
NODISCARD int path_children_open(
	struct path_tree *tree, const struct path_folder *folder, struct path_children **out);

/** 1 and the next one, borrowed until the next call; 0 at the end. */
NODISCARD int path_children_next(struct path_children *children, struct path_child *out);
void path_children_close(struct path_children *children); /* NULL is fine */

/** A child that stays. */
struct path_child *path_child_keep(const struct path_child *child);
void path_child_free(struct path_child *child); /* NULL is fine */

/** Some children of which each is to be visited: items in the order in which they are stored.
 */
void path_children_sort(struct path_child **children, size_t count, struct repo *repo);

#endif
