/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/ids.h"

static const struct ids_key key = {{1, 2, 3, 250, 251, 252}};

static void ids_come_back_as_they_were(void **state)
{
	(void)state;
	for (int kind = IDS_FOLDER; kind <= IDS_IMMUTABLE; kind++) {
		struct ids_ref ref = {.kind = (enum ids_kind)kind, .key = key}, again;
		char text[IDS_TEXT_SIZE];
		ref.place = kind == IDS_PLACED ? UINT64_C(0xfedcba9876543210) : 0;
		ids_write(&ref, text);
		assert_int_equal(ids_read(text, &again), 0);
		assert_int_equal(again.kind, ref.kind);
		assert_true(ids_key_equal(&again.key, &key));
		assert_true(again.place == ref.place);
	}
}

static void ids_look_like_those_of_exchange(void **state)
{
	(void)state;
	char text[IDS_TEXT_SIZE];

	ids_write(&(struct ids_ref){.kind = IDS_PLACED, .key = key}, text);
	assert_memory_equal(text, "AAMk", 4);
	assert_int_equal(text[strlen(text) - 1], '=');
	ids_write(&(struct ids_ref){.kind = IDS_IMMUTABLE, .key = key}, text);
	assert_memory_equal(text, "AAkALg", 6);
	assert_int_equal(text[strlen(text) - 1], '=');
}

static void an_id_has_one_spelling(void **state)
{
	(void)state;
	struct ids_ref ref;
	char text[IDS_TEXT_SIZE];

	ids_write(&(struct ids_ref){.kind = IDS_IMMUTABLE, .key = key}, text);
	assert_int_equal(ids_read(text, &ref), 0);
	text[strlen(text) - 1] = 0;
	assert_int_equal(ids_read(text, &ref), ERR_INVALID);
	ids_write(&(struct ids_ref){.kind = IDS_IMMUTABLE, .key = key}, text);
	text[strlen(text) - 2]++; /* bits that base64 drops */
	assert_int_equal(ids_read(text, &ref), ERR_INVALID);
	assert_int_equal(ids_read("", &ref), ERR_INVALID);
	assert_int_equal(ids_read("AAMk", &ref), ERR_INVALID);
	assert_int_equal(ids_read("inbox", &ref), ERR_INVALID);
}

static void a_place_depends_on_folder_and_moves(void **state)
{
	(void)state;
	struct ids_key one = {{1}}, two = {{2}};

	assert_true(ids_place(&key, &one, 0) == ids_place(&key, &one, 0));
	assert_true(ids_place(&key, &one, 0) != ids_place(&key, &two, 0));
	assert_true(ids_place(&key, &one, 0) != ids_place(&key, &one, 2));
}

static void guids_depend_on_all_parts_and_on_where_they_end(void **state)
{
	(void)state;
	char one[IDS_GUID_SIZE], two[IDS_GUID_SIZE];

	ids_guid(IDS_PARTS("a", "bc"), one);
	ids_guid(IDS_PARTS("a", "bc"), two);
	assert_string_equal(one, two);
	ids_guid(IDS_PARTS("ab", "c"), two);
	assert_string_not_equal(one, two);
	assert_int_equal(strlen(one), 36);
	assert_int_equal(one[14], '4');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_come_back_as_they_were),
		cmocka_unit_test(ids_look_like_those_of_exchange),
		cmocka_unit_test(an_id_has_one_spelling),
		cmocka_unit_test(a_place_depends_on_folder_and_moves),
		cmocka_unit_test(guids_depend_on_all_parts_and_on_where_they_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
