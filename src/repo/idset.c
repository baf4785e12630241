/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/idset.h"

#include <string.h>

#include "base/mem.h"

enum { FIRST_SLOTS = 64 };

void idset_free(struct idset *set)
{
	mem_free(set->ids);
	mem_free(set->slots);
	*set = (struct idset){0};
}

/* The slot where the id is, or would go. */
static size_t slot_of(const struct idset *set, const uint8_t id[REPO_ID_SIZE])
{
	uint64_t hash;

	memcpy(&hash, id, sizeof(hash));
	size_t slot = (size_t)hash & (set->slot_count - 1);
	while (set->slots[slot] &&
		memcmp(set->ids[set->slots[slot] - 1], id, REPO_ID_SIZE) != 0)
		slot = (slot + 1) & (set->slot_count - 1);
	return slot;
}

int64_t idset_find(const struct idset *set, const uint8_t id[REPO_ID_SIZE])
{
	if (set->slot_count == 0)
		return IDSET_NONE;
	return (int64_t)set->slots[slot_of(set, id)] - 1;
}

static void widen(struct idset *set)
{
	mem_free(set->slots);
	set->slot_count = set->slot_count ? set->slot_count * 2 : FIRST_SLOTS;
	set->slots = mem_array(set->slot_count, sizeof(*set->slots));
	for (size_t i = 0; i < set->count; i++)
		set->slots[slot_of(set, set->ids[i])] = (uint32_t)i + 1;
}

bool idset_add(struct idset *set, const uint8_t id[REPO_ID_SIZE])
{
	if (2 * (set->count + 1) > set->slot_count)
		widen(set);
	size_t slot = slot_of(set, id);
	if (set->slots[slot])
		return false;
	ASSERT(set->count < INT32_MAX);
	mem_grow(&set->ids, &set->capacity, set->count + 1, sizeof(*set->ids));
	memcpy(set->ids[set->count++], id, REPO_ID_SIZE);
	set->slots[slot] = (uint32_t)set->count;
	return true;
}
