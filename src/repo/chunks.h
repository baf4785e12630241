/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CHUNKS_H
#define REPO_CHUNKS_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * What maps need of the place where chunks lie. A writer is one side of it, a repository that
 * is only read another (its put is NULL), tests keep theirs in memory.
 */

struct chunk_put {
	enum piece piece;
	const void *data;
	size_t size;
	/* The chunks that this one refers to, each as often as it does (docs/format.md,
	 * section 6). */
	const uint8_t (*refs)[REPO_ID_SIZE];
	size_t ref_count;
};

/** Borrowed by whoever is given one. All are called by one thread at a time. */
struct chunk_store {
	/** Stores a chunk, or finds that it is there: then its references count no second time.
	 * The data is borrowed for the call. ERR_IO, ERR_CORRUPT. */
	int (*put)(void *context, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE]);

	/** Appends the chunk, verified. ERR_CORRUPT where it is not there or not what its id
	 * says, ERR_LIMIT over the buffer's ceiling, ERR_IO. */
	int (*get)(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out);

	bool (*has)(void *context, const uint8_t id[REPO_ID_SIZE]);
	void *context;
};

#endif
