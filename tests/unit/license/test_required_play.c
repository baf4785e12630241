/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "organization.h"

static void T4_B2_a_group_of_10_members_and_2_owners_needs_10(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 10, true), owners = add_users(world, 2, true);
	uint32_t sales = add_group(world, members, 10);
	size_t mailbox = add_group_object(world, sales);

	for (uint32_t i = 0; i < 2; i++)
		grant(world, mailbox, user(owners + i),
			REQUIRED_READ | REQUIRED_CREATE | REQUIRED_EDIT | REQUIRED_DELETE |
				REQUIRED_ADMINISTER);
	assert_int_equal(play(world, 100), 10);
	assert_int_equal(world->turns[mailbox].required, 10);
	assert_int_equal(world->turns[mailbox].held, 0);
	assert_int_equal(world->turns[mailbox].newly, 10);
	assert_int_equal(world->turns[mailbox].missing, 0);
	assert_false(world->held[owners]);
	assert_false(world->held[owners + 1]);
}

static void T5_B3_after_the_members_are_licensed_mailbox_and_team_site_need_0(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 10, true);
	uint32_t sales = add_group(world, members, 10);

	for (uint32_t i = 0; i < 10; i++)
		add_mailbox(world, members + i);
	size_t mailbox = add_group_object(world, sales);
	size_t team_site = add_group_object(world, sales);

	assert_int_equal(play(world, 10), 10);
	for (uint32_t i = 0; i < 10; i++)
		assert_true(world->held[members + i]);
	for (size_t i = mailbox; i <= team_site; i++) {
		assert_int_equal(world->turns[i].required, 10);
		assert_int_equal(world->turns[i].held, 10);
		assert_int_equal(world->turns[i].newly, 0);
		assert_int_equal(world->turns[i].missing, 0);
	}
}

static void B3_B11_a_licensed_group_covers_its_mailbox_and_its_team_site(void **state)
{
	struct world *world = *state;
	uint32_t sales = add_group(world, add_users(world, 10, true), 10);
	size_t mailbox = add_group_object(world, sales);
	size_t team_site = add_group_object(world, sales);

	assert_int_equal(play(world, 10), 10);
	assert_int_equal(world->turns[mailbox].newly, 10);
	assert_int_equal(world->turns[team_site].required, 10);
	assert_int_equal(world->turns[team_site].newly, 0);
}

/* A public folder that 100 may read and the first 40 of them change. */
static size_t add_public_folder(struct world *world, uint32_t *out_users)
{
	uint32_t users = add_users(world, 100, true);
	size_t folder = add_object(world, REQUIRED_FOLDER_RIGHTS);

	for (uint32_t i = 0; i < 100; i++)
		grant(world, folder, user(users + i),
			i < 40 ? REQUIRED_READ | REQUIRED_CREATE | REQUIRED_EDIT |
					 REQUIRED_DELETE
			       : REQUIRED_READ);
	*out_users = users;
	return folder;
}

static void B8_a_public_folder_needs_the_40_of_100_who_can_modify(void **state)
{
	struct world *world = *state;
	uint32_t users;
	size_t folder = add_public_folder(world, &users), count;
	const uint32_t *set = required_set(required_of(world), &world->objects[folder], &count);

	assert_int_equal(count, 40);
	for (uint32_t i = 0; i < 40; i++)
		assert_int_equal(set[i], users + i);
}

static void T6_B9_where_35_of_the_40_are_licensed_5_more_are_needed(void **state)
{
	struct world *world = *state;
	uint32_t users;
	size_t folder = add_public_folder(world, &users);

	for (uint32_t i = 0; i < 35; i++)
		world->held[users + i] = true;
	assert_int_equal(play(world, 5), 5);
	assert_int_equal(world->turns[folder].required, 40);
	assert_int_equal(world->turns[folder].held, 35);
	assert_int_equal(world->turns[folder].newly, 5);
}

static void T7_B10_a_classic_site_of_100_users_80_of_them_readers_needs_20(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 100, true);
	uint32_t visitors = add_group(world, users, 80);
	uint32_t editors = add_group(world, users + 80, 20);
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);

	grant(world, site, group(visitors), REQUIRED_READ);
	grant(world, site, group(editors), REQUIRED_READ | REQUIRED_EDIT);
	assert_int_equal(play(world, 100), 20);
	assert_int_equal(world->turns[site].required, 20);
}

static void B12_one_license_covers_drive_and_mailbox_of_a_user(void **state)
{
	struct world *world = *state;
	uint32_t ada = add_users(world, 1, true);
	size_t drive = add_mailbox(world, ada), mailbox = add_mailbox(world, ada);

	assert_int_equal(play(world, 5), 1);
	assert_int_equal(world->turns[drive].newly, 1);
	assert_int_equal(world->turns[mailbox].required, 1);
	assert_int_equal(world->turns[mailbox].newly, 0);
}

static void B13_a_user_who_comes_by_many_ways_counts_once(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 3, true);
	uint32_t inner = add_group(world, users, 2), outer = add_group(world, users, 3);
	size_t folder = add_object(world, REQUIRED_FOLDER_RIGHTS);

	nest(world, outer, group(inner));
	nest(world, outer, user(users));
	grant(world, folder, group(outer), REQUIRED_EDIT);
	grant(world, folder, group(inner), REQUIRED_CREATE);
	grant(world, folder, user(users), REQUIRED_CREATE);
	add_mailbox(world, users + 1);
	assert_int_equal(play(world, 3), 3);
	assert_int_equal(world->turns[folder].newly, 3);
	assert_int_equal(world->turns[1].newly, 0);
}

static void T26_B14_when_every_user_is_licensed_shared_content_needs_0_more(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 200, true);

	add_users(world, 5, false);
	for (uint32_t i = 0; i < 200; i++)
		world->held[users + i] = true;
	uint32_t sales = add_group(world, users, 120), all = add_group(world, users, 0);
	nest(world, all, everyone());
	for (int i = 0; i < 3; i++) {
		size_t site = add_object(world, REQUIRED_SITE_RIGHTS);

		grant(world, site, i ? group(sales) : everyone(), REQUIRED_EDIT);
	}
	add_group_object(world, sales);
	add_group_object(world, all);
	size_t folder = add_object(world, REQUIRED_FOLDER_RIGHTS);
	grant(world, folder, everyone(), REQUIRED_CREATE);

	assert_int_equal(play(world, 0), 0);
	for (size_t i = 0; i < world->object_count; i++) {
		assert_int_equal(world->turns[i].newly, 0);
		assert_int_equal(world->turns[i].missing, 0);
		assert_true(world->turns[i].required > 0);
		assert_int_equal(world->turns[i].held, world->turns[i].required);
	}
}

static void T26_B14_once_all_mailboxes_are_licensed_everyone_takes_none(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 50, true);

	for (uint32_t i = 0; i < 50; i++)
		add_mailbox(world, users + i);
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);
	grant(world, site, everyone(), REQUIRED_EDIT);
	assert_int_equal(play(world, 60), 50);
	assert_int_equal(world->turns[site].required, 50);
	assert_int_equal(world->turns[site].held, 50);
	assert_int_equal(world->turns[site].newly, 0);
	assert_int_equal(world->turns[site].missing, 0);
}

static void C2_everyone_gets_licenses_where_there_are_enough_and_none_otherwise(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 50, true);
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);

	grant(world, site, everyone(), REQUIRED_EDIT);
	assert_int_equal(play(world, 49), 0);
	assert_int_equal(world->turns[site].missing, 1);
	assert_false(world->held[users]);
	assert_int_equal(play(world, 50), 50);
	assert_int_equal(world->turns[site].newly, 50);
	for (uint32_t i = 0; i < 50; i++)
		assert_true(world->held[users + i]);
}

static void B15_a_circle_of_groups_ends_and_all_in_it_have_the_same_users(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 5, true);
	uint32_t groups[5];

	for (uint32_t i = 0; i < 5; i++)
		groups[i] = add_group(world, users + i, 1);
	/* 0, 1 and 2 in a circle, which 3 and 4 hang below; 0 holds itself too. */
	nest(world, groups[0], group(groups[1]));
	nest(world, groups[1], group(groups[2]));
	nest(world, groups[2], group(groups[0]));
	nest(world, groups[0], group(groups[0]));
	nest(world, groups[1], group(groups[3]));
	nest(world, groups[0], group(groups[4]));
	for (uint32_t i = 0; i < 5; i++)
		add_group_object(world, groups[i]);
	assert_int_equal(play(world, 0), 0);
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(set_size(world, i), i < 3 ? 5 : 1);
		assert_int_equal(world->turns[i].required, i < 3 ? 5 : 1);
		assert_int_equal(world->turns[i].missing, i < 3 ? 5 : 1);
	}
}

static void B15_everyone_in_a_group_far_below_is_everyone(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 30, true);
	uint32_t outer = add_group(world, users, 1), middle = add_group(world, 0, 0);
	uint32_t inner = add_group(world, 0, 0), above = add_group(world, 0, 0);

	add_users(world, 4, false);
	nest(world, above, group(outer));
	nest(world, outer, group(middle));
	nest(world, middle, group(inner));
	nest(world, inner, everyone());
	nest(world, inner, group(outer));
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);
	grant(world, site, group(above), REQUIRED_EDIT);
	assert_int_equal(set_size(world, site), 30);
	assert_int_equal(play(world, 30), 30);
}

static void B_guests_and_unlicensed_users_never_count_whatever_way_they_come(void **state)
{
	struct world *world = *state;
	uint32_t guest = add_users(world, 1, false), licensed = add_users(world, 1, true);
	uint32_t both = add_group(world, guest, 2);
	size_t mailbox = add_group_object(world, both);
	size_t own = add_mailbox(world, guest);
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);

	grant(world, site, user(guest), REQUIRED_ADMINISTER);
	grant(world, site, everyone(), REQUIRED_EDIT);
	assert_int_equal(set_size(world, mailbox), 1);
	assert_int_equal(set_size(world, own), 0);
	assert_int_equal(set_size(world, site), 1);
	assert_int_equal(play(world, 10), 1);
	assert_int_equal(world->turns[mailbox].required, 1);
	assert_int_equal(world->turns[own].required, 0);
	assert_int_equal(world->turns[site].required, 1);
	assert_false(world->held[guest]);
	assert_true(world->held[licensed]);
}

static void B4_B5_an_object_that_needs_nobody_needs_nobody(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 2, true);
	size_t room = add_object(world, REQUIRED_NOBODY);

	grant(world, room, user(users), REQUIRED_CHANGES | REQUIRED_MEMBER);
	grant(world, room, everyone(), REQUIRED_CHANGES | REQUIRED_MEMBER);
	assert_int_equal(play(world, 0), 0);
	assert_int_equal(world->turns[room].required, 0);
	assert_int_equal(world->turns[room].missing, 0);
}

static void T22_C2_a_group_that_needs_5_of_3_takes_none_and_the_next_is_tried(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 5, true), ada = add_users(world, 1, true);
	size_t mailbox = add_group_object(world, add_group(world, members, 5));
	size_t own = add_mailbox(world, ada);

	assert_int_equal(play(world, 3), 1);
	assert_int_equal(world->turns[mailbox].required, 5);
	assert_int_equal(world->turns[mailbox].newly, 0);
	assert_int_equal(world->turns[mailbox].missing, 2);
	assert_int_equal(world->turns[own].newly, 1);
	for (uint32_t i = 0; i < 5; i++)
		assert_false(world->held[members + i]);
	assert_true(world->held[ada]);
}

static void T24_C8_a_group_that_grew_beyond_what_is_left_misses_1(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 6, true);
	size_t mailbox = add_group_object(world, add_group(world, members, 6));

	for (uint32_t i = 0; i < 5; i++)
		world->held[members + i] = true;
	assert_int_equal(play(world, 0), 0);
	assert_int_equal(world->turns[mailbox].required, 6);
	assert_int_equal(world->turns[mailbox].held, 5);
	assert_int_equal(world->turns[mailbox].newly, 0);
	assert_int_equal(world->turns[mailbox].missing, 1);
	assert_false(world->held[members + 5]);
}

static void C2_an_object_whose_users_all_hold_goes_on_with_less_than_nothing_left(void **state)
{
	struct world *world = *state;
	uint32_t ada = add_users(world, 1, true);
	size_t mailbox = add_mailbox(world, ada);

	world->held[ada] = true;
	assert_int_equal(play(world, -3), 0);
	assert_int_equal(world->turns[mailbox].missing, 0);
	assert_int_equal(world->turns[mailbox].held, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(T4_B2_a_group_of_10_members_and_2_owners_needs_10),
		TEST(T5_B3_after_the_members_are_licensed_mailbox_and_team_site_need_0),
		TEST(B3_B11_a_licensed_group_covers_its_mailbox_and_its_team_site),
		TEST(B8_a_public_folder_needs_the_40_of_100_who_can_modify),
		TEST(T6_B9_where_35_of_the_40_are_licensed_5_more_are_needed),
		TEST(T7_B10_a_classic_site_of_100_users_80_of_them_readers_needs_20),
		TEST(B12_one_license_covers_drive_and_mailbox_of_a_user),
		TEST(B13_a_user_who_comes_by_many_ways_counts_once),
		TEST(T26_B14_when_every_user_is_licensed_shared_content_needs_0_more),
		TEST(T26_B14_once_all_mailboxes_are_licensed_everyone_takes_none),
		TEST(C2_everyone_gets_licenses_where_there_are_enough_and_none_otherwise),
		TEST(B15_a_circle_of_groups_ends_and_all_in_it_have_the_same_users),
		TEST(B15_everyone_in_a_group_far_below_is_everyone),
		TEST(B_guests_and_unlicensed_users_never_count_whatever_way_they_come),
		TEST(B4_B5_an_object_that_needs_nobody_needs_nobody),
		TEST(T22_C2_a_group_that_needs_5_of_3_takes_none_and_the_next_is_tried),
		TEST(T24_C8_a_group_that_grew_beyond_what_is_left_misses_1),
		TEST(C2_an_object_whose_users_all_hold_goes_on_with_less_than_nothing_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
