/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_READING_H
#define REPO_READING_H

#include "repo/repo.h"

/*
 * Reading for a long time (a restore, a mount): says that somebody is at work, as a writer
 * does, so that a prune removes nothing meanwhile that was found in the index. A thread of its
 * own says so again now and then, however long an item takes and however idle a mount is.
 */

struct repo_reading;

/** Begins, and reads the index anew. On a storage that nothing can be written to it begins all
 * the same: nobody prunes there either. ERR_CORRUPT, ERR_IO of the index. */
NODISCARD int repo_reading_begin(struct repo *repo, struct repo_reading **out);

void repo_reading_end(struct repo_reading *reading); /* NULL is fine */

#endif
