/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_BLOCK_H
#define REPO_BLOCK_H

#include "repo/directory.h"
#include "repo/seal.h"

/*
 * A block: bytes compressed together where that makes them fewer, and sealed.
 */

/** What compression needs, made once. One thread at a time. */
struct block_coder;
struct block_coder *block_coder_new(int level);   /* of zstd; 0: the house's */
void block_coder_free(struct block_coder *coder); /* NULL is fine */

/** A block that is encoded and not sealed yet; borrowed from the coder, or from `plain`. */
struct block_code {
	const uint8_t *data;
	size_t size;
	uint8_t codec;
};

/**
 * Compresses a block, and takes it apart again and compares it before this returns: what a
 * fault of the machine or of the compressor has spoilt is an ERR_CORRUPT now, not at the
 * restore. Data that does not look as if it could become smaller is not tried.
 */
NODISCARD int block_encode(struct block_coder *coder, enum piece piece, const struct buf *plain,
	struct block_code *out);

/** Opens the block in `sealed` (which is spent) into `out`, which has room for head->plain
 * bytes. ERR_CORRUPT without a context. */
NODISCARD int block_open(struct block_coder *coder, const struct seal *seal,
	const struct directory_block *head, uint8_t *sealed, uint8_t *out);

/** Where a block stands in its pack, for its seal. */
struct seal_place block_place(const struct directory_block *head);

#endif
