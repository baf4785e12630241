/* SPDX-License-Identifier: Apache-2.0 */
#include "source/graph/quickxor.h"

enum { WIDTH = 160, STEP = 11, CELL = 64, LAST_CELL = WIDTH - 2 * CELL };

/* Bits that do not fit in the cell go on in the next one, from the last one in the first. */
static void put(struct quickxor *hash, uint8_t byte)
{
	unsigned cell = hash->shift / CELL, bit = hash->shift % CELL;
	unsigned room = (cell == 2 ? LAST_CELL : CELL) - bit;

	hash->cells[cell] ^= (uint64_t)byte << bit;
	if (room < 8)
		hash->cells[(cell + 1) % 3] ^= (uint64_t)byte >> room;
}

void quickxor_add(struct quickxor *hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++) {
		put(hash, bytes[i]);
		hash->shift += STEP;
		if (hash->shift >= WIDTH)
			hash->shift -= WIDTH;
	}
	hash->length += size;
}

void quickxor_end(const struct quickxor *hash, uint8_t out[QUICKXOR_SIZE])
{
	for (unsigned i = 0; i < QUICKXOR_SIZE; i++)
		out[i] = (uint8_t)(hash->cells[i / 8] >> 8 * (i % 8));
	for (unsigned i = 0; i < 8; i++)
		out[QUICKXOR_SIZE - 8 + i] ^= (uint8_t)(hash->length >> 8 * i);
}
