/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_INDEX_H
#define REPO_INDEX_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/idset.h"

/*
 * Where each chunk lies: in memory, filled from the directories of packs as the index files
 * have them. It only grows, so its numbers stay valid.
 */

struct index_pack {
	uint8_t name[NAME_SIZE];
	uint64_t size; /* of the whole file */
	uint32_t first_block, block_count;
};

struct index_block {
	uint32_t pack;
	uint32_t offset; /* in the pack */
	uint32_t sealed, plain;
	uint8_t piece, codec;
};

struct index_place {
	uint32_t block;
	uint32_t offset, size; /* in the block */
};

struct index {
	struct idset chunks;
	struct index_place *places; /* by the number of the chunk */
	size_t place_capacity;
	struct index_block *blocks;
	size_t block_count, block_capacity;
	struct index_pack *packs;
	size_t pack_count, pack_capacity;
};

void index_free(struct index *index); /* what it holds */

/** Where the chunk lies; NULL where it is not known. Borrowed until the index grows. */
const struct index_place *index_find(const struct index *index, const uint8_t id[REPO_ID_SIZE]);

/** Adds a pack by its directory. A chunk that is known stays where it is. ERR_CORRUPT without
 * a context where the directory is not one, or does not fit a pack of that size. */
NODISCARD int index_add(
	struct index *index, const struct index_pack *pack, const struct buf *directory);

/** The number of a block within its pack. */
uint32_t index_block_number(const struct index *index, uint32_t block);

#endif
