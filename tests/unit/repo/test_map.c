/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Maps against a sorted array: whatever is done in whatever order, they have the same entries,
 * and equal maps the same root.
 */

#include "map_world.h"

/* Keys of several lengths, some the beginning of others; they rise with the number. */
static struct map_key make_key(const struct world *world, uint32_t number, struct buf *out)
{
	buf_clear(out);
	assert_int_equal(buf_printf(out, "item/%04u", number / 4), 0);
	for (uint32_t i = 0; i < world->model.padding; i++)
		assert_int_equal(buf_append(out, "x", 1), 0);
	for (uint32_t i = 0; i < number % 4; i++)
		assert_int_equal(buf_append(out, i ? "\xff" : "\0", 1), 0);
	return (struct map_key){out->data, out->size};
}

static void put(struct world *world, struct map_edit *into, uint32_t key, uint32_t value)
{
	AUTO_BUF text = buf_init(4096);
	const struct map_key at = make_key(world, key, &text);
	uint8_t bytes[VALUE_SIZE];

	world_value(value, bytes);
	if (value == 0)
		assert_int_equal(map_edit_remove(into, &at), 0);
	else
		assert_int_equal(map_edit_put(into, &at, bytes, sizeof(bytes)), 0);
}

static void change(struct world *world, struct map_edit *into, uint32_t key, uint32_t value)
{
	put(world, into, key, value);
	world->model.values[key] = value;
}

/* The same map, made anew in one go, from the first key to the last or in any order. */
static struct map_summary make_anew(struct world *world, bool in_order)
{
	struct map_edit *into = world_edit(world, NULL);
	uint32_t keys = world->model.keys, step = in_order ? 1 : 1021;

	for (uint32_t i = 0; i < keys; i++) {
		uint32_t key = (uint32_t)((uint64_t)i * step % keys);
		if (world->model.values[key] > 0)
			put(world, into, key, world->model.values[key]);
	}
	return world_finish(into);
}

struct expecting {
	struct world *world;
	uint32_t key;
	uint64_t position;
	uint64_t bytes;
};

static int expect_entry(void *context, const struct map_entry *entry)
{
	struct expecting *expecting = context;
	const struct model *model = &expecting->world->model;
	AUTO_BUF text = buf_init(4096);
	uint8_t value[VALUE_SIZE];

	while (model->values[expecting->key] == 0)
		assert_true(++expecting->key < model->keys);
	const struct map_key key = make_key(expecting->world, expecting->key, &text);
	assert_int_equal(entry->key.size, key.size);
	assert_memory_equal(entry->key.data, key.data, key.size);
	world_value(model->values[expecting->key], value);
	assert_int_equal(entry->value_size, VALUE_SIZE);
	assert_memory_equal(entry->value, value, VALUE_SIZE);
	assert_int_equal(entry->position, expecting->position);
	expecting->position++;
	expecting->bytes += model->values[expecting->key++];
	return 0;
}

static void assert_is_model(struct world *world, const struct map_summary *map)
{
	struct expecting expecting = {.world = world};

	assert_int_equal(map_walk(world->maps, map->root, NULL, expect_entry, &expecting), 0);
	while (expecting.key < world->model.keys)
		assert_int_equal(world->model.values[expecting.key++], 0);
	assert_int_equal(map->entries, expecting.position);
	assert_int_equal(map->bytes, expecting.bytes);
}

static void assert_same_root(const struct map_summary *a, const struct map_summary *b)
{
	assert_memory_equal(a->root, b->root, REPO_ID_SIZE);
	assert_int_equal(a->entries, b->entries);
	assert_int_equal(a->bytes, b->bytes);
}

static struct map_summary edit_at_random(
	struct world *world, const struct map_summary *old, uint32_t changes)
{
	struct map_edit *into = world_edit(world, old ? old->root : NULL);
	uint32_t first = world_below(world, world->model.keys);
	bool is_near = world_below(world, 2) == 0; /* all in one place */
	bool removes = world_below(world, 3) == 0;

	for (uint32_t i = 0; i < changes; i++) {
		uint32_t key = is_near ? (first + world_below(world, 2 * changes))
				       : world_below(world, KEYS_MOST);
		uint32_t value = removes || world_below(world, 4) == 0
					 ? 0
					 : 1 + world_below(world, 1000);
		change(world, into, key % world->model.keys, value);
	}
	return world_finish(into);
}

/* About two of three keys are there. */
static struct map_summary make_at_random(struct world *world)
{
	for (uint32_t key = 0; key < world->model.keys; key++)
		world->model.values[key] =
			world_below(world, 3) ? 1 + world_below(world, 1000) : 0;
	return make_anew(world, false);
}

static void random_edits(struct world *world, int rounds, uint32_t most)
{
	struct map_summary map = make_anew(world, true);

	for (int i = 0; i < rounds; i++) {
		if (i % 8 == 0)
			world_forget(world);
		map = edit_at_random(world, &map, world_below(world, most) + 1);
		if (i % 16 == 15) /* nearly all, or all, goes */
			for (uint32_t key = 0; key < world->model.keys; key += 64) {
				struct map_edit *into = world_edit(world, map.root);
				for (uint32_t j = 0; j < 64 && key + j < world->model.keys; j++)
					change(world, into, key + j, 0);
				map = world_finish(into);
			}
		const struct map_summary anew = make_anew(world, i % 2 == 0);
		assert_same_root(&map, &anew);
		assert_is_model(world, &map);
	}
}

static void equal_maps_have_equal_roots_whatever_way_they_were_made(void **state)
{
	random_edits(*state, 60, 1500);
}

static void small_maps_too(void **state)
{
	struct world *world = *state;

	world->model.keys = 40;
	random_edits(world, 200, 12);
}

static void pages_that_are_full_by_their_size_too(void **state)
{
	struct world *world = *state;

	world->model.padding = 1500;
	random_edits(world, 8, 1500);
}

static void a_key_is_found_at_its_position(void **state)
{
	struct world *world = *state;
	const struct map_summary map = make_at_random(world);
	AUTO_BUF text = buf_init(4096);
	AUTO_BUF value = buf_init(PAGE_VALUE_MAX);
	uint64_t expected = 0, position = 0;

	world_forget(world);
	for (uint32_t key = 0; key < world->model.keys; key++) {
		const struct map_key at = make_key(world, key, &text);
		uint8_t bytes[VALUE_SIZE];
		bool is_there = world->model.values[key] > 0;
		assert_int_equal(
			map_find(world->maps, map.root, &at, &value, &position), is_there);
		if (!is_there)
			continue;
		world_value(world->model.values[key], bytes);
		assert_int_equal(value.size, VALUE_SIZE);
		assert_memory_equal(value.data, bytes, VALUE_SIZE);
		assert_int_equal(position, expected++);
	}
	/* By rising keys each page is read once. */
	assert_true(world->chunks->gets <= map.entries / 20);
}

static void a_walk_begins_at_any_key(void **state)
{
	struct world *world = *state;
	const struct map_summary map = make_at_random(world);
	AUTO_BUF text = buf_init(4096);

	for (uint32_t from = 0; from < world->model.keys; from += 37) {
		const struct map_key key = make_key(world, from, &text);
		struct expecting expecting = {.world = world, .key = from};
		for (uint32_t i = 0; i < from; i++)
			expecting.position += world->model.values[i] > 0;
		assert_int_equal(
			map_walk(world->maps, map.root, &key, expect_entry, &expecting), 0);
		assert_int_equal(expecting.position, map.entries);
	}
}

struct counting {
	uint64_t all, both;
	struct world *world;
	const struct model *old;
};

static uint32_t value_of(const struct map_entry *entry)
{
	uint64_t bytes = 0;

	if (entry)
		memcpy(&bytes, entry->value, sizeof(bytes));
	return (uint32_t)bytes;
}

static int check_change(
	void *context, const struct map_entry *before, const struct map_entry *after)
{
	struct counting *counting = context;
	const struct map_entry *some = before ? before : after;
	AUTO_BUF text = buf_init(4096);
	uint32_t number = (uint32_t)counting->both;

	for (;; number++) { /* they come by rising keys */
		const struct map_key key = make_key(counting->world, number, &text);
		assert_true(number < counting->world->model.keys);
		if (key.size == some->key.size &&
			memcmp(key.data, some->key.data, key.size) == 0)
			break;
		assert_int_equal(
			counting->old->values[number], counting->world->model.values[number]);
	}
	assert_int_equal(counting->old->values[number], value_of(before));
	assert_int_equal(counting->world->model.values[number], value_of(after));
	counting->both = number + 1;
	counting->all++;
	return 0;
}

static void a_difference_is_what_has_changed(void **state)
{
	struct world *world = *state;
	struct map_summary map = make_at_random(world);

	for (int i = 0; i < 60; i++) {
		const struct model old = world->model;
		const struct map_summary before = map;
		struct counting counting = {.world = world, .old = &old};
		uint64_t expected = 0;
		map = edit_at_random(world, &map, world_below(world, i % 3 ? 20 : 3000) + 1);
		const struct map_difference difference = {
			before.root, map.root, check_change, &counting};
		assert_int_equal(map_diff(world->maps, &difference), 0);
		for (uint32_t key = 0; key < world->model.keys; key++)
			expected += old.values[key] != world->model.values[key];
		assert_int_equal(counting.all, expected);
	}
}

static void what_the_store_says_is_passed_on(void **state)
{
	struct world *world = *state;
	int failures = 0;

	for (int n = 1;; n++) {
		struct map_summary summary;
		struct map_edit *into = world_edit(world, NULL);
		for (uint32_t key = 0; key < 1000; key++)
			put(world, into, key, 1 + key);
		world->chunks->fail_in = n;
		int r = map_edit_finish(into, &summary);
		map_edit_free(into);
		if (world->chunks->fail_in > 0)
			break;
		assert_int_equal(r, ERR_IO);
		assert_string_equal(err_message(), "the store failed");
		failures++;
	}
	world->chunks->fail_in = 0;
	assert_true(failures > 3);
}

/* Every byte of every page changed: an error, or another value; never more. */
static int accept(void *context, const struct map_entry *entry)
{
	(void)context;
	(void)entry;
	return 0;
}

static void a_damaged_map_is_refused_or_read_within_bounds(void **state)
{
	struct world *world = *state;
	world->model.keys = 1024;
	const struct map_summary map = make_at_random(world);
	struct buf *page = memory_chunks_find(world->chunks, map.root);
	uint64_t refused = 0;

	for (size_t i = 0; i < page->size; i++) {
		page->data[i] ^= 0xff;
		world_forget(world);
		int r = map_walk(world->maps, map.root, NULL, accept, NULL);
		assert_true(r == 0 || r == ERR_CORRUPT);
		refused += r == ERR_CORRUPT;
		struct map_summary summary;
		struct map_edit *into = world_edit(world, map.root);
		for (uint32_t key = 0; key < world->model.keys; key += 100)
			put(world, into, key, 5);
		r = map_edit_finish(into, &summary);
		assert_true(r == 0 || r == ERR_CORRUPT);
		map_edit_free(into);
		page->data[i] ^= 0xff;
	}
	assert_true(refused > page->size / 2);
}

static void keys_and_values_have_their_bounds(void **state)
{
	struct world *world = *state;
	struct map_edit *into = world_edit(world, NULL);
	char *long_key = mem_alloc(PAGE_KEY_MAX + 1);
	const struct map_key most = {long_key, PAGE_KEY_MAX},
			     more = {long_key, PAGE_KEY_MAX + 1};
	uint8_t value[VALUE_SIZE];
	AUTO_BUF found = buf_init(PAGE_VALUE_MAX);

	world_value(1, value);
	assert_int_equal(map_edit_put(into, &more, value, sizeof(value)), ERR_INVALID);
	assert_int_equal(map_edit_remove(into, &more), ERR_INVALID);
	assert_int_equal(map_edit_put(into, &most, value, PAGE_VALUE_MAX + 1), ERR_INVALID);
	assert_int_equal(map_edit_put(into, &most, value, sizeof(value)), 0);
	const struct map_summary map = world_finish(into);
	assert_int_equal(map.entries, 1);
	assert_int_equal(map_find(world->maps, map.root, &most, &found, NULL), 1);
	const struct map_key none = {long_key, 3};
	assert_int_equal(map_find(world->maps, map.root, &none, &found, NULL), 0);
	mem_free(long_key);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		WITH_WORLD(equal_maps_have_equal_roots_whatever_way_they_were_made),
		WITH_WORLD(small_maps_too),
		WITH_WORLD(pages_that_are_full_by_their_size_too),
		WITH_WORLD(a_key_is_found_at_its_position),
		WITH_WORLD(a_walk_begins_at_any_key),
		WITH_WORLD(a_difference_is_what_has_changed),
		WITH_WORLD(what_the_store_says_is_passed_on),
		WITH_WORLD(a_damaged_map_is_refused_or_read_within_bounds),
		WITH_WORLD(keys_and_values_have_their_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
