/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SNAPSHOT_FILE_H
#define REPO_SNAPSHOT_FILE_H

#include "repo/repo.h"

/*
 * Snapshots as files: snapshots/<id>.
 */

/** Writes one durably and sets its id. ERR_IO, ERR_INVALID, ERR_LIMIT. */
NODISCARD int snapshot_write(struct repo *repo, struct snapshot *snapshot);

/** Reads one by its whole id. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. */
NODISCARD int snapshot_read(struct repo *repo, const char *id, struct snapshot **out);

/** The ids of all that are there, by their digits; the caller frees the array. */
NODISCARD int snapshot_ids(
	struct repo *repo, char (**out)[SNAPSHOT_ID_TEXT], size_t *out_count);

#endif
