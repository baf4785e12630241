/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/required.h"

enum { USERS_MAX = 256, GRANTS_MAX = 256, OBJECTS_MAX = 64 };

/* An organization and a run, put together line by line. */
struct world {
	struct directory *directory;
	struct required *required;
	struct required_object objects[OBJECTS_MAX];
	struct required_grant grants[OBJECTS_MAX][GRANTS_MAX];
	size_t object_count;
	bool held[USERS_MAX];
	struct required_turn turns[OBJECTS_MAX];
};

static int set_up(void **state)
{
	struct world *world = calloc(1, sizeof(*world));

	world->directory = directory_new();
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	required_free(world->required);
	directory_free(world->directory);
	free(world);
	return 0;
}

/* Adds `count` users and returns the place of the first; the others follow it. */
static uint32_t add_users(struct world *world, uint32_t count, bool counts)
{
	uint32_t first = directory_add_user(world->directory, counts);

	for (uint32_t i = 1; i < count; i++)
		directory_add_user(world->directory, counts);
	return first;
}

static struct directory_principal user(uint32_t place)
{
	return (struct directory_principal){DIRECTORY_USER, place};
}

static struct directory_principal group(uint32_t place)
{
	return (struct directory_principal){DIRECTORY_GROUP, place};
}

static struct directory_principal everyone(void)
{
	return (struct directory_principal){DIRECTORY_EVERYONE, 0};
}

/* A group of `count` users from `first` on. */
static uint32_t add_group(struct world *world, uint32_t first, uint32_t count)
{
	uint32_t place = directory_add_group(world->directory);

	for (uint32_t i = 0; i < count; i++)
		directory_add_member(world->directory, place, user(first + i));
	return place;
}

static void nest(struct world *world, uint32_t outer, struct directory_principal inner)
{
	directory_add_member(world->directory, outer, inner);
}

/* Adds an object without permissions to the run, and returns its number. */
static size_t add_object(struct world *world, enum required_rule rule)
{
	size_t number = world->object_count++;

	world->objects[number].rule = rule;
	world->objects[number].grants = world->grants[number];
	return number;
}

static void grant(
	struct world *world, size_t object, struct directory_principal who, unsigned rights)
{
	world->grants[object][world->objects[object].grant_count++] =
		(struct required_grant){who, rights};
}

static size_t add_mailbox(struct world *world, uint32_t owner)
{
	size_t number = add_object(world, REQUIRED_OWNER);

	grant(world, number, user(owner), REQUIRED_MEMBER);
	return number;
}

/* The mailbox or the team site of a group. */
static size_t add_group_object(struct world *world, uint32_t place)
{
	size_t number = add_object(world, REQUIRED_MEMBERS);

	grant(world, number, group(place), REQUIRED_MEMBER);
	return number;
}

static struct required *required_of(struct world *world)
{
	if (!world->required)
		world->required = required_new(world->directory);
	return world->required;
}

static int64_t play(struct world *world, int64_t free)
{
	return required_play(required_of(world), world->objects, world->object_count,
		world->held, free, world->turns);
}

static size_t set_size(struct world *world, size_t object)
{
	size_t count;

	required_set(required_of(world), &world->objects[object], &count);
	return count;
}

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

static void B2_an_owner_who_is_a_member_counts_as_one(void **state)
{
	struct world *world = *state;
	uint32_t members = add_users(world, 3, true);
	size_t mailbox = add_group_object(world, add_group(world, members, 3));

	grant(world, mailbox, user(members), REQUIRED_ADMINISTER);
	assert_int_equal(set_size(world, mailbox), 3);
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

static void B15_a_circle_of_groups_ends_and_all_in_it_have_the_same_users(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 4, true);
	uint32_t groups[4];

	for (uint32_t i = 0; i < 4; i++)
		groups[i] = add_group(world, users + i, 1);
	/* 0, 1 and 2 in a circle, which 3 hangs below; 0 holds itself too. */
	nest(world, groups[0], group(groups[1]));
	nest(world, groups[1], group(groups[2]));
	nest(world, groups[2], group(groups[0]));
	nest(world, groups[0], group(groups[0]));
	nest(world, groups[1], group(groups[3]));
	for (uint32_t i = 0; i < 4; i++)
		add_group_object(world, groups[i]);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(set_size(world, i), 4);
	assert_int_equal(set_size(world, 3), 1);
}

static void B15_everyone_in_a_group_far_below_is_everyone(void **state)
{
	struct world *world = *state;
	uint32_t users = add_users(world, 30, true);
	uint32_t outer = add_group(world, users, 1), middle = add_group(world, 0, 0);
	uint32_t inner = add_group(world, 0, 0);

	add_users(world, 4, false);
	nest(world, outer, group(middle));
	nest(world, middle, group(inner));
	nest(world, inner, everyone());
	nest(world, inner, group(outer));
	size_t site = add_object(world, REQUIRED_SITE_RIGHTS);
	grant(world, site, group(outer), REQUIRED_EDIT);
	assert_int_equal(set_size(world, site), 30);
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
		TEST(T4_B2_a_group_of_10_members_and_2_owners_needs_10),
		TEST(B2_an_owner_who_is_a_member_counts_as_one),
		TEST(T5_B3_after_the_members_are_licensed_mailbox_and_team_site_need_0),
		TEST(B3_B11_a_licensed_group_covers_its_mailbox_and_its_team_site),
		TEST(B8_a_public_folder_needs_the_40_of_100_who_can_modify),
		TEST(T6_B9_where_35_of_the_40_are_licensed_5_more_are_needed),
		TEST(B8_create_only_edit_own_and_delete_own_each_count),
		TEST(B8_default_is_every_licensed_user_of_the_organization),
		TEST(T7_B10_a_classic_site_of_100_users_80_of_them_readers_needs_20),
		TEST(B10_roles_and_administrators_of_a_site_count),
		TEST(B11_a_team_site_needs_the_members_of_its_group),
		TEST(B12_one_license_covers_drive_and_mailbox_of_a_user),
		TEST(B13_a_user_who_comes_by_many_ways_counts_once),
		TEST(T26_B14_when_every_user_is_licensed_shared_content_needs_0_more),
		TEST(B15_nested_groups_are_resolved_to_the_end),
		TEST(B15_a_circle_of_groups_ends_and_all_in_it_have_the_same_users),
		TEST(B15_everyone_in_a_group_far_below_is_everyone),
		TEST(B_guests_and_unlicensed_users_never_count_whatever_way_they_come),
		TEST(B4_B5_an_object_that_needs_nobody_needs_nobody),
		TEST(T22_C2_a_group_that_needs_5_of_3_takes_none_and_the_next_is_tried),
		TEST(T24_C8_a_group_that_grew_beyond_what_is_left_misses_1),
		TEST(C2_an_object_whose_users_all_hold_goes_on_with_less_than_nothing_left),
		TEST(D9_the_way_goes_by_the_first_grant_and_the_fewest_groups),
		TEST(D9_everyone_is_a_way_and_somebody_who_does_not_count_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
