/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/repack.h"

#include <string.h>

#include "base/mem.h"
#include "repo/repo_priv.h"

enum { SLOTS = PIECE_META + 1 };

/* A chunk of the block that is looked at. */
struct repacked {
	const uint8_t *id; /* in the directory */
	int64_t number;    /* -1: not wanted */
	uint32_t offset, size;
};

struct repack {
	struct references *references; /* borrowed */
	struct repo *repo;
	struct block_coder *coder;
	struct pack *pack;
	struct {
		struct buf plain, chunks;
	} open[SLOTS];
	struct pack_written *written;
	size_t written_count, written_capacity;

	uint32_t from; /* the pack that is read */
	struct seal file, data;
	bool has_data; /* `data` was begun */
	struct directory_block block;
	bool is_block;
	struct repacked *chunks;
	size_t chunk_count, chunk_capacity;
	uint8_t *sealed, *plain;
};

struct repack *repack_new(struct references *references)
{
	struct repack *repack = mem_alloc(sizeof(*repack));

	repack->references = references;
	repack->repo = references->repo;
	repack->coder = block_coder_new(repack->repo->options.level);
	repack->pack = pack_new(repack->repo);
	for (size_t i = 0; i < SLOTS; i++) {
		repack->open[i].plain = buf_init(CHUNK_MAX);
		repack->open[i].chunks =
			buf_init((size_t)DIRECTORY_BLOCK_CHUNKS_MAX * DIRECTORY_CHUNK_SIZE);
	}
	repack->sealed = mem_alloc(CHUNK_MAX + AEAD_TAG_SIZE);
	repack->plain = mem_alloc(CHUNK_MAX + 1);
	return repack;
}

void repack_free(struct repack *repack)
{
	if (!repack)
		return;
	for (size_t i = 0; i < SLOTS; i++) {
		buf_free(&repack->open[i].plain);
		buf_free(&repack->open[i].chunks);
	}
	for (size_t i = 0; i < repack->written_count; i++)
		buf_free(&repack->written[i].directory);
	mem_free(repack->written);
	mem_free(repack->chunks);
	mem_free(repack->sealed);
	mem_free(repack->plain);
	block_coder_free(repack->coder);
	pack_free(repack->pack);
	mem_free(repack);
}

static int write_pack(struct repack *repack)
{
	struct pack_written written;
	int r = pack_write(repack->pack, &written);

	if (r < 0)
		return r;
	mem_grow(&repack->written, &repack->written_capacity, repack->written_count + 1,
		sizeof(*repack->written));
	repack->written[repack->written_count++] = written;
	return 0;
}

static int add_block(struct repack *repack, const struct pack_block *block)
{
	int r = pack_add(repack->pack, block);

	return r == 0 && pack_is_full(repack->pack) ? write_pack(repack) : r;
}

static int close_block(struct repack *repack, uint8_t piece)
{
	struct buf *plain = &repack->open[piece].plain, *chunks = &repack->open[piece].chunks;
	struct pack_block block = {
		.piece = (enum piece)piece, .plain = (uint32_t)plain->size, .chunks = chunks};

	if (chunks->size == 0)
		return 0;
	int r = block_encode(repack->coder, (enum piece)piece, plain, &block.code);
	if (r == 0)
		r = add_block(repack, &block);
	buf_clear(plain);
	buf_clear(chunks);
	return r;
}

static int add_chunk(struct repack *repack, const struct repacked *chunk)
{
	uint8_t piece = repack->block.piece;
	struct buf *plain = &repack->open[piece].plain, *chunks = &repack->open[piece].chunks;
	size_t most = (size_t)DIRECTORY_BLOCK_CHUNKS_MAX * DIRECTORY_CHUNK_SIZE;
	int r = 0;

	if (plain->size + chunk->size > BLOCK_TARGET || chunks->size >= most)
		r = close_block(repack, piece);
	if (r == 0)
		r = buf_append(plain, repack->plain + chunk->offset, chunk->size);
	return r < 0 ? r : directory_put_chunk(chunks, chunk->id, chunk->size);
}

/* The block's chunks as they were: it was opened, so `sealed` holds its code. */
static int move_block(struct repack *repack)
{
	AUTO_BUF chunks = buf_init((size_t)DIRECTORY_BLOCK_CHUNKS_MAX * DIRECTORY_CHUNK_SIZE);
	struct pack_block block = {
		.piece = (enum piece)repack->block.piece,
		.code = {repack->sealed, repack->block.sealed - AEAD_TAG_SIZE,
			repack->block.codec},
		.plain = repack->block.plain,
		.chunks = &chunks,
	};
	int r = 0;

	for (size_t i = 0; i < repack->chunk_count && r == 0; i++)
		r = directory_put_chunk(&chunks, repack->chunks[i].id, repack->chunks[i].size);
	return r < 0 ? r : add_block(repack, &block);
}

static int open_block(struct repack *repack)
{
	const struct index_pack *pack = &repack->references->index.packs[repack->from];
	struct storage_range range = {repack->block.offset, repack->block.sealed};
	bool is_meta = repack->block.piece == PIECE_META;
	char path[PACK_PATH_SIZE];
	int r = 0;

	if (!is_meta && !repack->has_data) {
		r = pack_data_seal(repack->repo, pack, &repack->data);
		repack->has_data = r == 0;
	}
	pack_path(pack->name, path);
	if (r == 0)
		r = storage_read(repack->repo->storage, path, &range, repack->sealed);
	if (r == 0)
		r = block_open(repack->coder, is_meta ? &repack->file : &repack->data,
			&repack->block, repack->sealed, repack->plain);
	for (size_t i = 0; i < repack->chunk_count && r == 0; i++) {
		const struct repacked *chunk = &repack->chunks[i];
		uint8_t id[REPO_ID_SIZE];
		repo_chunk_id(repack->repo, repack->plain + chunk->offset, chunk->size, id);
		if (chunk->number >= 0 && memcmp(id, chunk->id, sizeof(id)) != 0)
			r = err_set(ERR_CORRUPT, "a chunk is not what its id says");
	}
	return err_wrap(r, "block %u", repack->block.number);
}

/* What was gathered of a block, once all of it is known. */
static int end_block(struct repack *repack)
{
	size_t wanted = 0;

	for (size_t i = 0; i < repack->chunk_count; i++)
		wanted += repack->chunks[i].number >= 0;
	if (!repack->is_block || wanted == 0)
		return 0;
	int r = open_block(repack);
	bool whole = wanted == repack->chunk_count;
	if (r == 0 && whole)
		r = move_block(repack);
	for (size_t i = 0; i < repack->chunk_count && r == 0; i++) {
		const struct repacked *chunk = &repack->chunks[i];
		if (chunk->number < 0)
			continue;
		if (!whole)
			r = add_chunk(repack, chunk);
		repack->references->flags[chunk->number] &= (uint8_t)~REFERENCE_COPY;
	}
	return r;
}

static int take_block(void *context, const struct directory_block *block)
{
	struct repack *repack = context;
	int r = end_block(repack);

	repack->is_block = true;
	repack->block = *block;
	repack->chunk_count = 0;
	return r;
}

static int take_chunk(void *context, const struct directory_chunk *chunk)
{
	struct repack *repack = context;
	struct references *references = repack->references;
	int64_t number = references_number(references, chunk->id);
	struct index_entry entry;

	if (number >= 0)
		index_table_get(references->table, (size_t)number, &entry);
	if (number >= 0 &&
		(!(references->flags[number] & REFERENCE_COPY) || entry.pack != repack->from ||
			entry.place != (repack->block.number << 20 | chunk->offset)))
		number = -1;
	mem_grow(&repack->chunks, &repack->chunk_capacity, repack->chunk_count + 1,
		sizeof(*repack->chunks));
	repack->chunks[repack->chunk_count++] =
		(struct repacked){chunk->id, number, chunk->offset, chunk->size};
	return 0;
}

int repack_take(struct repack *repack, uint32_t number)
{
	const struct index_pack *pack = &repack->references->index.packs[number];
	struct directory_visitor visitor = {take_block, take_chunk, repack};
	AUTO_BUF directory = buf_init(DIRECTORY_MAX);
	char path[PACK_PATH_SIZE];
	int r = pack_directory(repack->repo, pack, &directory);

	repack->from = number;
	repack->is_block = repack->has_data = false;
	repack->chunk_count = 0;
	seal_begin(&repack->file, &repack->repo->keys, pack->name);
	if (r == 0)
		r = directory_walk(&directory, pack->data, &visitor);
	if (r == 0)
		r = end_block(repack);
	seal_end(&repack->file);
	if (repack->has_data)
		seal_end(&repack->data);
	pack_path(pack->name, path);
	return err_wrap(r, "%s", path);
}

int repack_finish(struct repack *repack, const struct pack_written **out, size_t *out_count)
{
	int r = 0;

	for (uint8_t piece = 0; piece < SLOTS && r == 0; piece++)
		r = close_block(repack, piece);
	if (r == 0 && pack_size(repack->pack) > 0)
		r = write_pack(repack);
	*out = repack->written;
	*out_count = repack->written_count;
	return r;
}
