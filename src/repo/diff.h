/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_DIFF_H
#define REPO_DIFF_H

#include "repo/repo.h"

/*
 * What is different between two snapshots, in time by what has changed: parts of trees that
 * both share are not read.
 */

/** An item that is not the same in both. Borrowed. */
struct diff_change {
	const struct repo_object *object; /* as it is in the later one that has it */
	const char *folder; /* "Inbox/2026", each component as in a path; "" for the object
			       itself */
	const struct tree_item *before, *after; /* NULL where it is not there */
};

/** Not 0 ends it and is returned. */
typedef int diff_fn(void *context, const struct diff_change *change);

/** Objects by their kind and name, folders by their place in the later tree, items by their
 * ids; an item that went to another folder is gone from one and new in the other. A folder that
 * got another name is no change of its items. ERR_CORRUPT, ERR_IO. */
struct diff {
	const struct snapshot *before, *after;
	diff_fn *visit;
	void *context;
};
NODISCARD int repo_diff(struct repo *repo, const struct diff *diff);

#endif
