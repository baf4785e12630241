/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/block.h"

#include <string.h>
#include <zstd.h>

#include "base/mem.h"

enum { LEVEL = 3 };

struct block_coder {
	ZSTD_CCtx *compress; /* made at the first use */
	ZSTD_DCtx *decompress;
	uint8_t *trial; /* for the look at what was closed: sealed, then decoded */
	size_t trial_size;
};

struct block_coder *block_coder_new(void)
{
	struct block_coder *coder = mem_alloc(sizeof(*coder));

	coder->decompress = ZSTD_createDCtx();
	ASSERT(coder->decompress);
	return coder;
}

void block_coder_free(struct block_coder *coder)
{
	if (!coder)
		return;
	ZSTD_freeCCtx(coder->compress);
	ZSTD_freeDCtx(coder->decompress);
	mem_free(coder->trial);
	mem_free(coder);
}

static struct seal_place place_of(const struct directory_block *head)
{
	return (struct seal_place){
		.number = head->number,
		.piece = (enum piece)head->piece,
		.codec = head->codec,
	};
}

/* Compresses into `out`, which has room for the bound, or copies where that is no longer. */
static size_t encode(struct block_coder *coder, struct directory_block *head,
	const struct buf *plain, uint8_t *out)
{
	if (!coder->compress)
		coder->compress = ZSTD_createCCtx();
	ASSERT(coder->compress);
	size_t size = ZSTD_compressCCtx(coder->compress, out, ZSTD_compressBound(plain->size),
		plain->data, plain->size, LEVEL);
	head->codec = CODEC_ZSTD;
	if (!ZSTD_isError(size) && size < plain->size)
		return size;
	head->codec = CODEC_RAW;
	if (plain->size > 0)
		memcpy(out, plain->data, plain->size);
	return plain->size;
}

static int verify(struct block_coder *coder, const struct seal *seal,
	const struct directory_block *head, const struct buf *plain, const uint8_t *sealed)
{
	size_t needed = (size_t)head->sealed + head->plain;

	if (coder->trial_size < needed) {
		mem_free(coder->trial);
		coder->trial = mem_alloc(needed);
		coder->trial_size = needed;
	}
	memcpy(coder->trial, sealed, head->sealed);
	int r = block_open(coder, seal, head, coder->trial, coder->trial + head->sealed);
	if (r == 0 && plain->size > 0 &&
		memcmp(coder->trial + head->sealed, plain->data, plain->size) != 0)
		r = err_set(ERR_CORRUPT, "other bytes come back than were put in");
	return err_wrap(r, "a block could not be read back before it was written; "
			   "this machine's memory or processor may be failing");
}

int block_close(struct block_coder *coder, const struct seal *seal,
	struct directory_block *head, const struct buf *plain, struct buf *out)
{
	ASSERT(plain->size <= CHUNK_MAX);
	uint8_t *at = buf_reserve(out, ZSTD_compressBound(plain->size) + AEAD_TAG_SIZE);
	if (!at)
		return ERR_LIMIT;
	size_t size = encode(coder, head, plain, at);
	struct seal_place place = place_of(head);
	seal_close(seal, &place, at, size);
	head->sealed = (uint32_t)(size + AEAD_TAG_SIZE);
	head->plain = (uint32_t)plain->size;
	int r = verify(coder, seal, head, plain, at);
	if (r == 0)
		buf_commit(out, head->sealed);
	return r;
}

int block_open(struct block_coder *coder, const struct seal *seal,
	const struct directory_block *head, uint8_t *sealed, uint8_t *out)
{
	struct seal_place place = place_of(head);
	int r = seal_open(seal, &place, sealed, head->sealed);

	if (r < 0)
		return r;
	size_t size = head->sealed - AEAD_TAG_SIZE;
	if (head->codec == CODEC_ZSTD)
		size = ZSTD_decompressDCtx(coder->decompress, out, head->plain, sealed, size);
	else if (size > 0)
		memcpy(out, sealed, size);
	if (ZSTD_isError(size) || size != head->plain)
		return err_set(ERR_CORRUPT, "it does not decompress to its size");
	return 0;
}
