/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "license_service/assigned.h"
#include "world.h"

enum { MANY = 300, STEP = 7 };

static const uint8_t start[HASH_SIZE] = {1};

static int compare(const void *left, const void *right)
{
	return strcmp(left, right);
}

/* The set of the first `count` subjects as it is hashed for a lease. */
static void expect(struct store_assigned *out, size_t count)
{
	static char subjects[MANY][WORLD_SUBJECT_SIZE];
	struct hash_stream *stream = hash_stream_new();

	for (unsigned i = 0; i < count; i++)
		world_subject(i, subjects[i]);
	qsort(subjects, count, sizeof(subjects[0]), compare);
	for (size_t i = 0; i < count; i++)
		lease_assigned_add(stream, subjects[i]);
	hash_stream_finish(stream, out->digest);
	out->count = (int64_t)count;
}

/* Adds subjects from..from+count; the heads are their numbers. */
static void grow(struct assigned *assigned, unsigned from, unsigned count)
{
	char texts[STEP][WORLD_SUBJECT_SIZE];
	const char *subjects[STEP];
	const uint8_t before[HASH_SIZE] = {1, (uint8_t)from, (uint8_t)(from >> 8)};
	const uint8_t after[HASH_SIZE] = {
		1, (uint8_t)(from + count), (uint8_t)((from + count) >> 8)};
	const struct store_growth growth = {"ab", before, after, subjects, count};

	for (unsigned i = 0; i < count; i++) {
		world_subject(from + i, texts[i]);
		subjects[i] = texts[i];
	}
	assigned_grow(assigned, &growth);
}

static void a_set_that_grows_has_the_digest_of_all_its_subjects(void **state)
{
	(void)state;
	struct assigned *assigned = assigned_new();
	struct store_assigned found, expected;

	assigned_keep(assigned, "ab", start, NULL, 0);
	for (unsigned at = 0; at + STEP <= MANY; at += STEP) {
		const uint8_t head[HASH_SIZE] = {
			1, (uint8_t)(at + STEP), (uint8_t)((at + STEP) >> 8)};

		grow(assigned, at, STEP);
		expect(&expected, at + STEP);
		assert_true(assigned_find(assigned, "ab", head, &found));
		assert_int_equal(found.count, expected.count);
		assert_memory_equal(found.digest, expected.digest, HASH_SIZE);
	}
	assigned_free(assigned);
}

static void a_set_is_known_by_the_head_of_its_chain_alone(void **state)
{
	(void)state;
	struct assigned *assigned = assigned_new();
	struct store_assigned found;
	const uint8_t other[HASH_SIZE] = {2};

	assert_false(assigned_find(assigned, "ab", start, &found));
	assigned_keep(assigned, "ab", start, NULL, 0);
	assert_true(assigned_find(assigned, "ab", start, &found));
	assert_int_equal(found.count, 0);
	assert_false(assigned_find(assigned, "ab", other, &found));
	assert_false(assigned_find(assigned, "cd", start, &found));
	grow(assigned, 5, 1); /* from a head that it has not */
	assert_true(assigned_find(assigned, "ab", start, &found));
	assert_int_equal(found.count, 0);
	grow(assigned, 0, 1);
	assert_false(assigned_find(assigned, "ab", start, &found));
	assigned_free(assigned);
}

static void what_was_not_used_for_long_is_forgotten_when_there_is_too_much(void **state)
{
	(void)state;
	enum { HALF = 100 * 1024 * 1024 };
	struct assigned *assigned = assigned_new();
	struct store_assigned found;

	assigned_keep(assigned, "ab", start, mem_alloc(HALF), HALF);
	assigned_keep(assigned, "cd", start, NULL, 0);
	assigned_keep(assigned, "ef", start, mem_alloc(HALF), HALF);
	assert_false(assigned_find(assigned, "ab", start, &found));
	assert_true(assigned_find(assigned, "cd", start, &found));
	assigned_free(assigned);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_set_that_grows_has_the_digest_of_all_its_subjects),
		cmocka_unit_test(a_set_is_known_by_the_head_of_its_chain_alone),
		cmocka_unit_test(
			what_was_not_used_for_long_is_forgotten_when_there_is_too_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
