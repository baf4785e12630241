/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/chunker.h"

enum { SIZE = 24 << 20, CUTS_MAX = 1024, KI = 1024, PIECE = 50021 };

static size_t cut_all(enum chunker_profile profile, const char *key, const uint8_t *data,
	size_t size, size_t *cuts)
{
	uint8_t bytes[CHUNKER_TABLE_BYTES];
	struct chunker_table table;
	struct chunker chunker;
	size_t count = 0;
	bool ends = false;

	fixture_fill(bytes, sizeof(bytes), (uint64_t)key[0] << 8 | (uint8_t)key[2]);
	chunker_table_init(&table, bytes);
	chunker_init(&chunker, &table, profile);
	for (size_t at = 0; at < size;) {
		/* In pieces: they do not matter. */
		size_t piece = size - at < PIECE ? size - at : PIECE;
		at += chunker_next(&chunker, data + at, piece, &ends);
		if (!ends)
			continue;
		assert_true(count < CUTS_MAX);
		cuts[count++] = at;
	}
	return count;
}

static void chunks_lie_within_their_bounds(void **state)
{
	(void)state;
	static const struct {
		enum chunker_profile profile;
		size_t least, most, low, high; /* count of chunks in 24 MiB */
	} cases[] = {
		{CHUNKER_DATA, 256 * KI, 4096 * KI, 12, 32},
		{CHUNKER_LISTS, 16 * KI, 256 * KI, 220, 420},
	};
	uint8_t *data = mem_alloc(SIZE);
	size_t *cuts = mem_array(CUTS_MAX, sizeof(*cuts));

	fixture_fill(data, SIZE, 1);
	for (size_t i = 0; i < 2; i++) {
		size_t count = cut_all(cases[i].profile, "key", data, SIZE, cuts);
		assert_in_range(count, cases[i].low, cases[i].high);
		for (size_t at = 0; at < count; at++)
			assert_in_range(cuts[at] - (at ? cuts[at - 1] : 0), cases[i].least + 1,
				cases[i].most);
	}
	mem_free(cuts);
	mem_free(data);
}

static void equal_bytes_are_cut_at_the_most(void **state)
{
	(void)state;
	uint8_t *data = mem_alloc(SIZE);
	size_t cuts[CUTS_MAX];
	size_t count = cut_all(CHUNKER_DATA, "key", data, SIZE, cuts);

	assert_int_equal(count, 6);
	assert_int_equal(cuts[0], 4096 * KI);
	mem_free(data);
}

static void less_than_the_least_is_never_cut(void **state)
{
	(void)state;
	uint8_t *data = mem_alloc(256 * KI);
	size_t cuts[CUTS_MAX];

	fixture_fill(data, 256 * KI, 2);
	assert_int_equal(cut_all(CHUNKER_DATA, "key", data, 256 * KI, cuts), 0);
	mem_free(data);
}

static void cuts_come_back_after_an_insertion(void **state)
{
	(void)state;
	uint8_t *data = mem_alloc(SIZE + 1);
	size_t *first = mem_array(CUTS_MAX, sizeof(*first));
	size_t *second = mem_array(CUTS_MAX, sizeof(*second));
	size_t same = 0;

	fixture_fill(data, SIZE + 1, 3);
	size_t count = cut_all(CHUNKER_LISTS, "key", data + 1, SIZE, first);
	size_t shifted = cut_all(CHUNKER_LISTS, "key", data, SIZE + 1, second);
	for (size_t i = 0, j = 0; i < count && j < shifted;) {
		same += first[i] + 1 == second[j];
		if (first[i] + 1 < second[j])
			i++;
		else
			j++;
	}
	assert_true(same > count * 9 / 10);
	mem_free(data);
	mem_free(first);
	mem_free(second);
}

static void another_key_cuts_elsewhere(void **state)
{
	(void)state;
	uint8_t *data = mem_alloc(SIZE);
	size_t *first = mem_array(CUTS_MAX, sizeof(*first));
	size_t *second = mem_array(CUTS_MAX, sizeof(*second));

	fixture_fill(data, SIZE, 4);
	cut_all(CHUNKER_LISTS, "key", data, SIZE, first);
	cut_all(CHUNKER_LISTS, "kez", data, SIZE, second);
	assert_memory_not_equal(first, second, 10 * sizeof(*first));
	mem_free(data);
	mem_free(first);
	mem_free(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(chunks_lie_within_their_bounds),
		cmocka_unit_test(equal_bytes_are_cut_at_the_most),
		cmocka_unit_test(less_than_the_least_is_never_cut),
		cmocka_unit_test(cuts_come_back_after_an_insertion),
		cmocka_unit_test(another_key_cuts_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
