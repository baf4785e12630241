/* SPDX-License-Identifier: Apache-2.0 */

/*
 * Large maps: what did not change is neither read nor written.
 */

#include "map_world.h"

#include <stdio.h>

static void assert_same_root(const struct map_summary *a, const struct map_summary *b)
{
	assert_memory_equal(a->root, b->root, REPO_ID_SIZE);
	assert_int_equal(a->entries, b->entries);
	assert_int_equal(a->bytes, b->bytes);
}

/* Many entries, by numbers of eight digits. */
enum { MANY = 200 * 1000 };

static struct map_key many_key(uint32_t number, char text[32])
{
	snprintf(text, 32, "AAMkADEwMjM0-%08u", number);
	return (struct map_key){text, strlen(text)};
}

static void put_many(struct map_edit *into, uint32_t number, uint32_t value)
{
	char text[32];
	uint8_t bytes[VALUE_SIZE];
	const struct map_key key = many_key(number, text);

	world_value(value, bytes);
	assert_int_equal(map_edit_put(into, &key, bytes, sizeof(bytes)), 0);
}

static struct map_summary make_many(struct world *world, bool in_order)
{
	struct map_edit *into = world_edit(world, NULL);

	for (uint32_t i = 0; i < MANY; i++)
		put_many(into, in_order ? i : (uint32_t)((uint64_t)i * 7919 % MANY), 1);
	return world_finish(into);
}

static int count_change(
	void *context, const struct map_entry *before, const struct map_entry *after)
{
	uint64_t *count = context;

	assert_true(before || after);
	(*count)++;
	return 0;
}

static void ten_changes_in_many_read_and_write_a_few_pages(void **state)
{
	struct world *world = *state;
	const struct map_summary map = make_many(world, true);
	uint64_t count = 0;

	world_forget(world);
	struct map_edit *into = world_edit(world, map.root);
	for (uint32_t i = 0; i < 10; i++)
		put_many(into, (i * 7 + 3) * (MANY / 100), 2);
	const struct map_summary after = world_finish(into);
	assert_int_equal(after.entries, MANY);
	assert_int_equal(after.bytes, MANY + 10);
	assert_true(world->chunks->gets <= 10 * 3 + 5);
	assert_true(world->chunks->puts <= 10 * 2 + 5);
	assert_int_equal(world->chunks->added, world->chunks->puts);

	world_forget(world);
	const struct map_difference difference = {map.root, after.root, count_change, &count};
	assert_int_equal(map_diff(world->maps, &difference), 0);
	assert_int_equal(count, 10);
	assert_true(world->chunks->gets <= 2 * (10 * 3 + 5));
}

static void nothing_is_read_or_written_for_no_change(void **state)
{
	struct world *world = *state;
	const struct map_summary map = make_many(world, true);

	world_forget(world);
	const struct map_summary same = world_finish(world_edit(world, map.root));
	assert_same_root(&map, &same);
	assert_int_equal(world->chunks->puts, 0);
	assert_int_equal(world->chunks->gets, 1); /* the root, for what it counts */
}

static void many_changes_out_of_order_are_sorted(void **state)
{
	struct world *world = *state;
	const struct map_summary in_order = make_many(world, true);
	const struct map_summary not = make_many(world, false);

	assert_same_root(&in_order, &not );
	/* Many in order, which are merged as they come, and then some that are not. */
	struct map_edit *into = world_edit(world, NULL);
	for (uint32_t i = 1; i < MANY; i++)
		put_many(into, i, i % 2 ? 1 : 5);
	for (uint32_t i = 0; i < MANY; i += 2)
		put_many(into, i, 1);
	const struct map_summary both = world_finish(into);
	assert_same_root(&in_order, &both);
}

static void a_page_refers_to_what_it_needs(void **state)
{
	struct world *world = *state;
	struct map_edit *into = world_edit(world, NULL);
	uint8_t value[VALUE_SIZE];

	for (uint32_t key = 0; key < 10; key++)
		put_many(into, key, 1 + key % 2);
	const struct map_summary small = world_finish(into);
	world_value(1, value);
	assert_int_equal(memory_chunks_count_refs(world->chunks, small.root, value + 8), 5);
	world_value(2, value);
	assert_int_equal(memory_chunks_count_refs(world->chunks, small.root, value + 8), 5);

	memory_chunks_reset(world->chunks);
	const struct map_summary map = make_many(world, true);
	/* Each entry once, and each page but the root. */
	assert_int_equal(world->chunks->refs, map.entries + world->chunks->added - 1);
}

struct survey {
	uint64_t pages, entries;
	bool all;
};

static int count_page(void *context, const uint8_t id[REPO_ID_SIZE])
{
	struct survey *survey = context;

	(void)id;
	survey->pages++;
	return survey->all || survey->pages % 2 == 1;
}

static int count_entry(void *context, const struct map_entry *entry)
{
	struct survey *survey = context;

	(void)entry;
	survey->entries++;
	return 0;
}

static void a_survey_leaves_out_pages_that_are_not_wanted(void **state)
{
	struct world *world = *state;
	const struct map_summary map = make_many(world, true);
	struct survey all = {.all = true}, some = {0};

	world_forget(world);
	struct map_survey survey = {count_page, count_entry, &all};
	assert_int_equal(map_survey(world->maps, map.root, &survey), 0);
	assert_int_equal(all.entries, MANY);
	assert_int_equal(all.pages, world->chunks->gets);
	survey.context = &some;
	assert_int_equal(map_survey(world->maps, map.root, &survey), 0);
	assert_true(some.entries < MANY && some.pages < all.pages);
}

int main(void)
{
#define WITH_WORLD(test) cmocka_unit_test_setup_teardown(test, world_setup, world_teardown)
	const struct CMUnitTest tests[] = {
		WITH_WORLD(ten_changes_in_many_read_and_write_a_few_pages),
		WITH_WORLD(nothing_is_read_or_written_for_no_change),
		WITH_WORLD(many_changes_out_of_order_are_sorted),
		WITH_WORLD(a_page_refers_to_what_it_needs),
		WITH_WORLD(a_survey_leaves_out_pages_that_are_not_wanted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
