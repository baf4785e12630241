/* SPDX-License-Identifier: Apache-2.0 */
#include "map_world.h"

#include <stdio.h>

static const uint8_t boundary[16] = "a boundary's key";

uint32_t world_below(struct world *world, uint32_t bound)
{
	return (uint32_t)(fixture_random(&world->random) % bound);
}

static int say(const void *value, size_t size, struct map_value *out)
{
	if (size != VALUE_SIZE)
		return err_set(ERR_CORRUPT, "a value of another kind");
	memcpy(&out->bytes, value, sizeof(out->bytes));
	memcpy(out->refers_to, (const uint8_t *)value + 8, REPO_ID_SIZE);
	return 0;
}

void world_value(uint32_t number, uint8_t out[VALUE_SIZE])
{
	const uint64_t bytes = number;

	memset(out, (int)(number % 251), VALUE_SIZE);
	memcpy(out, &bytes, sizeof(bytes));
}

int world_setup(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));
	const char *seed = getenv("GARNER_SEED");

	world->random = seed ? strtoull(seed, NULL, 10) : 7;
	world->chunks = memory_chunks_new();
	world->maps = maps_new(&world->chunks->store);
	world->model.keys = KEYS_MOST;
	*state = world;
	return 0;
}

int world_teardown(void **state)
{
	struct world *world = *state;

	maps_free(world->maps);
	memory_chunks_free(world->chunks);
	mem_free(world);
	return 0;
}

void world_forget(struct world *world)
{
	maps_free(world->maps);
	world->maps = maps_new(&world->chunks->store);
	memory_chunks_reset(world->chunks);
}

struct map_edit *world_edit(struct world *world, const uint8_t *old)
{
	const struct map_edit_options options = {boundary, old, say};
	struct map_edit *out = NULL;

	assert_int_equal(map_edit_new(world->maps, &options, &out), 0);
	return out;
}

struct map_summary world_finish(struct map_edit *done)
{
	struct map_summary summary;

	assert_int_equal(map_edit_finish(done, &summary), 0);
	map_edit_free(done);
	return summary;
}
