/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/directory.h"

enum {
	FRESH_MAX = 128 << 10, /* entries in the hash */
	OFFSET_BITS = 20,
	OFFSET_MASK = (1 << OFFSET_BITS) - 1,
};

void index_free(struct index *index)
{
	for (size_t i = 0; i < index->table_count; i++)
		index_table_free(index->tables[i]);
	idset_free(&index->pack_names);
	idset_free(&index->fresh);
	idset_free(&index->files);
	idset_free(&index->groups);
	mem_free(index->fresh_entries);
	mem_free(index->blocks);
	mem_free(index->packs);
	*index = (struct index){0};
}

static bool find_entry(
	struct index *index, const uint8_t id[REPO_ID_SIZE], struct index_entry *out)
{
	int64_t number = idset_find(&index->fresh, id);

	if (number != IDSET_NONE) {
		*out = index->fresh_entries[number];
		return true;
	}
	for (size_t i = index->table_count; i-- > 0;)
		if (index_table_find(index->tables[i], id, out))
			return true;
	return false;
}

bool index_find(struct index *index, const uint8_t id[REPO_ID_SIZE], struct index_place *out)
{
	struct index_entry entry;

	if (!find_entry(index, id, &entry))
		return false;
	out->block = index->packs[entry.pack].first_block + (entry.place >> OFFSET_BITS);
	out->offset = entry.place & OFFSET_MASK;
	out->size = entry.size;
	return true;
}

bool index_has(struct index *index, const uint8_t id[REPO_ID_SIZE])
{
	struct index_entry entry;

	return find_entry(index, id, &entry) && !index->packs[entry.pack].condemned_s;
}

size_t index_count(const struct index *index)
{
	size_t count = index->fresh.count;

	for (size_t i = 0; i < index->table_count; i++)
		count += index_table_count(index->tables[i]);
	return count;
}

uint32_t index_block_number(const struct index *index, uint32_t block)
{
	return block - index->packs[index->blocks[block].pack].first_block;
}

uint32_t index_add_pack(
	struct index *index, const struct index_file_pack *pack, bool *out_known)
{
	int64_t known = idset_find(&index->pack_names, pack->name);

	*out_known = known != IDSET_NONE;
	if (*out_known)
		return (uint32_t)known;
	ASSERT(index->pack_count < INT32_MAX && idset_add(&index->pack_names, pack->name));
	mem_grow(&index->packs, &index->pack_capacity, index->pack_count + 1,
		sizeof(*index->packs));
	struct index_pack *added = &index->packs[index->pack_count];
	*added = (struct index_pack){
		.size = pack->size,
		.data = pack->data,
		.directory = pack->directory,
		.key_kind = pack->key_kind,
		.first_block = (uint32_t)index->block_count,
	};
	memcpy(added->name, pack->name, NAME_SIZE);
	memcpy(added->dictionary, pack->dictionary, REPO_ID_SIZE);
	return (uint32_t)index->pack_count++;
}

void index_add_block(struct index *index, const struct directory_block *block)
{
	struct index_pack *pack = &index->packs[index->pack_count - 1];

	ASSERT(index->block_count < UINT32_MAX - 1);
	mem_grow(&index->blocks, &index->block_capacity, index->block_count + 1,
		sizeof(*index->blocks));
	ASSERT(index->blocks);
	struct index_block *added = &index->blocks[index->block_count++];
	const struct index_block *before = pack->block_count > 0 ? added - 1 : NULL;
	*added = (struct index_block){
		.pack = (uint32_t)(index->pack_count - 1),
		.offset = before ? before->offset + before->sealed : 0,
		.sealed = block->sealed,
		.plain = block->plain,
		.piece = block->piece,
		.codec = block->codec,
	};
	pack->block_count++;
}

int index_judge_entry(const struct index *index, const struct index_entry *entry)
{
	uint32_t block = entry->place >> OFFSET_BITS;

	if (entry->pack >= index->pack_count)
		return err_set(ERR_CORRUPT, "a chunk in a pack that is not named");
	const struct index_pack *pack = &index->packs[entry->pack];
	if (block >= pack->block_count)
		return err_set(ERR_CORRUPT, "a chunk in a block that is not there");
	uint32_t plain = index->blocks[pack->first_block + block].plain;
	uint32_t offset = entry->place & OFFSET_MASK;
	if (offset > plain || entry->size > plain - offset)
		return err_set(ERR_CORRUPT, "a chunk beyond its block");
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, REPO_ID_SIZE);
}

/* The hash becomes a table. */
static int flush_fresh(struct index *index)
{
	struct index_table *table = NULL;
	int r = index_table_new(index->fresh.count, &table);

	if (r < 0)
		return r;
	qsort(index->fresh_entries, index->fresh.count, sizeof(*index->fresh_entries),
		compare_entries);
	for (size_t i = 0; i < index->fresh.count && r == 0; i++)
		r = index_table_add(table, &index->fresh_entries[i]);
	if (r == 0)
		r = index_table_finish(table);
	if (r < 0) {
		index_table_free(table);
		return r;
	}
	idset_free(&index->fresh);
	return index_add_table(index, table);
}

int index_add_entry(struct index *index, const struct index_entry *entry)
{
	if (!idset_add(&index->fresh, entry->id)) {
		int64_t number = idset_find(&index->fresh, entry->id);
		index->fresh_entries[number] = *entry;
		return 0;
	}
	mem_grow(&index->fresh_entries, &index->fresh_capacity, index->fresh.count,
		sizeof(*index->fresh_entries));
	index->fresh_entries[index->fresh.count - 1] = *entry;
	return index->fresh.count < FRESH_MAX ? 0 : flush_fresh(index);
}

/* The next entry of two tables; the newer one's comes first where the ids are equal. */
static bool next_of(struct index_table *tables[2], size_t at[2], struct index_entry *out)
{
	struct index_entry heads[2];
	bool has[2];

	for (int i = 0; i < 2; i++) {
		has[i] = at[i] < index_table_count(tables[i]);
		if (has[i])
			index_table_get(tables[i], at[i], &heads[i]);
	}
	if (!has[0] && !has[1])
		return false;
	int from = !has[0] || (has[1] && compare_entries(&heads[1], &heads[0]) <= 0);
	*out = heads[from];
	at[from]++;
	return true;
}

static int merge_tables(
	struct index_table *older, struct index_table *newer, struct index_table **out)
{
	struct index_table *tables[2] = {older, newer};
	size_t at[2] = {0, 0};
	struct index_entry entry;
	struct index_table *table = NULL;
	int r = index_table_new(index_table_count(older) + index_table_count(newer), &table);

	while (r == 0 && next_of(tables, at, &entry))
		r = index_table_add(table, &entry);
	if (r == 0)
		r = index_table_finish(table);
	if (r < 0)
		index_table_free(table);
	else
		*out = table;
	return r;
}

/* Each table is at least twice as large as the next: so there are few of them, and an entry is
 * copied few times. */
int index_add_table(struct index *index, struct index_table *table)
{
	ASSERT(index->table_count < INDEX_TABLES_MAX);
	index->tables[index->table_count++] = table;
	while (index->table_count > 1) {
		struct index_table **last = &index->tables[index->table_count - 2];
		struct index_table *merged = NULL;
		if (index_table_count(last[0]) >= 2 * index_table_count(last[1]))
			return 0;
		int r = merge_tables(last[0], last[1], &merged);
		if (r < 0)
			return r;
		index_table_free(last[0]);
		index_table_free(last[1]);
		last[0] = merged;
		index->table_count--;
	}
	return 0;
}
