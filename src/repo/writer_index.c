/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/repo_priv.h"
#include "repo/writer_priv.h"

/*
 * What a commit writes into the index: its packs, their chunks, and what those refer to.
 */

struct collecting {
	struct repo_writer *writer;
	uint32_t pack, block;
	struct index_entry *entries;
	size_t count, capacity;
	struct index_file_writer *file;
};

static int take_chunk(void *context, const struct directory_chunk *chunk)
{
	struct collecting *at = context;

	mem_grow(&at->entries, &at->capacity, at->count + 1, sizeof(*at->entries));
	struct index_entry *entry = &at->entries[at->count++];
	memcpy(entry->id, chunk->id, REPO_ID_SIZE);
	entry->pack = at->pack;
	entry->place = at->block << 20 | chunk->offset;
	entry->size = chunk->size;
	return 0;
}

static int take_block(void *context, const struct directory_block *block)
{
	struct collecting *at = context;

	at->block = block->number;
	return 0;
}

static int compare_entries(const void *a, const void *b)
{
	return memcmp(a, b, REPO_ID_SIZE);
}

static int collect(struct collecting *at, const struct pack_written *packs, size_t count)
{
	struct directory_visitor visitor = {take_block, take_chunk, at};
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		at->pack = (uint32_t)i;
		r = directory_walk(&packs[i].directory, packs[i].info.data, &visitor);
	}
	if (at->count > 0)
		qsort(at->entries, at->count, sizeof(*at->entries), compare_entries);
	return r;
}

static int put_block(void *context, const struct directory_block *block)
{
	struct collecting *at = context;

	return index_file_put_block(at->file, block);
}

static int put_packs(struct collecting *at, const struct pack_written *packs, size_t count)
{
	struct directory_visitor visitor = {put_block, NULL, at};
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		r = index_file_put_pack(at->file, &packs[i].info);
		if (r == 0)
			r = directory_walk(&packs[i].directory, packs[i].info.data, &visitor);
	}
	return r;
}

/* References by their ids: how many different ones, and, with a file, themselves. */
static int walk_refs(
	const struct repo_writer *writer, struct index_file_writer *file, uint32_t *out_count)
{
	int r = 0;

	*out_count = 0;
	for (size_t i = 0; i < writer->ref_count && r == 0;) {
		struct index_reference reference = {.delta = 0};
		memcpy(reference.id, writer->refs[i], REPO_ID_SIZE);
		while (i < writer->ref_count &&
			memcmp(writer->refs[i], reference.id, REPO_ID_SIZE) == 0) {
			reference.delta++;
			i++;
		}
		++*out_count;
		if (file)
			r = index_file_put_reference(file, &reference);
	}
	return r;
}

static int write_file(struct collecting *at, const struct pack_written *packs, size_t count)
{
	struct repo_writer *writer = at->writer;
	struct index_head head = {
		.parts = 1, .packs = (uint32_t)count, .entries = (uint32_t)at->count};
	struct index_file_entry file;

	if (writer->ref_count > 0)
		qsort(writer->refs, writer->ref_count, REPO_ID_SIZE, compare_entries);
	int r = walk_refs(writer, NULL, &head.references);
	at->file = index_file_writer_new(writer->repo, &head);
	if (r == 0)
		r = put_packs(at, packs, count);
	for (size_t i = 0; i < at->count && r == 0; i++)
		r = index_file_put_entry(at->file, &at->entries[i]);
	if (r == 0)
		r = walk_refs(writer, at->file, &head.references);
	if (r == 0)
		r = index_file_finish(at->file, &file);
	index_file_writer_free(at->file);
	if (r < 0)
		return r;
	idset_add(&writer->repo->index.files, file.name);
	idset_add(&writer->repo->index.groups, head.group);
	writer->repo->index.live_groups++;
	return 0;
}

static int adopt_block(void *context, const struct directory_block *block)
{
	index_add_block(context, block);
	return 0;
}

/* The index of this process as the file has it. */
static int adopt(struct collecting *at, const struct pack_written *packs, size_t count)
{
	struct index *index = &at->writer->repo->index;
	struct directory_visitor visitor = {adopt_block, NULL, index};
	uint32_t first = (uint32_t)index->pack_count;
	bool known;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		index_add_pack(index, &packs[i].info, &known);
		r = directory_walk(&packs[i].directory, packs[i].info.data, &visitor);
	}
	for (size_t i = 0; i < at->count && r == 0; i++) {
		at->entries[i].pack += first;
		r = index_add_entry(index, &at->entries[i]);
	}
	return r;
}

int writer_write_index(struct repo_writer *writer, struct pack_written *packs, size_t count)
{
	struct collecting at = {.writer = writer};
	int r = collect(&at, packs, count);

	if (r == 0)
		r = write_file(&at, packs, count);
	if (r == 0)
		r = adopt(&at, packs, count);
	pack_written_free(packs, count);
	mem_free(at.entries);
	idset_free(&writer->fresh);
	writer->ref_count = 0;
	return r;
}
