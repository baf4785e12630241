/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/prune_index.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/repo_priv.h"

enum { PART_ENTRIES = 256 << 10 /* so that a part is made in little memory */ };

struct making {
	struct repo *repo;
	struct prune_group *group;
	struct index_file_writer *file;
	struct index_entry *entries;
	size_t count, capacity;
	uint32_t pack, block;
};

static int take_block(void *context, const struct directory_block *block)
{
	struct making *making = context;

	making->block = block->number;
	return 0;
}

static int take_chunk(void *context, const struct directory_chunk *chunk)
{
	struct making *making = context;

	mem_grow(&making->entries, &making->capacity, making->count + 1,
		sizeof(*making->entries));
	struct index_entry *entry = &making->entries[making->count++];
	memcpy(entry->id, chunk->id, REPO_ID_SIZE);
	entry->pack = making->pack;
	entry->place = making->block << 20 | chunk->offset;
	entry->size = chunk->size;
	return 0;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, REPO_ID_SIZE);
}

static int collect(struct making *making)
{
	struct directory_visitor visitor = {take_block, take_chunk, making};
	int r = 0;

	for (size_t i = 0; i < making->group->pack_count && r == 0; i++) {
		const struct pack_written *pack = &making->group->packs[i];
		making->pack = (uint32_t)i;
		r = directory_walk(&pack->directory, pack->info.data, &visitor);
	}
	if (making->count > 0)
		qsort(making->entries, making->count, sizeof(*making->entries), compare_ids);
	return r;
}

static void sum_up(struct prune_group *group)
{
	size_t kept = 0;

	if (group->change_count > 0)
		qsort(group->changes, group->change_count, sizeof(*group->changes),
			compare_ids);
	for (size_t i = 0; i < group->change_count;) {
		struct prune_change sum = group->changes[i++];
		while (i < group->change_count && compare_ids(&sum, &group->changes[i]) == 0)
			sum.delta += group->changes[i++].delta;
		if (sum.delta != 0)
			group->changes[kept++] = sum;
	}
	group->change_count = kept;
}

static int put_block(void *context, const struct directory_block *block)
{
	struct making *making = context;

	return index_file_put_block(making->file, block);
}

/* What stands in the first part alone. */
static int put_packs(struct making *making)
{
	const struct prune_group *group = making->group;
	struct directory_visitor visitor = {put_block, NULL, making};
	int r = 0;

	for (size_t i = 0; i < group->condemned_count && r == 0; i++) {
		AUTO_BUF bytes = buf_init(NAME_SIZE + 8);
		r = buf_append(&bytes, group->condemned[i], NAME_SIZE);
		if (r == 0)
			r = buf_put_u64(&bytes, (uint64_t)group->condemned_s);
		if (r == 0)
			r = index_file_put(making->file, bytes.data, bytes.size);
	}
	for (size_t i = 0; i < group->dropped_count && r == 0; i++)
		r = index_file_put(making->file, group->dropped[i], NAME_SIZE);
	for (size_t i = 0; i < group->pack_count && r == 0; i++) {
		r = index_file_put_pack(making->file, &group->packs[i].info);
		if (r == 0)
			r = directory_walk(&group->packs[i].directory,
				group->packs[i].info.data, &visitor);
	}
	return r;
}

static size_t share(size_t all, size_t from)
{
	size_t left = from < all ? all - from : 0;

	return left < PART_ENTRIES ? left : PART_ENTRIES;
}

static int write_part(struct making *making, struct index_head *head)
{
	const struct prune_group *group = making->group;
	size_t from = (size_t)head->part * PART_ENTRIES;
	struct index_file_entry file;

	head->condemned = head->part == 0 ? (uint32_t)group->condemned_count : 0;
	head->dropped = head->part == 0 ? (uint32_t)group->dropped_count : 0;
	head->packs = head->part == 0 ? (uint32_t)group->pack_count : 0;
	head->entries = (uint32_t)share(making->count, from);
	head->references = (uint32_t)share(group->change_count, from);
	making->file = index_file_writer_new(making->repo, head);
	int r = head->part == 0 ? put_packs(making) : 0;
	for (size_t i = from; i < from + head->entries && r == 0; i++)
		r = index_file_put_entry(making->file, &making->entries[i]);
	for (size_t i = from; i < from + head->references && r == 0; i++) {
		struct index_reference reference = {.delta = group->changes[i].delta};
		memcpy(reference.id, group->changes[i].id, REPO_ID_SIZE);
		r = index_file_put_reference(making->file, &reference);
	}
	if (r == 0)
		r = index_file_finish(making->file, &file);
	index_file_writer_free(making->file);
	return r;
}

int prune_index_write(struct repo *repo, struct prune_group *group)
{
	struct making making = {.repo = repo, .group = group};
	struct index_head head = {.part = 0};
	int r = collect(&making);

	sum_up(group);
	size_t most = making.count > group->change_count ? making.count : group->change_count;
	if (r == 0 && most / PART_ENTRIES + 1 > INDEX_PARTS_MAX)
		r = err_set(ERR_LIMIT, "too much to prune at once");
	head.parts = (uint16_t)(most / PART_ENTRIES + 1);
	for (; head.part < head.parts && r == 0; head.part++)
		r = write_part(&making, &head);
	mem_free(making.entries);
	return r;
}
