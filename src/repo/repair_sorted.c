/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/repair_sorted.h"

#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "repo/spill.h"

enum { PLACE_SIZE = 12, NUMBER_SIZE = 8 };

struct sorted {
	/* A spill is taken out once, and says only then how many keys differ: so all goes
	 * through two of them. */
	struct spill *raw_places, *places; /* id → pack, place, size */
	struct spill *raw;                 /* id ‖ number: references one by one */
	struct spill *references;          /* id → how often */
	uint64_t number;
	uint64_t place_count, reference_count;
};

struct sorted *sorted_new(void)
{
	struct sorted *sorted = mem_alloc(sizeof(*sorted));

	sorted->raw_places = spill_new(0);
	sorted->places = spill_new(0);
	sorted->raw = spill_new(0);
	sorted->references = spill_new(0);
	return sorted;
}

void sorted_free(struct sorted *sorted)
{
	if (!sorted)
		return;
	spill_free(sorted->raw_places);
	spill_free(sorted->places);
	spill_free(sorted->raw);
	spill_free(sorted->references);
	mem_free(sorted);
}

int sorted_place(struct sorted *sorted, const struct index_entry *entry)
{
	uint8_t value[PLACE_SIZE];
	const struct spill_entry given = {.key = entry->id,
		.key_size = REPO_ID_SIZE,
		.value = value,
		.value_size = sizeof(value)};

	bytes_put_u32(value, entry->pack);
	bytes_put_u32(value + 4, entry->place);
	bytes_put_u32(value + 8, entry->size);
	return spill_put(sorted->raw_places, &given);
}

int sorted_refer(struct sorted *sorted, const uint8_t id[REPO_ID_SIZE])
{
	uint8_t key[REPO_ID_SIZE + NUMBER_SIZE];
	const struct spill_entry given = {.key = key, .key_size = sizeof(key), .value = ""};

	/* Of equal keys only the last one would count. */
	memcpy(key, id, REPO_ID_SIZE);
	bytes_put_u64(key + REPO_ID_SIZE, sorted->number++);
	return spill_put(sorted->raw, &given);
}

static int choose_places(struct sorted *sorted)
{
	struct spill_entry entry;
	int r = spill_sort(sorted->raw_places);

	while (r == 0 && (r = spill_next(sorted->raw_places, &entry)) > 0) {
		sorted->place_count++;
		r = spill_put(sorted->places, &entry);
	}
	spill_clear(sorted->raw_places);
	return r < 0 ? r : spill_sort(sorted->places);
}

static int put_sum(struct sorted *sorted, const uint8_t *id, uint32_t sum)
{
	uint8_t value[4];
	const struct spill_entry given = {
		.key = id, .key_size = REPO_ID_SIZE, .value = value, .value_size = 4};

	if (sum == 0)
		return 0;
	bytes_put_u32(value, sum);
	sorted->reference_count++;
	return spill_put(sorted->references, &given);
}

static int sum_up(struct sorted *sorted)
{
	struct spill_entry entry;
	uint8_t id[REPO_ID_SIZE] = {0};
	uint32_t sum = 0;
	int r = spill_sort(sorted->raw);

	while (r == 0 && (r = spill_next(sorted->raw, &entry)) > 0) {
		bool is_same = sum > 0 && memcmp(id, entry.key, REPO_ID_SIZE) == 0;
		r = is_same ? 0 : put_sum(sorted, id, sum);
		sum = is_same ? sum + 1 : 1;
		memcpy(id, entry.key, REPO_ID_SIZE);
	}
	if (r == 0)
		r = put_sum(sorted, id, sum);
	spill_clear(sorted->raw);
	return r < 0 ? r : spill_sort(sorted->references);
}

int sorted_finish(struct sorted *sorted)
{
	int r = sum_up(sorted);

	return r == 0 ? choose_places(sorted) : r;
}

uint64_t sorted_places(const struct sorted *sorted)
{
	return sorted->place_count;
}

uint64_t sorted_references(const struct sorted *sorted)
{
	return sorted->reference_count;
}

int sorted_next_place(struct sorted *sorted, struct index_entry *out)
{
	struct spill_entry entry;
	int r = spill_next(sorted->places, &entry);

	if (r < 0)
		return r;
	ASSERT(r == 1 && entry.value_size == PLACE_SIZE);
	const uint8_t *value = entry.value;
	memcpy(out->id, entry.key, REPO_ID_SIZE);
	out->pack = bytes_get_u32(value);
	out->place = bytes_get_u32(value + 4);
	out->size = bytes_get_u32(value + 8);
	return 0;
}

int sorted_next_reference(struct sorted *sorted, struct index_reference *out)
{
	struct spill_entry entry;
	int r = spill_next(sorted->references, &entry);

	if (r < 0)
		return r;
	ASSERT(r == 1 && entry.value_size == 4);
	memcpy(out->id, entry.key, REPO_ID_SIZE);
	out->delta = (int32_t)bytes_get_u32(entry.value);
	return 0;
}
