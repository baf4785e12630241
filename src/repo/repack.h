/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPACK_H
#define REPO_REPACK_H

#include "repo/pack.h"
#include "repo/references.h"

/*
 * Copying chunks into new packs: a block that is wanted whole is opened and sealed anew as it
 * is compressed, others are put together with their kind and compressed again.
 */

struct repack; /* one thread at a time */

struct repack *repack_new(struct references *references);
void repack_free(struct repack *repack); /* NULL is fine */

/** Copies what has REFERENCE_COPY and its first place in this pack, and takes the mark away.
 * ERR_CORRUPT where the pack is damaged, ERR_IO. */
NODISCARD int repack_take(struct repack *repack, uint32_t pack);

/** Writes what is left. The packs that were written are borrowed from `repack`. ERR_IO. */
NODISCARD int repack_finish(
	struct repack *repack, const struct pack_written **out, size_t *out_count);

#endif
