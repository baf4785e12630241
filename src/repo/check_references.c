/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "repo/check_priv.h"
#include "repo/index_priv.h"

/*
 * The references that the index has: where something that is referred to is not there, what is
 * hit is looked for in the trees (it may be what nobody needs any more); and where every chunk
 * was looked at, they have to be those that the chunks hold.
 */

/* Chunks that the index refers to and has not; most of them in the end no more often than they
 * were given up. */
struct doubts {
	struct idset ids;
	int64_t *counts;
	size_t capacity;
};

static void doubt(struct doubts *doubts, const struct index_reference *reference)
{
	int64_t number = idset_find(&doubts->ids, reference->id);

	if (number == IDSET_NONE) {
		idset_add(&doubts->ids, reference->id);
		number = (int64_t)doubts->ids.count - 1;
		mem_grow(&doubts->counts, &doubts->capacity, doubts->ids.count,
			sizeof(*doubts->counts));
		doubts->counts[number] = 0;
	}
	ASSERT(doubts->counts);
	doubts->counts[number] += reference->delta;
}

static int skip(struct index_reader *reader, uint64_t size)
{
	uint8_t bytes[4096];
	int r = 0;

	while (size > 0 && r == 0) {
		size_t piece = size < sizeof(bytes) ? (size_t)size : sizeof(bytes);
		r = index_reader_take(reader, bytes, piece);
		size -= piece;
	}
	return r;
}

static int skip_packs(struct index_reader *reader)
{
	struct index_file_pack pack;
	struct directory_block block;
	int r = 0;

	for (uint32_t i = 0; i < index_reader_head(reader)->packs && r == 0; i++) {
		r = index_reader_pack(reader, &pack);
		for (uint32_t j = 0; r == 0 && j < pack.block_count; j++)
			r = index_reader_block(reader, &block);
	}
	return r;
}

static int take_file(struct check *check, struct index_reader *reader, struct doubts *doubts)
{
	const struct index_head *head = index_reader_head(reader);
	struct index_reference reference;
	struct index_place place;
	int r = skip(reader, (uint64_t)head->condemned * (NAME_SIZE + 8) +
				     (uint64_t)head->dropped * NAME_SIZE);

	if (r == 0)
		r = skip_packs(reader);
	if (r == 0)
		r = skip(reader, (uint64_t)head->entries * INDEX_ENTRY_SIZE);
	for (uint32_t i = 0; i < head->references && r == 0; i++) {
		r = index_reader_reference(reader, &reference);
		if (r < 0)
			break;
		check_sum_add(&check->recorded, reference.id, reference.delta);
		if (!index_find(&check->repo->index, reference.id, &place))
			doubt(doubts, &reference);
	}
	return r == 0 ? index_reader_end(reader) : r;
}

static int take_files(struct check *check, struct doubts *doubts)
{
	struct index_files files;
	int r = index_files_open(check->repo, NULL, &files);

	if (r < 0)
		return r;
	r = index_files_choose(&files);
	for (size_t i = 0; i < files.count && r == 0; i++) {
		r = check_cancelled(check);
		if (r == 0 && files.list[i].counts)
			r = take_file(check, files.list[i].reader, doubts);
	}
	index_files_close(&files);
	return r;
}

int check_references(struct check *check)
{
	struct doubts doubts = {0};
	int r = take_files(check, &doubts);

	for (size_t i = 0; i < doubts.ids.count && r == 0; i++)
		if (doubts.counts[i] > 0)
			idset_add(&check->lost, doubts.ids.ids[i]);
	idset_free(&doubts.ids);
	mem_free(doubts.counts);
	if (r == ERR_CORRUPT) /* which file it is was told before */
		return 0;
	if (r < 0)
		return r;
	bool same = check->counted.low == check->recorded.low &&
		    check->counted.high == check->recorded.high;
	if (check->result->packs_read == check->result->packs && !check->is_partial &&
		check->lost.count == 0 && !same) {
		const struct check_fault fault = {.can_mend = true};
		check_fault(check, &fault,
			"the index counts references otherwise than the chunks "
			"have them; garner repair counts them anew");
	}
	return 0;
}
