/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SEALED_FILE_H
#define REPO_SEALED_FILE_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * The small files of a repository, index and snapshots: a magic number, then one sealed piece,
 * under a random name.
 */

struct sealed_kind {
	const char *folder;
	const char *magic;
	enum piece piece;
};

extern const struct sealed_kind sealed_snapshot;

/** Writes `body`, which is spent, durably under a new name. ERR_IO, ERR_LIMIT. */
NODISCARD int sealed_write(struct repo *repo, const struct sealed_kind *kind,
	const struct buf *body, char out_name[NAME_TEXT]);

/** Appends what was written under that name to `body`. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. */
NODISCARD int sealed_read(
	struct repo *repo, const struct sealed_kind *kind, const char *name, struct buf *body);

/** Calls `visit` with the name (32 digits) of each file of that kind; others are left alone. */
NODISCARD int sealed_list(struct repo *repo, const struct sealed_kind *kind,
	int (*visit)(void *context, const char *name), void *context);

#endif
