/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/directory.h"

#include <string.h>

int directory_put_head(struct buf *directory, const struct directory_head *head)
{
	int r = buf_append(directory, &head->key_kind, 1);

	if (r == 0)
		r = buf_append(directory, head->commitment, sizeof(head->commitment));
	if (r == 0 && head->key_kind == DIRECTORY_KEY_BOX)
		r = buf_append(directory, head->box, sizeof(head->box));
	if (r == 0)
		r = buf_append(directory, head->dictionary, sizeof(head->dictionary));
	return r < 0 ? r : buf_put_u32(directory, head->blocks);
}

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

static int take(struct reader *reader, void *out, size_t size)
{
	const unsigned char *bytes = NULL;
	int r = reader_bytes(reader, size, &bytes);

	if (r == 0)
		memcpy(out, bytes, size);
	return r;
}

static int take_head(struct reader *reader, struct directory_head *head)
{
	int r = take(reader, &head->key_kind, 1);

	if (r == 0 && head->key_kind > DIRECTORY_KEY_BOX)
		r = err_set(ERR_CORRUPT, "a data key of unknown kind");
	if (r == 0)
		r = take(reader, head->commitment, sizeof(head->commitment));
	if (r == 0 && head->key_kind == DIRECTORY_KEY_BOX)
		r = take(reader, head->box, sizeof(head->box));
	if (r == 0)
		r = take(reader, head->dictionary, sizeof(head->dictionary));
	if (r == 0)
		r = reader_u32(reader, &head->blocks);
	if (r == 0 && head->blocks > PACK_BLOCKS_MAX)
		r = err_set(ERR_CORRUPT, "a pack of too many blocks");
	return r;
}

int directory_head_read(const struct buf *directory, struct directory_head *out)
{
	struct reader reader = {directory->data, directory->size};

	*out = (struct directory_head){0};
	return take_head(&reader, out);
}

static int take_block(struct reader *reader, struct directory_block *block)
{
	uint8_t kinds[2];
	int r = reader_u32(reader, &block->sealed);

	if (r == 0)
		r = reader_u32(reader, &block->plain);
	if (r == 0)
		r = take(reader, kinds, sizeof(kinds));
	if (r == 0)
		r = reader_u32(reader, &block->chunks);
	if (r != 0)
		return r;
	block->piece = kinds[0];
	block->codec = kinds[1];
	return 0;
}

/* A block that is stored as it is has its own size; one that is compressed is smaller. */
int directory_judge_block(const struct directory_block *block)
{
	uint32_t stored = block->sealed - AEAD_TAG_SIZE;

	if (block->piece < PIECE_TEXT || block->piece > PIECE_META)
		return err_set(ERR_CORRUPT, "a block of unknown kind");
	if (block->plain > CHUNK_MAX || block->sealed < AEAD_TAG_SIZE || stored > block->plain)
		return err_set(ERR_CORRUPT, "a block of impossible size");
	if (block->codec > CODEC_ZSTD_DICTIONARY ||
		(block->codec == CODEC_RAW) != (stored == block->plain))
		return err_set(ERR_CORRUPT, "a block of impossible coding");
	return 0;
}

static int walk_chunks(struct reader *reader, const struct directory_block *block,
	const struct directory_visitor *visitor)
{
	struct directory_chunk chunk = {0};

	if (block->chunks > 1 && block->plain > BLOCK_TARGET)
		return err_set(ERR_CORRUPT, "a shared block that is too large");
	for (uint32_t i = 0; i < block->chunks; i++) {
		int r = reader_bytes(reader, REPO_ID_SIZE, &chunk.id);
		if (r == 0)
			r = reader_u32(reader, &chunk.size);
		if (r < 0)
			return r;
		if (chunk.size > block->plain - chunk.offset)
			return err_set(ERR_CORRUPT, "a chunk beyond its block");
		if (chunk.offset >= BLOCK_TARGET)
			return err_set(ERR_CORRUPT, "a chunk where none can be found");
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

static int walk_block(struct reader *reader, uint64_t end, struct directory_block *block,
	const struct directory_visitor *visitor)
{
	int r = take_block(reader, block);

	if (r == 0)
		r = directory_judge_block(block);
	if (r == 0 && block->sealed > end - block->offset)
		r = err_set(ERR_CORRUPT, "a block beyond its pack");
	if (r == 0 && visitor->block)
		r = visitor->block(visitor->context, block);
	return r != 0 ? r : walk_chunks(reader, block, visitor);
}

int directory_walk(const struct buf *directory, uint64_t data_size,
	const struct directory_visitor *visitor)
{
	struct reader reader = {directory->data, directory->size};
	struct directory_head head = {0};
	struct directory_block block = {0};
	uint64_t end = directory->size + AEAD_TAG_SIZE;
	int r = take_head(&reader, &head);

	if (r < 0)
		return r;
	if (data_size > PACK_MAX || data_size < end)
		return err_set(ERR_CORRUPT, "a pack of impossible size");
	end = data_size - end;
	for (; block.number < head.blocks; block.number++) {
		r = walk_block(&reader, end, &block, visitor);
		if (r != 0)
			return r;
		block.offset += block.sealed;
	}
	if (block.offset != end || reader.size > 0)
		return err_set(ERR_CORRUPT, "a pack that is not its blocks");
	return 0;
}
