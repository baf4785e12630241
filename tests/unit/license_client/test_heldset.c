/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "license_client/heldset.h"

static struct heldset_entry entry(int number)
{
	struct heldset_entry entry = {.assigned_s = number, .releasable_s = 2 * number};

	memset(entry.id, number, sizeof(entry.id));
	return entry;
}

static struct heldset set_of(const int *numbers, size_t count)
{
	struct heldset set = {0};

	for (size_t i = 0; i < count; i++) {
		struct heldset_entry one = entry(numbers[i]);
		heldset_add(&set, &one, 1);
	}
	return set;
}

static void assert_numbers(const struct heldset *set, const int *numbers, size_t count)
{
	assert_int_equal(set->count, count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(set->entries[i].id[0], numbers[i]);
}

static void adding_sorts_and_counts_each_once(void **state)
{
	(void)state;
	struct heldset set = set_of((const int[]){5, 1}, 2);
	struct heldset_entry more[] = {entry(7), entry(3), entry(5), entry(3), entry(0)};

	more[2].assigned_s = 99;
	heldset_add(&set, more, 5);
	assert_numbers(&set, (const int[]){0, 1, 3, 5, 7}, 5);
	assert_int_equal(set.entries[3].assigned_s, 5); /* what was there stays */
	heldset_free(&set);
}

static void what_is_in_the_set_is_found_and_nothing_else(void **state)
{
	(void)state;
	struct heldset none = {0};
	struct heldset set = set_of((const int[]){2, 4, 6}, 3);

	for (int i = 0; i < 8; i++) {
		struct heldset_entry wanted = entry(i);
		assert_int_equal(
			heldset_find(&set, wanted.id) != NULL, i == 2 || i == 4 || i == 6);
		assert_null(heldset_find(&none, wanted.id));
	}
	heldset_free(&set);
}

static void removing_takes_one_and_keeps_the_order(void **state)
{
	(void)state;
	struct heldset set = set_of((const int[]){2, 4, 6}, 3);
	struct heldset_entry gone = entry(4), never = entry(5);

	heldset_remove(&set, never.id);
	heldset_remove(&set, gone.id);
	assert_numbers(&set, (const int[]){2, 6}, 2);
	heldset_free(&set);
}

static void appending_refuses_what_is_not_the_greatest(void **state)
{
	(void)state;
	struct heldset set = set_of((const int[]){2, 4}, 2);
	struct heldset_entry same = entry(4), less = entry(3), more = entry(5);

	assert_false(heldset_append(&set, &same));
	assert_false(heldset_append(&set, &less));
	assert_true(heldset_append(&set, &more));
	assert_numbers(&set, (const int[]){2, 4, 5}, 3);
	heldset_free(&set);
}

static void a_set_matches_the_lease_of_its_digest_alone(void **state)
{
	(void)state;
	struct heldset set = set_of((const int[]){4, 2}, 2);
	struct heldset other = set_of((const int[]){4, 3}, 2);
	struct lease lease = {.assigned_count = 2};
	struct hash_stream *stream = hash_stream_new();
	char text[65];

	for (int i = 2; i <= 4; i += 2) {
		struct heldset_entry one = entry(i);
		text_to_hex(one.id, sizeof(one.id), text);
		lease_assigned_add(stream, text);
	}
	hash_stream_finish(stream, lease.assigned_digest);
	assert_true(heldset_matches(&set, &lease));
	assert_false(heldset_matches(&other, &lease));
	lease.assigned_count = 3;
	assert_false(heldset_matches(&set, &lease));
	heldset_free(&set);
	heldset_free(&other);
}

static void what_is_written_is_read_back(void **state)
{
	(void)state;
	struct heldset set = set_of((const int[]){1, 9, 200}, 3);
	struct heldset back = {0};
	AUTO_BUF bytes = buf_init(1024);

	assert_int_equal(heldset_write(&set, &bytes), 0);
	struct reader reader = {.data = bytes.data, .size = bytes.size};
	assert_int_equal(heldset_read(&reader, &back), 0);
	assert_numbers(&back, (const int[]){1, 9, 200}, 3);
	assert_int_equal(back.entries[1].releasable_s, 18);

	reader = (struct reader){.data = bytes.data, .size = bytes.size - 1};
	assert_int_equal(heldset_read(&reader, &back), ERR_CORRUPT);
	heldset_free(&set);
	heldset_free(&back);
}

static void entries_out_of_order_are_refused(void **state)
{
	(void)state;
	struct heldset set = set_of((const int[]){1, 2}, 2);
	struct heldset back = {0};
	AUTO_BUF bytes = buf_init(1024);

	set.entries[0].id[0] = 3;
	assert_int_equal(heldset_write(&set, &bytes), 0);
	struct reader reader = {.data = bytes.data, .size = bytes.size};
	assert_int_equal(heldset_read(&reader, &back), ERR_CORRUPT);
	heldset_free(&set);
	heldset_free(&back);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adding_sorts_and_counts_each_once),
		cmocka_unit_test(what_is_in_the_set_is_found_and_nothing_else),
		cmocka_unit_test(removing_takes_one_and_keeps_the_order),
		cmocka_unit_test(appending_refuses_what_is_not_the_greatest),
		cmocka_unit_test(a_set_matches_the_lease_of_its_digest_alone),
		cmocka_unit_test(what_is_written_is_read_back),
		cmocka_unit_test(entries_out_of_order_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
