/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "organization.h"

static void B2_an_owner_who_is_a_member_counts_as_one(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 3, true);
	size_t mailbox = add_group_object(world, add_group(world, members, 3));

	grant(world, mailbox, user(members), REQUIRED_ADMINISTER);
	assert_int_equal(set_size(world, mailbox), 3);
}

static void B8_create_only_edit_own_and_delete_own_each_count(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 5, true);
	size_t folder = add_object(world, REQUIRED_FOLDER_RIGHTS), count;
	const unsigned rights[] = {REQUIRED_CREATE, REQUIRED_EDIT, REQUIRED_DELETE,
		REQUIRED_READ, REQUIRED_READ | REQUIRED_MEMBER};

	for (uint32_t i = 0; i < 5; i++)
		grant(world, folder, user(users + i), rights[i]);
	const uint32_t *set = required_set(required_of(world), &world->objects[folder], &count);
	assert_int_equal(count, 3);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(set[i], users + i);
}

static void B8_default_is_every_licensed_user_of_the_organization(void **state)
{
	struct world *world = *state;

	add_users(world, 90, true);
	add_users(world, 7, false);
	size_t folder = add_object(world, REQUIRED_FOLDER_RIGHTS);
	size_t readable = add_object(world, REQUIRED_FOLDER_RIGHTS);

	grant(world, folder, everyone(), REQUIRED_READ | REQUIRED_CREATE);
	grant(world, readable, everyone(), REQUIRED_READ);
	assert_int_equal(set_size(world, folder), 90);
	assert_int_equal(set_size(world, readable), 0);
}

static void B10_roles_and_administrators_of_a_site_count(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 5, true);
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);
	const unsigned rights[] = {REQUIRED_ADMINISTER, REQUIRED_CREATE, REQUIRED_EDIT,
		REQUIRED_DELETE, REQUIRED_READ | REQUIRED_MEMBER};

	for (uint32_t i = 0; i < 5; i++)
		grant(world, site, user(users + i), rights[i]);
	assert_int_equal(set_size(world, site), 4);
}

static void B11_a_team_site_needs_the_members_of_its_group(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 10, true), others = add_users(world, 2, true);
	size_t site = add_group_object(world, add_group(world, members, 10));

	/* Whoever may change the site without being a member is an owner, or invited. */
	grant(world, site, user(others), REQUIRED_EDIT | REQUIRED_ADMINISTER);
	grant(world, site, user(others + 1), REQUIRED_EDIT);
	assert_int_equal(set_size(world, site), 10);
}

static void B15_nested_groups_are_resolved_to_the_end(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 40, true);
	uint32_t outer = add_group(world, users, 1), above = outer;

	for (uint32_t i = 1; i < 40; i++) {
		uint32_t below = add_group(world, users + i, 1);

		nest(world, above, group(below));
		above = below;
	}
	size_t mailbox = add_group_object(world, outer);
	assert_int_equal(set_size(world, mailbox), 40);
}

static void D9_the_way_goes_by_the_first_grant_and_the_fewest_groups(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 3, true);
	uint32_t wrong = add_group(world, users, 1), outer = add_group(world, 0, 0);
	uint32_t roundabout = add_group(world, 0, 0), middle = add_group(world, 0, 0);
	uint32_t inner = add_group(world, users + 1, 1);
	size_t folder = add_object(world, REQUIRED_FOLDER_RIGHTS);
	struct required_way way;

	nest(world, outer, group(roundabout));
	nest(world, roundabout, group(middle));
	nest(world, middle, group(inner));
	nest(world, inner, group(outer));
	nest(world, outer, group(middle));
	grant(world, folder, user(users + 1), REQUIRED_READ);
	grant(world, folder, group(wrong), REQUIRED_EDIT);
	grant(world, folder, group(outer), REQUIRED_EDIT);
	grant(world, folder, user(users + 1), REQUIRED_EDIT);

	assert_true(required_why(required_of(world), &world->objects[folder], users + 1, &way));
	assert_int_equal(way.grant, 2);
	assert_int_equal(way.group_count, 3);
	assert_int_equal(way.groups[0], outer);
	assert_int_equal(way.groups[1], middle);
	assert_int_equal(way.groups[2], inner);

	assert_true(required_why(required_of(world), &world->objects[folder], users, &way));
	assert_int_equal(way.grant, 1);
	assert_int_equal(way.group_count, 1);
	assert_int_equal(way.groups[0], wrong);
	assert_false(
		required_why(required_of(world), &world->objects[folder], users + 2, &way));
}

static void D9_everyone_is_a_way_and_somebody_who_does_not_count_has_none(void **state)
{
	struct world *world = *state;
	uint32_t ada = add_users(world, 1, true), guest = add_users(world, 1, false);
	uint32_t all = add_group(world, guest, 1), outer = add_group(world, guest, 1);
	size_t direct = add_object(world, REQUIRED_SITE_RIGHTS);
	size_t nested = add_object(world, REQUIRED_SITE_RIGHTS);
	struct required_way way;

	nest(world, all, everyone());
	nest(world, outer, group(all));
	grant(world, direct, everyone(), REQUIRED_EDIT);
	grant(world, nested, group(outer), REQUIRED_EDIT);
	assert_true(required_why(required_of(world), &world->objects[direct], ada, &way));
	assert_int_equal(way.grant, 0);
	assert_int_equal(way.group_count, 0);
	assert_true(required_why(required_of(world), &world->objects[nested], ada, &way));
	assert_int_equal(way.group_count, 2);
	assert_int_equal(way.groups[0], outer);
	assert_int_equal(way.groups[1], all);
	assert_false(required_why(required_of(world), &world->objects[nested], guest, &way));
	assert_false(required_why(required_of(world), &world->objects[direct], guest, &way));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(B2_an_owner_who_is_a_member_counts_as_one),
		TEST(B8_create_only_edit_own_and_delete_own_each_count),
		TEST(B8_default_is_every_licensed_user_of_the_organization),
		TEST(B10_roles_and_administrators_of_a_site_count),
		TEST(B11_a_team_site_needs_the_members_of_its_group),
		TEST(B15_nested_groups_are_resolved_to_the_end),
		TEST(D9_the_way_goes_by_the_first_grant_and_the_fewest_groups),
		TEST(D9_everyone_is_a_way_and_somebody_who_does_not_count_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
