/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_INDEX_H
#define REPO_INDEX_H

#include "repo/idset.h"
#include "repo/index_file.h"
#include "repo/index_table.h"

/*
 * Where each chunk lies. What the index files say is one sorted table, or a few; what this
 * process has committed since is a hash. Between two loads it only grows, so its numbers of
 * packs and blocks stay valid; index_load says where they do not.
 */

struct index_pack {
	uint8_t name[NAME_SIZE];
	uint32_t size, data, directory; /* of the whole file, its data, its sealed directory */
	uint8_t dictionary[REPO_ID_SIZE];
	uint8_t key_kind;    /* enum directory_key */
	bool dropped;        /* no part of the index any more */
	int64_t condemned_s; /* 0; else since when nothing may be found in it to be stored */
	uint32_t first_block, block_count;
};

struct index_block {
	uint32_t pack;   /* number */
	uint32_t offset; /* in the pack */
	uint32_t sealed, plain;
	uint8_t piece, codec;
};

struct index_place {
	uint32_t block;        /* number in the index */
	uint32_t offset, size; /* in the block */
};

enum { INDEX_TABLES_MAX = 32 };

struct index {
	struct idset pack_names; /* with the numbers of the packs */
	struct index_pack *packs;
	size_t pack_count, pack_capacity;
	struct index_block *blocks;
	size_t block_count, block_capacity;
	struct index_table *tables[INDEX_TABLES_MAX]; /* the oldest first */
	size_t table_count;
	struct idset fresh;                /* not in a table yet */
	struct index_entry *fresh_entries; /* by the numbers there */
	size_t fresh_capacity;
	struct idset files;  /* names of index files that are in it, or replaced */
	struct idset groups; /* likewise of groups */
	size_t live_groups;  /* that are in it and not replaced */
};

void index_free(struct index *index); /* what it holds */

/** Where a chunk lies; false where it is not known. */
bool index_find(struct index *index, const uint8_t id[REPO_ID_SIZE], struct index_place *out);

/** Whether a chunk is there so that it need not be stored anew: not only in a condemned pack.
 */
bool index_has(struct index *index, const uint8_t id[REPO_ID_SIZE]);

/** About how many chunks there are. */
size_t index_count(const struct index *index);

/** The number of a block within its pack. */
uint32_t index_block_number(const struct index *index, uint32_t block);

/** Adds a pack without its blocks, which come next, with index_add_block, in their order. Its
 * number; one that is known keeps its own, and is told by *out_known. */
uint32_t index_add_pack(
	struct index *index, const struct index_file_pack *pack, bool *out_known);
void index_add_block(struct index *index, const struct directory_block *block);

/** Adds an entry; its pack is a number of this index. */
NODISCARD int index_add_entry(struct index *index, const struct index_entry *entry);

/** Adds a finished table, which is taken over in any case. ERR_IO. */
NODISCARD int index_add_table(struct index *index, struct index_table *table);

/** Whether an entry fits its pack and block. ERR_CORRUPT without a context. */
NODISCARD int index_judge_entry(const struct index *index, const struct index_entry *entry);

/** Takes in what index files say that are not in the index yet. Where they say that what is in
 * it was merged or pruned, all of it is read anew, and numbers from before are void.
 * ERR_CORRUPT, ERR_IO. */
NODISCARD int index_load(struct repo *repo);

/** Merges the groups that count into one where there are more than `most`. What fails leaves
 * everything as it was. ERR_CORRUPT, ERR_IO. */
NODISCARD int index_merge(struct repo *repo, size_t most);

#endif
