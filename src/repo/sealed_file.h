/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SEALED_FILE_H
#define REPO_SEALED_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "repo/derived.h"
#include "repo/format.h"
#include "storage/storage.h"

/*
 * Snapshots and writer files: one sealed piece in armor (docs/format.md, section 4), under a
 * name that the caller chose. The storage and the keys are borrowed.
 */

struct sealed_kind {
	const char *folder;
	const char *magic;
	enum piece piece;
	bool is_compressed;
};

extern const struct sealed_kind sealed_snapshot, sealed_writer;

struct sealed_file {
	const struct sealed_kind *kind;
	uint8_t name[NAME_SIZE]; /* random */
};

/** Writes the body durably, compressed where that makes a snapshot smaller. ERR_EXISTS, ERR_IO,
 * ERR_LIMIT. */
NODISCARD int sealed_put(struct storage *storage, const struct repo_keys *keys,
	const struct sealed_file *file, const struct buf *body);

/** Appends the body to `body`, repaired in memory where the armor allows it. ERR_NOTFOUND,
 * ERR_CORRUPT, ERR_IO. */
NODISCARD int sealed_get(struct storage *storage, const struct repo_keys *keys,
	const struct sealed_file *file, struct buf *body);

/** Calls `visit` with the name of each file of the kind, and when it was written, by the
 * storage's clock; other files are left alone. */
typedef int sealed_visit_fn(void *context, const uint8_t name[NAME_SIZE], int64_t modified_s);
NODISCARD int sealed_each(struct storage *storage, const struct sealed_kind *kind,
	sealed_visit_fn *visit, void *context);

/** Removes one; one that is not there is fine. */
NODISCARD int sealed_remove(struct storage *storage, const struct sealed_file *file);

#endif
