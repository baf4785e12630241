/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SNAPSHOT_FILE_H
#define REPO_SNAPSHOT_FILE_H

#include "repo/repo.h"
#include "repo/snapshot_chain.h"

/*
 * Snapshots as files: snapshots/<id>. Notes that snapshots were forgotten lie there, too.
 */

/** Writes one durably, chained to those that are there, and sets its id. ERR_IO, ERR_INVALID,
 * ERR_LIMIT. */
NODISCARD int snapshot_write(struct repo *repo, struct snapshot *snapshot);

/** Reads one by its whole id. ERR_NOTFOUND, also of a note; ERR_CORRUPT, ERR_IO. */
NODISCARD int snapshot_read(struct repo *repo, const char *id, struct snapshot **out);

/** The ids of all snapshots that are there and not forgotten, by their digits, also of those
 * that cannot be read; the caller frees the array. */
NODISCARD int snapshot_ids(
	struct repo *repo, char (**out)[SNAPSHOT_ID_TEXT], size_t *out_count);

/** All files of the chain, read and verified, without the snapshots themselves. What is damaged
 * is no part of it; *out_damaged says how many. The caller frees it. ERR_IO. */
NODISCARD int snapshot_chain_load(
	struct repo *repo, struct snapshot_chain *out, size_t *out_damaged);

/** Writes a node whose earlier and forgotten ones are set, under a new name that is set in it.
 * `snapshot` is NULL of a note. ERR_IO, ERR_LIMIT. */
NODISCARD int snapshot_put(
	struct repo *repo, struct snapshot_node *node, const struct snapshot *snapshot);

#endif
