/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/claim.h"

static void T22_a_group_that_needs_more_than_are_left_takes_none(void **state)
{
	(void)state;
	const size_t group[] = {0, 1, 2, 3, 4}, user[] = {5};
	struct claim_object objects[] = {{group, 5}, {user, 1}};
	enum claim_mark marks[6] = {0};

	assert_int_equal(claim_decide(objects, 2, marks, 3), 1);
	assert_false(objects[0].granted);
	assert_int_equal(objects[0].newly, 0);
	assert_int_equal(objects[0].missing, 2);
	assert_true(objects[1].granted);
	assert_int_equal(objects[1].newly, 1);
	assert_int_equal(objects[1].missing, 0);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(marks[i], CLAIM_UNLICENSED);
	assert_int_equal(marks[5], CLAIM_NEW);
}

static void C2_the_first_objects_in_order_get_what_is_left(void **state)
{
	(void)state;
	enum { MAILBOXES = 60 };
	size_t subjects[MAILBOXES];
	struct claim_object objects[MAILBOXES];
	enum claim_mark marks[MAILBOXES] = {0};

	for (size_t i = 0; i < MAILBOXES; i++) {
		subjects[i] = i;
		objects[i] = (struct claim_object){.subjects = &subjects[i], .count = 1};
	}
	assert_int_equal(claim_decide(objects, MAILBOXES, marks, 50), 50);
	for (size_t i = 0; i < MAILBOXES; i++) {
		assert_int_equal(objects[i].granted, i < 50);
		assert_int_equal(objects[i].missing, i < 50 ? 0 : 1);
	}
}

static void B3_members_who_hold_a_license_already_consume_none(void **state)
{
	(void)state;
	const size_t members[] = {0, 1, 2};
	struct claim_object objects[] = {{members, 3}};
	enum claim_mark marks[] = {CLAIM_HELD, CLAIM_UNLICENSED, CLAIM_HELD};

	assert_int_equal(claim_decide(objects, 1, marks, 1), 1);
	assert_true(objects[0].granted);
	assert_int_equal(objects[0].newly, 1);
	assert_int_equal(marks[0], CLAIM_HELD);
	assert_int_equal(marks[1], CLAIM_NEW);
}

static void B6_a_mailbox_and_its_archive_take_one_license(void **state)
{
	(void)state;
	const size_t user[] = {0};
	struct claim_object objects[] = {{user, 1}, {user, 1}};
	enum claim_mark marks[1] = {0};

	assert_int_equal(claim_decide(objects, 2, marks, 10), 1);
	assert_int_equal(objects[0].newly, 1);
	assert_int_equal(objects[1].newly, 0);
	assert_true(objects[1].granted);
}

static void B13_a_user_in_many_objects_counts_once(void **state)
{
	(void)state;
	const size_t twice[] = {0, 0, 1, 0}, again[] = {1, 0, 1};
	struct claim_object objects[] = {{twice, 4}, {again, 3}};
	enum claim_mark marks[2] = {0};

	assert_int_equal(claim_decide(objects, 2, marks, 2), 2);
	assert_int_equal(objects[0].newly, 2);
	assert_true(objects[1].granted);
	assert_int_equal(objects[1].newly, 0);
}

static void T24_an_object_that_grew_beyond_what_is_left_takes_nothing(void **state)
{
	(void)state;
	const size_t members[] = {0, 1, 2, 3, 4, 5};
	struct claim_object objects[] = {{members, 6}};
	enum claim_mark marks[6] = {CLAIM_HELD, CLAIM_HELD, CLAIM_HELD, CLAIM_HELD, CLAIM_HELD};

	assert_int_equal(claim_decide(objects, 1, marks, 0), 0);
	assert_false(objects[0].granted);
	assert_int_equal(objects[0].missing, 1);
	assert_int_equal(marks[5], CLAIM_UNLICENSED);
}

static void C2_an_object_without_subjects_is_granted_with_nothing_left(void **state)
{
	(void)state;
	struct claim_object objects[] = {{NULL, 0}};

	assert_int_equal(claim_decide(objects, 1, NULL, 0), 0);
	assert_true(objects[0].granted);
	assert_int_equal(objects[0].missing, 0);
}

static void C2_an_object_that_takes_none_is_granted_whatever_is_left(void **state)
{
	(void)state;
	const size_t user[] = {0};
	struct claim_object objects[] = {{user, 1}};
	enum claim_mark marks[] = {CLAIM_HELD};

	assert_int_equal(claim_decide(objects, 1, marks, -2), 0);
	assert_true(objects[0].granted);
	assert_int_equal(objects[0].missing, 0);
}

static void C2_the_marks_say_of_each_subject_held_new_or_none(void **state)
{
	(void)state;
	const size_t granted[] = {0, 1, 2, 1}, refused[] = {2, 3, 4, 5};
	struct claim_object objects[] = {{granted, 4}, {refused, 4}};
	enum claim_mark marks[] = {CLAIM_HELD, CLAIM_UNLICENSED, CLAIM_UNLICENSED,
		CLAIM_UNLICENSED, CLAIM_HELD, CLAIM_UNLICENSED};
	const char *const words[] = {"held", "new", "new", "none", "held", "none"};

	assert_int_equal(claim_decide(objects, 2, marks, 3), 2);
	assert_false(objects[1].granted);
	assert_int_equal(objects[1].missing, 1);
	for (size_t i = 0; i < 6; i++)
		assert_string_equal(claim_mark_name(marks[i]), words[i]);
}

static void T11_a_license_can_be_released_30_days_after_it_was_assigned(void **state)
{
	(void)state;
	const int64_t assigned_s = 1795000000;

	assert_false(release_is_allowed(assigned_s, assigned_s));
	assert_false(release_is_allowed(assigned_s, assigned_s + 30 * 86400 - 1));
	assert_true(release_is_allowed(assigned_s, assigned_s + 30 * 86400));
	assert_int_equal(release_first_moment(assigned_s), assigned_s + 2592000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(T22_a_group_that_needs_more_than_are_left_takes_none),
		cmocka_unit_test(C2_the_first_objects_in_order_get_what_is_left),
		cmocka_unit_test(B3_members_who_hold_a_license_already_consume_none),
		cmocka_unit_test(B6_a_mailbox_and_its_archive_take_one_license),
		cmocka_unit_test(B13_a_user_in_many_objects_counts_once),
		cmocka_unit_test(T24_an_object_that_grew_beyond_what_is_left_takes_nothing),
		cmocka_unit_test(C2_an_object_without_subjects_is_granted_with_nothing_left),
		cmocka_unit_test(C2_an_object_that_takes_none_is_granted_whatever_is_left),
		cmocka_unit_test(C2_the_marks_say_of_each_subject_held_new_or_none),
		cmocka_unit_test(T11_a_license_can_be_released_30_days_after_it_was_assigned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
