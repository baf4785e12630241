/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MOUNT_NODE_H
#define MOUNT_NODE_H

#include "mount/mount.h"

/*
 * The files and folders of a mount: read from the snapshot when somebody first looks into a
 * folder, and kept.
 */

struct node {
	char *name; /* component; "" for the top */
	char *path; /* inside the snapshot */
	bool is_folder, is_read, is_allowed;
	int64_t modified_s;
	struct repo_content content; /* of an item */
	struct node *children;       /* sorted by name, once is_read */
	size_t count, capacity;
};

struct node_source {
	struct repo *repo;
	const struct snapshot *snapshot;
	const struct mount_options *options;
};

/** The top of a mount: what lies at the path. ERR_NOTFOUND, ERR_INVALID, ERR_CORRUPT, ERR_IO.
 */
NODISCARD int node_top(const struct node_source *source, struct node *out);
void node_free(struct node *node); /* what it holds */

/** Reads the children of a folder where they are not known yet. ERR_CORRUPT, ERR_IO. */
NODISCARD int node_read(const struct node_source *source, struct node *node);

/** The node at "/FOLDER/…/NAME" below the top; borrowed. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. */
NODISCARD int node_find(const struct node_source *source, struct node *top, const char *path,
	struct node **out);

#endif
