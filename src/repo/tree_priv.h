/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_TREE_PRIV_H
#define REPO_TREE_PRIV_H

#include "repo/folders.h"
#include "repo/writer.h"

/*
 * Reading trees, and how an object and its folders see each other while they are written.
 */

/** As repo_folders and repo_items. */
NODISCARD int tree_folders(struct maps *maps, const uint8_t tree[REPO_ID_SIZE],
	tree_folder_fn *visit, void *context);
NODISCARD int tree_items(struct maps *maps, const uint8_t root[REPO_ID_SIZE],
	tree_item_fn *visit, void *context);

/** The folder as it was last stored, by its id; NULL where there is none. */
const struct tree_folder *object_previous(
	const struct object_writer *object, const char *folder_id);

/** Takes a folder as it is now into the tree: items, bytes, list_id. */
void object_take(struct object_writer *object, const struct tree_folder *folder);

struct maps *object_maps(const struct object_writer *object);
const uint8_t *object_boundary(const struct object_writer *object);

/** The error that has ended the writer; 0 where it is well. */
NODISCARD int object_state(const struct object_writer *object);

/** Begins a folder whose place in the tree the object has checked; borrowed until its end. */
struct folder_writer *folder_writer_new(
	struct object_writer *object, const struct tree_folder *folder);

#endif
