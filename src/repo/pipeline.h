/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PIPELINE_H
#define REPO_PIPELINE_H

#include "repo/pack.h"

/*
 * Blocks on their way into packs: filled by the caller's thread, compressed, verified, sealed
 * and written by threads of the pipeline's own, in the order in which they came. Few blocks
 * exist, and whoever wants one waits until there is a free one: memory stays bounded.
 */

struct pipeline;

/** A block that is being filled. */
struct pipeline_block {
	enum piece piece;
	struct buf plain;
	struct buf chunks; /* as directory_put_chunk writes them */
	uint64_t number;   /* the pipeline's */
};

/** The repository's storage and keys are used by several threads from now on. */
struct pipeline *pipeline_new(const struct repo *repo);
void pipeline_free(struct pipeline *pipeline); /* NULL is fine; what was not drained is lost */

/** An empty block; waits for one. */
struct pipeline_block *pipeline_take(struct pipeline *pipeline, enum piece piece);

/** Sends a block on its way, or takes it back where it is empty. The error of an earlier one,
 * if there was any: the pipeline is then of no more use. */
NODISCARD int pipeline_send(struct pipeline *pipeline, struct pipeline_block *block);

/** Waits until all that was sent lies in packs that are written. What the index is to know of
 * them, and of those before since the last drain, is handed over: *out (freed with mem_free)
 * and their directories. */
NODISCARD int pipeline_drain(
	struct pipeline *pipeline, struct pack_written **out, size_t *out_count);

/** What has gone through. */
struct pipeline_counts {
	uint64_t plain;  /* bytes sealed so far, as they were */
	uint64_t sealed; /* as they are now */
};
struct pipeline_counts pipeline_counts(struct pipeline *pipeline);

#endif
