/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/block.h"

#include <string.h>
#include <zstd.h>

#include "base/mem.h"

enum {
	LEVEL = 3,
	PROBE_SIZE = 16 << 10, /* what is tried of a large chunk, at three places */
	PROBES = 3,
	PROBE_LEVEL = 1,
};

struct block_coder {
	int level;
	ZSTD_CCtx *compress; /* made at the first use, as are the buffers */
	ZSTD_DCtx *decompress;
	struct buf code, trial;
};

struct block_coder *block_coder_new(int level)
{
	struct block_coder *coder = mem_alloc(sizeof(*coder));

	coder->level = level ? level : LEVEL;
	coder->decompress = ZSTD_createDCtx();
	ASSERT(coder->decompress);
	coder->code = buf_init(ZSTD_COMPRESSBOUND(CHUNK_MAX));
	coder->trial = buf_init(CHUNK_MAX);
	return coder;
}

void block_coder_free(struct block_coder *coder)
{
	if (!coder)
		return;
	ZSTD_freeCCtx(coder->compress);
	ZSTD_freeDCtx(coder->decompress);
	buf_free(&coder->code);
	buf_free(&coder->trial);
	mem_free(coder);
}

/* What is compressed already gives itself away anywhere in it. */
static bool is_worth_it(struct block_coder *coder, const struct buf *plain)
{
	uint8_t out[ZSTD_COMPRESSBOUND(PROBE_SIZE)];
	size_t sum = 0;

	if (plain->size < (size_t)PROBES * PROBE_SIZE)
		return true;
	for (size_t i = 0; i < PROBES; i++) {
		size_t at = (plain->size - PROBE_SIZE) / (PROBES - 1) * i;
		size_t size = ZSTD_compressCCtx(coder->compress, out, sizeof(out),
			plain->data + at, PROBE_SIZE, PROBE_LEVEL);
		sum += ZSTD_isError(size) ? PROBE_SIZE : size;
	}
	return sum < (size_t)PROBES * PROBE_SIZE / 100 * 98;
}

/* The size of the frame in coder->code; 0 where the block is to be stored as it is. */
static size_t compress(struct block_coder *coder, enum piece piece, const struct buf *plain)
{
	if (plain->size == 0)
		return 0;
	if (!coder->compress)
		coder->compress = ZSTD_createCCtx();
	ASSERT(coder->compress);
	if (piece == PIECE_LARGE && !is_worth_it(coder, plain))
		return 0;
	buf_clear(&coder->code);
	size_t bound = ZSTD_compressBound(plain->size);
	uint8_t *at = buf_reserve(&coder->code, bound);
	ASSERT(at);
	size_t size = ZSTD_compressCCtx(
		coder->compress, at, bound, plain->data, plain->size, coder->level);
	return ZSTD_isError(size) || size >= plain->size ? 0 : size;
}

static int verify(struct block_coder *coder, size_t code_size, const struct buf *plain)
{
	buf_clear(&coder->trial);
	uint8_t *at = buf_reserve(&coder->trial, plain->size);
	ASSERT(at);
	size_t size = ZSTD_decompressDCtx(
		coder->decompress, at, plain->size, coder->code.data, code_size);
	if (!ZSTD_isError(size) && size == plain->size &&
		memcmp(at, plain->data, plain->size) == 0)
		return 0;
	return err_set(ERR_CORRUPT,
		"a block could not be read back before it was written: other bytes come back "
		"than were put in; this machine's memory or processor may be failing");
}

int block_encode(struct block_coder *coder, enum piece piece, const struct buf *plain,
	struct block_code *out)
{
	ASSERT(plain->size <= CHUNK_MAX);
	size_t size = compress(coder, piece, plain);

	if (size == 0) {
		*out = (struct block_code){plain->data, plain->size, CODEC_RAW};
		return 0;
	}
	*out = (struct block_code){coder->code.data, size, CODEC_ZSTD};
	return verify(coder, size, plain);
}

struct seal_place block_place(const struct directory_block *head)
{
	return (struct seal_place){
		.number = head->number,
		.piece = (enum piece)head->piece,
		.codec = head->codec,
	};
}

int block_open(struct block_coder *coder, const struct seal *seal,
	const struct directory_block *head, uint8_t *sealed, uint8_t *out)
{
	struct seal_place place = block_place(head);
	int r = seal_open(seal, &place, sealed, head->sealed);

	if (r < 0)
		return r;
	size_t size = head->sealed - AEAD_TAG_SIZE;
	if (head->codec == CODEC_ZSTD)
		size = ZSTD_decompressDCtx(coder->decompress, out, head->plain, sealed, size);
	else if (head->codec != CODEC_RAW)
		return err_set(ERR_CORRUPT, "it is coded in a way that is not known");
	else if (size > 0)
		memcpy(out, sealed, size);
	if (ZSTD_isError(size) || size != head->plain)
		return err_set(ERR_CORRUPT, "it does not decompress to its size");
	return 0;
}
