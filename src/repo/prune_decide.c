/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/prune_priv.h"

/*
 * What is copied out of packs that are condemned now or were before, and how the references
 * change: each chunk counts as often as it lies in packs that are not condemned.
 */

struct changing {
	struct prune *prune;
	int32_t delta;
};

static int change(void *context, int64_t number, const uint8_t id[REPO_ID_SIZE])
{
	const struct changing *changing = context;
	struct prune *prune = changing->prune;

	if (number < 0)
		return 0;
	mem_grow(&prune->changes, &prune->change_capacity, prune->change_count + 1,
		sizeof(*prune->changes));
	struct prune_change *added = &prune->changes[prune->change_count++];
	memcpy(added->id, id, REPO_ID_SIZE);
	added->delta = changing->delta;
	return 0;
}

static void copy(struct prune *prune, uint32_t number)
{
	struct index_entry entry;

	index_table_get(prune->references.table, number, &entry);
	prune->references.flags[number] |= REFERENCE_COPY;
	prune->sources[entry.pack] = true;
}

static int decide(struct prune *prune, uint32_t number)
{
	struct references *references = &prune->references;
	struct reference_places places = reference_places(references, number);
	uint8_t flags = references->flags[number];
	struct index_entry entry;
	int32_t good = 0, condemned = 0;

	while (reference_places_next(&places, &entry)) {
		good += reference_is_good(references, &entry);
		condemned += reference_is_good(references, &entry) &&
			     prune->fates[entry.pack] == PRUNE_CONDEMN;
	}
	bool lives = !(flags & REFERENCE_DEAD);
	bool is_copied =
		lives && (flags & REFERENCE_RESCUED || (condemned > 0 && condemned == good));
	struct changing changing = {prune, (is_copied ? 1 : 0) - condemned};
	if (is_copied)
		copy(prune, number);
	prune->result->dead_chunks += !lives;
	return changing.delta ? references_of(references, number, change, &changing) : 0;
}

int prune_decide(struct prune *prune)
{
	int r = 0;

	prune->sources =
		mem_array(prune->references.index.pack_count + 1, sizeof(*prune->sources));
	prune->result->chunks = prune->references.count;
	for (size_t i = 0; i < prune->references.count && r == 0; i++)
		r = decide(prune, (uint32_t)i);
	return r;
}
