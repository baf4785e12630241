/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_DIRECTORY_H
#define REPO_DIRECTORY_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * The directory of a pack: its blocks in their order, and the chunks of each. It lies sealed at
 * the end of the pack, and again in an index file.
 */

enum {
	DIRECTORY_CHUNK_SIZE = REPO_ID_SIZE + 4,
	PACK_TRAILER_SIZE = 4 + 4 + 32 + MAGIC_SIZE,
};

struct directory_block {
	uint32_t number, offset;
	uint32_t sealed, plain; /* bytes with the seal, and decoded */
	uint32_t chunks;
	uint8_t piece, codec;
};

struct directory_chunk {
	const uint8_t *id;     /* REPO_ID_SIZE; borrowed */
	uint32_t offset, size; /* in the block */
};

/** Called for each block, then for each chunk in it; either may be NULL. Not 0 ends the walk.
 */
struct directory_visitor {
	int (*block)(void *context, const struct directory_block *block);
	int (*chunk)(void *context, const struct directory_chunk *chunk);
	void *context;
};

/** Walks a directory and checks every number in it against the pack's size, that of the whole
 * file. ERR_CORRUPT without a context. */
NODISCARD int directory_walk(const struct buf *directory, uint64_t pack_size,
	const struct directory_visitor *visitor);

/** Appends a block; `chunks` are its chunks as directory_put_chunk wrote them. */
NODISCARD int directory_put_block(
	struct buf *directory, const struct directory_block *block, const struct buf *chunks);
NODISCARD int directory_put_chunk(
	struct buf *chunks, const uint8_t id[REPO_ID_SIZE], uint32_t size);

#endif
