/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_DIRECTORY_H
#define REPO_DIRECTORY_H

#include "base/buf.h"
#include "crypto/aead.h"
#include "crypto/box.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * The directory of a pack: how its data key is found, its blocks in their order, and the chunks
 * of each. It lies sealed at the end of the pack's data. The index can be rebuilt from it.
 */

enum {
	DIRECTORY_CHUNK_SIZE = REPO_ID_SIZE + 4,
	DIRECTORY_COMMITMENT_SIZE = 32,
	DIRECTORY_BOX_SIZE = AEAD_KEY_SIZE + BOX_OVERHEAD,
	DIRECTORY_BLOCK_CHUNKS_MAX = 65536, /* of one block, so that a directory has an end */
};

/** Where the data key of a pack comes from. */
enum directory_key { DIRECTORY_KEY_DERIVED = 0, DIRECTORY_KEY_BOX = 1 };

struct directory_head {
	uint8_t key_kind;                              /* enum directory_key */
	uint8_t commitment[DIRECTORY_COMMITMENT_SIZE]; /* to the data key */
	uint8_t box[DIRECTORY_BOX_SIZE];               /* only with DIRECTORY_KEY_BOX */
	uint8_t dictionary[REPO_ID_SIZE];              /* zeros: none */
	uint32_t blocks;
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

/** Reads what a directory begins with. ERR_CORRUPT without a context. */
NODISCARD int directory_head_read(const struct buf *directory, struct directory_head *out);

/** Walks a directory and checks every number in it against the size of the pack's data.
 * ERR_CORRUPT without a context. */
NODISCARD int directory_walk(const struct buf *directory, uint64_t data_size,
	const struct directory_visitor *visitor);

/** Whether a block can be as its numbers say. ERR_CORRUPT without a context. */
NODISCARD int directory_judge_block(const struct directory_block *block);

/* Writing: the head, then the blocks one behind the other. */
NODISCARD int directory_put_head(struct buf *directory, const struct directory_head *head);
/** Appends a block; `chunks` are its chunks as directory_put_chunk wrote them. */
NODISCARD int directory_put_block(
	struct buf *directory, const struct directory_block *block, const struct buf *chunks);
NODISCARD int directory_put_chunk(
	struct buf *chunks, const uint8_t id[REPO_ID_SIZE], uint32_t size);

#endif
