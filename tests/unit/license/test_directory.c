/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/directory.h"

static void users_and_groups_get_places_from_0(void **state)
{
	(void)state;
	struct directory *directory = directory_new();

	assert_int_equal(directory_user_count(directory), 0);
	assert_int_equal(directory_add_user(directory, true), 0);
	assert_int_equal(directory_add_user(directory, false), 1);
	assert_int_equal(directory_add_group(directory), 0);
	assert_int_equal(directory_add_group(directory), 1);
	assert_int_equal(directory_user_count(directory), 2);
	assert_int_equal(directory_group_count(directory), 2);
	directory_free(directory);
}

static void B_a_guest_and_an_unlicensed_user_are_known_and_do_not_count(void **state)
{
	(void)state;
	struct directory *directory = directory_new();
	uint32_t licensed = directory_add_user(directory, true);
	uint32_t guest = directory_add_user(directory, false);

	assert_true(directory_user_counts(directory, licensed));
	assert_false(directory_user_counts(directory, guest));
	directory_free(directory);
}

static void B15_members_may_be_told_in_any_order_and_in_circles(void **state)
{
	(void)state;
	struct directory *directory = directory_new();
	uint32_t first = directory_add_group(directory);
	uint32_t second = directory_add_group(directory);
	uint32_t user = directory_add_user(directory, true);

	directory_add_member(
		directory, first, (struct directory_principal){DIRECTORY_GROUP, second});
	directory_add_member(
		directory, second, (struct directory_principal){DIRECTORY_GROUP, first});
	directory_add_member(
		directory, first, (struct directory_principal){DIRECTORY_GROUP, first});
	directory_add_member(
		directory, second, (struct directory_principal){DIRECTORY_USER, user});
	directory_add_member(
		directory, second, (struct directory_principal){DIRECTORY_USER, user});
	directory_add_member(
		directory, second, (struct directory_principal){DIRECTORY_EVERYONE, 77});
	assert_int_equal(directory_membership_count(directory), 6);
	directory_free(directory);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_and_groups_get_places_from_0),
		cmocka_unit_test(B_a_guest_and_an_unlicensed_user_are_known_and_do_not_count),
		cmocka_unit_test(B15_members_may_be_told_in_any_order_and_in_circles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
