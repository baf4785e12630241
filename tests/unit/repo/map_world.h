/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPO_MAP_WORLD_H
#define TESTS_REPO_MAP_WORLD_H

#include "fixture.h"

#include "memory_chunks.h"
#include "repo/map.h"

/*
 * Maps in a store in memory, and what one of them should be.
 */

enum { KEYS_MOST = 4096, VALUE_SIZE = 8 + REPO_ID_SIZE };

/* What the map should be: a value (0: none) for each key that there may be. */
struct model {
	uint32_t values[KEYS_MOST];
	uint32_t keys;
	uint32_t padding; /* bytes more in each key: pages fill up by their size */
};

struct world {
	struct memory_chunks *chunks;
	struct maps *maps;
	uint64_t random;
	struct model model;
};

/** As cmocka's set-up and tear-down. */
int world_setup(void **state);
int world_teardown(void **state);

/** A number below the bound. */
uint32_t world_below(struct world *world, uint32_t bound);

/** Drops the pages that are kept, and begins to count calls of the store anew. */
void world_forget(struct world *world);

/** The value of a number: it says that many bytes, and refers to what follows them. */
void world_value(uint32_t number, uint8_t out[VALUE_SIZE]);

struct map_edit *world_edit(struct world *world, const uint8_t *old);
struct map_summary world_finish(struct map_edit *done);

#endif
