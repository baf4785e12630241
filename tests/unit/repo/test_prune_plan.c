/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/prune_plan.h"

enum { BEGUN = 1000, MIB = 1 << 20, COUNT = 40 };

static const struct prune_moment alone = {.oldest_s = INT64_MAX, .begun_s = BEGUN};

static enum prune_fate fate(const struct prune_pack *pack, const struct prune_moment *moment)
{
	enum prune_fate out;

	prune_plan(pack, 1, moment, &out);
	return out;
}

static void what_mostly_lives_is_kept(void **state)
{
	struct prune_pack pack = {
		.size = 16 * MIB, .all = 1000, .live = 600, .is_named = true, .modified_s = 1};

	(void)state;
	assert_int_equal(fate(&pack, &alone), PRUNE_KEEP);
	pack.live = 599;
	assert_int_equal(fate(&pack, &alone), PRUNE_CONDEMN);
	pack.live = 1000;
	pack.must = true;
	assert_int_equal(fate(&pack, &alone), PRUNE_CONDEMN);
	pack.modified_s = BEGUN;
	assert_int_equal(fate(&pack, &alone), PRUNE_KEEP);
}

static void what_is_condemned_waits_for_writers_of_before(void **state)
{
	const struct prune_pack pack = {
		.size = MIB, .is_named = true, .condemned_s = 500, .modified_s = 1};
	struct prune_moment moment = {.oldest_s = 500, .begun_s = BEGUN};

	(void)state;
	assert_int_equal(fate(&pack, &moment), PRUNE_WAIT);
	moment.oldest_s = 501;
	assert_int_equal(fate(&pack, &moment), PRUNE_DROP);
	assert_int_equal(fate(&pack, &alone), PRUNE_DROP);
}

static void what_has_no_name_waits_for_who_may_name_it(void **state)
{
	const struct prune_pack pack = {.size = MIB, .modified_s = 500};
	struct prune_moment moment = {.oldest_s = 500, .begun_s = BEGUN};

	(void)state;
	assert_int_equal(fate(&pack, &moment), PRUNE_WAIT);
	moment.oldest_s = 501;
	assert_int_equal(fate(&pack, &moment), PRUNE_REMOVE);
	moment.begun_s = 500;
	assert_int_equal(fate(&pack, &moment), PRUNE_WAIT);
}

static void many_tails_become_few(void **state)
{
	struct prune_pack packs[PRUNE_TAILS];
	enum prune_fate fates[PRUNE_TAILS];

	(void)state;
	for (size_t i = 0; i < PRUNE_TAILS; i++)
		packs[i] = (struct prune_pack){
			.size = MIB, .all = 10, .live = 10, .is_named = true, .modified_s = 1};
	prune_plan(packs, PRUNE_TAILS - 1, &alone, fates);
	assert_int_equal(fates[0], PRUNE_KEEP);
	prune_plan(packs, PRUNE_TAILS, &alone, fates);
	for (size_t i = 0; i < PRUNE_TAILS; i++)
		assert_int_equal(fates[i], PRUNE_CONDEMN);
}

static struct prune_pack any_pack(uint64_t *seed)
{
	uint64_t all = fixture_random(seed) % 1000;

	return (struct prune_pack){
		.size = fixture_random(seed) % (16 * MIB),
		.all = all,
		.live = fixture_random(seed) % (all + 1),
		.must = fixture_random(seed) % 4 == 0,
		.is_named = fixture_random(seed) % 4 > 0,
		.is_dropped = false,
		.condemned_s =
			fixture_random(seed) % 3 ? 0 : (int64_t)(fixture_random(seed) % BEGUN),
		.modified_s = (int64_t)(fixture_random(seed) % (BEGUN + 50)),
	};
}

/* Said anew, in other words: who may need the pack, and whether the plan takes it from him. */
static void assert_nobody_loses(
	const struct prune_pack *pack, enum prune_fate fate, const struct prune_moment *moment)
{
	bool of_a_writer = pack->modified_s >= moment->oldest_s || pack->modified_s >= BEGUN;
	bool is_open = pack->is_named && !pack->condemned_s && !of_a_writer;

	if (fate == PRUNE_REMOVE)
		assert_true(!pack->is_named && !of_a_writer);
	if (fate == PRUNE_DROP)
		assert_true(pack->is_named && pack->condemned_s > 0 &&
			    pack->condemned_s < moment->oldest_s);
	if (fate == PRUNE_CONDEMN)
		assert_true(is_open);
	if (pack->must && is_open)
		assert_int_equal(fate, PRUNE_CONDEMN);
}

static void nothing_goes_that_somebody_may_count_on(void **state)
{
	uint64_t seed = 7;
	struct prune_pack packs[COUNT];
	enum prune_fate fates[COUNT];

	(void)state;
	for (int round = 0; round < 2000; round++) {
		struct prune_moment moment = {.begun_s = BEGUN,
			.oldest_s = fixture_random(&seed) % 3
					    ? (int64_t)(fixture_random(&seed) % BEGUN)
					    : INT64_MAX};
		for (size_t i = 0; i < COUNT; i++)
			packs[i] = any_pack(&seed);
		prune_plan(packs, COUNT, &moment, fates);
		for (size_t i = 0; i < COUNT; i++)
			assert_nobody_loses(&packs[i], fates[i], &moment);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_mostly_lives_is_kept),
		cmocka_unit_test(what_is_condemned_waits_for_writers_of_before),
		cmocka_unit_test(what_has_no_name_waits_for_who_may_name_it),
		cmocka_unit_test(many_tails_become_few),
		cmocka_unit_test(nothing_goes_that_somebody_may_count_on),
	};

	return cmocka_run_group_tests_name("repo/prune_plan", tests, NULL, NULL);
}
