/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_FOLDERS_H
#define REPO_FOLDERS_H

#include <uthash.h>

#include "repo/map.h"
#include "repo/repo.h"

/*
 * The folders of an object in memory, by their ids.
 */

struct folder_node {
	struct tree_folder folder; /* texts are its own */
	uint32_t depth;            /* 0 at the top; by whoever needs it */
	bool is_done;              /* likewise */
	UT_hash_handle hh;
};

struct folder_node *folders_find(struct folder_node *folders, const char *id);

/** Adds one whose id is not there; texts are copied. */
struct folder_node *folders_add(struct folder_node **folders, const struct tree_folder *folder);
void folders_free(struct folder_node **folders);

/** Adds all of a tree. ERR_CORRUPT, ERR_IO. */
NODISCARD int folders_load(
	struct folder_node **folders, struct maps *maps, const uint8_t tree[REPO_ID_SIZE]);

/** Sets their depths, and sorts them by those, then by their ids. ERR_CORRUPT where they are no
 * tree, or more than DEPTH_MAX deep. */
NODISCARD int folders_order(struct folder_node **folders);

#endif
