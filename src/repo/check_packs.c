/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "repo/check_priv.h"
#include "repo/mend.h"

/*
 * Which packs are looked at, and whether they are there.
 */

/* Pack files as they lie in the storage. */
struct stored {
	struct idset names;
	uint64_t *sizes; /* by the numbers there */
	size_t capacity;
};

static int note_stored(void *context, const struct storage_entry *entry)
{
	struct stored *stored = context;
	uint8_t name[NAME_SIZE];

	if (!mend_name(entry->name, name) || !idset_add(&stored->names, name))
		return 0;
	mem_grow(
		&stored->sizes, &stored->capacity, stored->names.count, sizeof(*stored->sizes));
	stored->sizes[stored->names.count - 1] = entry->size;
	return 0;
}

static void hit_pack(struct check *check, const struct index_pack *pack)
{
	for (uint32_t i = 0; i < pack->block_count; i++)
		check->damaged[pack->first_block + i] = true;
}

static bool is_there(
	struct check *check, const struct stored *stored, const struct index_pack *pack)
{
	char path[PACK_PATH_SIZE];
	const struct check_fault fault = {.file = path};
	int64_t number = idset_find(&stored->names, pack->name);

	pack_path(pack->name, path);
	if (number == IDSET_NONE)
		check_fault(check, &fault, "%s is missing", path);
	else if (stored->sizes[number] != pack->size)
		check_fault(check, &fault, "%s has %" PRIu64 " bytes and should have %" PRIu32,
			path, stored->sizes[number], pack->size);
	else
		return true;
	hit_pack(check, pack);
	return false;
}

static int by_name(const void *a, const void *b)
{
	const struct index_pack *const *left = a, *const *right = b;

	return memcmp((*left)->name, (*right)->name, NAME_SIZE);
}

/* The day's place in a row that comes everywhere about equally often, whatever the days are
 * that a check runs on: the fractions of multiples of the golden ratio. */
static size_t place_of_day(size_t count)
{
	const uint64_t golden = 0x9e3779b97f4a7c15;
	uint64_t fraction = (uint64_t)(clock_now_s() / 86400) * golden;

	return (size_t)(((fraction >> 32) * count) >> 32);
}

/* The packs by their names, of which those in [from, from + wanted) are chosen, round about. */
struct choice {
	const struct index_pack **packs;
	size_t count, from, wanted;
};

static struct choice choose(const struct check *check)
{
	const struct index *index = &check->repo->index;
	const struct check_options *options = check->options;
	struct choice choice = {.packs = mem_array(index->pack_count + 1, sizeof(void *))};

	for (size_t i = 0; i < index->pack_count; i++)
		if (!index->packs[i].dropped)
			choice.packs[choice.count++] = &index->packs[i];
	if (choice.count == 0)
		return choice;
	qsort(choice.packs, choice.count, sizeof(*choice.packs), by_name);
	choice.wanted = (choice.count * (size_t)options->data_percent + 99) / 100;
	choice.from =
		options->turn < 0
			? place_of_day(choice.count)
			: (size_t)((uint64_t)options->turn * choice.wanted % choice.count);
	return choice;
}

static bool is_chosen(const struct choice *choice, size_t number)
{
	return (number + choice->count - choice->from) % choice->count < choice->wanted;
}

/* What will be read of a pack. */
static uint64_t cost(const struct check *check, const struct index_pack *pack, bool all)
{
	const struct index_block *blocks = check->repo->index.blocks + pack->first_block;
	uint64_t bytes = 0;

	if (all)
		return pack->size;
	for (uint32_t i = 0; i < pack->block_count; i++)
		bytes += blocks[i].piece == PIECE_META ? blocks[i].sealed : 0;
	return bytes;
}

static int look_at_all(struct check *check, const struct stored *stored, struct choice *choice)
{
	int r = 0;

	for (size_t i = 0; i < choice->count; i++)
		check->total += cost(check, choice->packs[i], is_chosen(choice, i));
	for (size_t i = 0; i < choice->count && r == 0; i++) {
		const struct index_pack *pack = choice->packs[i];
		bool all = is_chosen(choice, i);
		r = check_cancelled(check);
		if (r == 0 && is_there(check, stored, pack) &&
			(all || cost(check, pack, false) > 0))
			r = check_pack(check, pack, all);
	}
	return r;
}

int check_packs(struct check *check)
{
	struct stored stored = {0};
	struct choice choice = choose(check);
	int r = storage_list(
		check->repo->storage, mend_folder(MEND_PACK), note_stored, &stored);

	check->result->packs = choice.count;
	for (size_t i = 0; i < stored.names.count; i++)
		if (idset_find(&check->repo->index.pack_names, stored.names.ids[i]) ==
			IDSET_NONE)
			check->result->unused_packs++;
	if (r == 0)
		r = look_at_all(check, &stored, &choice);
	mem_free(choice.packs);
	mem_free(stored.sizes);
	idset_free(&stored.names);
	return r;
}
