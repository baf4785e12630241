/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_BLOCK_H
#define REPO_BLOCK_H

#include "repo/directory.h"
#include "repo/seal.h"

/*
 * A block: bytes compressed together where that makes them fewer, and sealed.
 */

/** What compression needs, made once. */
struct block_coder;
struct block_coder *block_coder_new(void);
void block_coder_free(struct block_coder *coder); /* NULL is fine */

/**
 * Appends the block of `plain` to `out` and fills head->sealed, plain and codec; head->number
 * and piece are given. The block is opened again and compared before this returns: what a
 * fault of the machine or of the compressor has spoilt is an ERR_CORRUPT now, not at the
 * restore. ERR_LIMIT.
 */
NODISCARD int block_close(struct block_coder *coder, const struct seal *seal,
	struct directory_block *head, const struct buf *plain, struct buf *out);

/** Opens the block in `sealed` (which is spent) into `out`, which has room for head->plain
 * bytes. ERR_CORRUPT without a context. */
NODISCARD int block_open(struct block_coder *coder, const struct seal *seal,
	const struct directory_block *head, uint8_t *sealed, uint8_t *out);

#endif
