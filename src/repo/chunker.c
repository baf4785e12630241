/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/chunker.h"

#include "repo/format.h"

void chunker_table_init(
	struct chunker_table *table, const uint8_t bytes[CHUNKER_TABLE_BYTES])
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

static size_t end_chunk(struct chunker *chunker, size_t size)
{
	chunker->hash = 0;
	chunker->seen = 0;
	return size;
}

size_t chunker_cut(struct chunker *chunker, const uint8_t *data, size_t size)
{
	const uint64_t *gear = chunker->table->gear;
	uint64_t hash = chunker->hash;
	size_t end = size < chunker->most ? size : chunker->most;
	size_t at = chunker->seen < chunker->least ? chunker->least : chunker->seen;

	for (; at < end; at++) {
		hash = (hash << 1) + gear[data[at]];
		if ((hash & chunker->mask) == 0)
			return end_chunk(chunker, at + 1);
	}
	if (size >= chunker->most)
		return end_chunk(chunker, chunker->most);
	chunker->hash = hash;
	chunker->seen = size;
	return 0;
}
