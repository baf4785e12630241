/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/directory.h"

#include "crypto/aead.h"

int directory_put_chunk(struct buf *chunks, const uint8_t id[REPO_ID_SIZE], uint32_t size)
{
	int r = buf_append(chunks, id, REPO_ID_SIZE);

	return r < 0 ? r : buf_put_u32(chunks, size);
}

int directory_put_block(
	struct buf *directory, const struct directory_block *block, const struct buf *chunks)
{
	const uint8_t kinds[2] = {block->piece, block->codec};
	int r = buf_put_u32(directory, block->sealed);

	if (r == 0)
		r = buf_put_u32(directory, block->plain);
	if (r == 0)
		r = buf_append(directory, kinds, sizeof(kinds));
	if (r == 0)
		r = buf_put_u32(directory, block->chunks);
	if (r == 0)
		r = buf_append(directory, chunks->data, chunks->size);
	return r;
}

static int take_block(struct reader *reader, struct directory_block *block)
{
	const unsigned char *kinds = NULL;
	int r = reader_u32(reader, &block->sealed);

	if (r == 0)
		r = reader_u32(reader, &block->plain);
	if (r == 0)
		r = reader_bytes(reader, 2, &kinds);
	if (r == 0)
		r = reader_u32(reader, &block->chunks);
	if (r != 0)
		return r;
	block->piece = kinds[0];
	block->codec = kinds[1];
	return 0;
}

/* A block that is stored as it is has its own size; one that is compressed is smaller. */
static int judge_block(const struct directory_block *block)
{
	uint32_t stored = block->sealed - AEAD_TAG_SIZE;

	if (block->piece != PIECE_DATA && block->piece != PIECE_META)
		return err_set(ERR_CORRUPT, "a block of unknown kind");
	if (block->plain > CHUNK_MAX || block->sealed < AEAD_TAG_SIZE || stored > block->plain)
		return err_set(ERR_CORRUPT, "a block of impossible size");
	if (block->codec == CODEC_RAW ? stored != block->plain
				      : block->codec != CODEC_ZSTD || stored == block->plain)
		return err_set(ERR_CORRUPT, "a block of impossible coding");
	return 0;
}

static int walk_chunks(struct reader *reader, const struct directory_block *block,
	const struct directory_visitor *visitor)
{
	struct directory_chunk chunk = {0};

	for (uint32_t i = 0; i < block->chunks; i++) {
		int r = reader_bytes(reader, REPO_ID_SIZE, &chunk.id);
		if (r == 0)
			r = reader_u32(reader, &chunk.size);
		if (r < 0)
			return r;
		if (chunk.size > block->plain - chunk.offset)
			return err_set(ERR_CORRUPT, "a chunk beyond its block");
		if (visitor->chunk)
			r = visitor->chunk(visitor->context, &chunk);
		if (r != 0)
			return r;
		chunk.offset += chunk.size;
	}
	if (chunk.offset != block->plain)
		return err_set(ERR_CORRUPT, "a block that is not its chunks");
	return 0;
}

int directory_walk(const struct buf *directory, uint64_t pack_size,
	const struct directory_visitor *visitor)
{
	struct reader reader = {directory->data, directory->size};
	struct directory_block block = {0};
	uint64_t end = directory->size + AEAD_TAG_SIZE + PACK_TRAILER_SIZE;

	if (pack_size > PACK_MAX || pack_size < end)
		return err_set(ERR_CORRUPT, "a pack of impossible size");
	for (end = pack_size - end; reader.size > 0; block.number++) {
		int r = take_block(&reader, &block);
		if (r == 0)
			r = judge_block(&block);
		if (r < 0)
			return r;
		if (block.sealed > end - block.offset)
			return err_set(ERR_CORRUPT, "a block beyond its pack");
		if (visitor->block)
			r = visitor->block(visitor->context, &block);
		if (r == 0)
			r = walk_chunks(&reader, &block, visitor);
		if (r != 0)
			return r;
		block.offset += block.sealed;
	}
	if (block.offset != end)
		return err_set(ERR_CORRUPT, "a pack that is not its blocks");
	return 0;
}
