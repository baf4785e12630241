/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/index.h"

#include <string.h>

#include "base/mem.h"
#include "repo/directory.h"

void index_free(struct index *index)
{
	idset_free(&index->chunks);
	mem_free(index->places);
	mem_free(index->blocks);
	mem_free(index->packs);
	*index = (struct index){0};
}

const struct index_place *index_find(const struct index *index, const uint8_t id[REPO_ID_SIZE])
{
	int64_t number = idset_find(&index->chunks, id);

	return number == IDSET_NONE ? NULL : &index->places[number];
}

uint32_t index_block_number(const struct index *index, uint32_t block)
{
	return block - index->packs[index->blocks[block].pack].first_block;
}

struct adding {
	struct index *index;
	uint32_t pack;
};

static int add_block(void *context, const struct directory_block *block)
{
	const struct adding *adding = context;
	struct index *index = adding->index;

	mem_grow(&index->blocks, &index->block_capacity, index->block_count + 1,
		sizeof(*index->blocks));
	index->blocks[index->block_count++] = (struct index_block){
		.pack = adding->pack,
		.offset = block->offset,
		.sealed = block->sealed,
		.plain = block->plain,
		.piece = block->piece,
		.codec = block->codec,
	};
	return 0;
}

static int add_chunk(void *context, const struct directory_chunk *chunk)
{
	const struct adding *adding = context;
	struct index *index = adding->index;

	if (!idset_add(&index->chunks, chunk->id))
		return 0;
	mem_grow(&index->places, &index->place_capacity, index->chunks.count,
		sizeof(*index->places));
	index->places[index->chunks.count - 1] = (struct index_place){
		.block = (uint32_t)(index->block_count - 1),
		.offset = chunk->offset,
		.size = chunk->size,
	};
	return 0;
}

int index_add(struct index *index, const struct index_pack *pack, const struct buf *directory)
{
	struct adding adding = {index, (uint32_t)index->pack_count};
	struct directory_visitor nothing = {NULL, NULL, NULL};
	struct directory_visitor visitor = {add_block, add_chunk, &adding};

	/* All of it is looked at before anything is taken from it. */
	int r = directory_walk(directory, pack->size, &nothing);
	if (r < 0)
		return r;
	mem_grow(&index->packs, &index->pack_capacity, index->pack_count + 1,
		sizeof(*index->packs));
	struct index_pack *added = &index->packs[index->pack_count++];
	*added = *pack;
	added->first_block = (uint32_t)index->block_count;
	r = directory_walk(directory, pack->size, &visitor);
	added->block_count = (uint32_t)index->block_count - added->first_block;
	return r;
}
