/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/chunker.h"

#include "repo/format.h"

void chunker_table_init(struct chunker_table *table, const uint8_t bytes[CHUNKER_TABLE_BYTES])
{
	for (size_t i = 0; i < CHUNKER_TABLE_BYTES; i++) {
		uint64_t *gear = &table->gear[i / 8];
		*gear = (i % 8 == 0 ? 0 : *gear) | (uint64_t)bytes[i] << (8 * (i % 8));
	}
}

void chunker_init(struct chunker *chunker, const struct chunker_table *table,
	enum chunker_profile profile)
{
	/* The mask takes the highest bits: they depend on the last 44 and more bytes. */
	*chunker = (struct chunker){.table = table};
	if (profile == CHUNKER_DATA) {
		chunker->mask = 0xfffff00000000000;
		chunker->least = 256 << 10;
		chunker->most = CHUNK_MAX;
	} else {
		chunker->mask = 0xffff000000000000;
		chunker->least = 16 << 10;
		chunker->most = 256 << 10;
	}
}

size_t chunker_next(struct chunker *chunker, const uint8_t *data, size_t size, bool *out_ends)
{
	const uint64_t *gear = chunker->table->gear;
	uint64_t hash = chunker->hash;
	size_t room = chunker->most - chunker->seen;
	size_t end = size < room ? size : room;
	size_t at = chunker->seen < chunker->least ? chunker->least - chunker->seen : 0;

	*out_ends = true;
	for (; at < end; at++) {
		hash = (hash << 1) + gear[data[at]];
		if ((hash & chunker->mask) == 0) {
			chunker_restart(chunker);
			return at + 1;
		}
	}
	if (end == room) {
		chunker_restart(chunker);
		return end;
	}
	*out_ends = false;
	chunker->hash = hash;
	chunker->seen += end;
	return end;
}

void chunker_restart(struct chunker *chunker)
{
	chunker->hash = 0;
	chunker->seen = 0;
}
