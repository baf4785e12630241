/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/older.h"

static const int64_t gigabyte = 1000 * 1000 * 1000;

static struct required_grant grant_of(enum directory_kind kind, uint32_t place, unsigned rights)
{
	return (struct required_grant){{kind, place}, rights};
}

static struct older_object object_of(enum older_kind kind, int64_t bytes)
{
	return (struct older_object){.kind = kind, .bytes = bytes};
}

static void need(struct older_object *object, enum required_rule rule,
	const struct required_grant *grants, size_t count)
{
	object->found = true;
	object->now = (struct required_object){rule, grants, count};
}

static struct older_owned owned_of(int64_t mailboxes, int64_t volumes)
{
	struct older_owned owned = {.licenses = {[OLDER_MAILBOX] = mailboxes}};

	for (int kind = OLDER_PUBLIC_FOLDER; kind < OLDER_KIND_COUNT; kind++) {
		owned.licenses[kind] = volumes;
		owned.volume_bytes[kind] = 10 * gigabyte;
	}
	return owned;
}

static void H1_each_started_volume_counts_whole(void **state)
{
	(void)state;
	assert_int_equal(older_volumes(0, 10), 0);
	assert_int_equal(older_volumes(1, 10), 1);
	assert_int_equal(older_volumes(10, 10), 1);
	assert_int_equal(older_volumes(11, 10), 2);
	assert_true(older_volumes(INT64_MAX, 1) == INT64_MAX);
	assert_true(older_volumes(INT64_MAX, INT64_MAX) == 1);
}

static void H1_volumes_are_started_by_all_objects_of_a_kind_together(void **state)
{
	(void)state;
	struct directory *directory = directory_new();
	struct required *required = required_new(directory);
	struct older_owned owned = owned_of(2, 1);
	struct older_object objects[] = {object_of(OLDER_MAILBOX, 70 * gigabyte),
		object_of(OLDER_PUBLIC_FOLDER, 4 * gigabyte),
		object_of(OLDER_PUBLIC_FOLDER, 5 * gigabyte),
		object_of(OLDER_SHAREPOINT, 10 * gigabyte), object_of(OLDER_SHAREPOINT, 1),
		object_of(OLDER_ONEDRIVE, 0), object_of(OLDER_MAILBOX, 0)};
	struct older_comparison comparison;

	older_compare(&owned, objects, 7, required, &comparison);
	assert_int_equal(comparison.had[OLDER_MAILBOX].used, 2);
	assert_int_equal(comparison.had[OLDER_MAILBOX].bytes, 70 * gigabyte);
	assert_int_equal(comparison.had[OLDER_PUBLIC_FOLDER].used, 1);
	assert_int_equal(comparison.had[OLDER_PUBLIC_FOLDER].objects, 2);
	assert_int_equal(comparison.had[OLDER_SHAREPOINT].used, 2);
	assert_int_equal(comparison.had[OLDER_SHAREPOINT].owned, 1);
	assert_int_equal(comparison.had[OLDER_ONEDRIVE].used, 0);
	assert_int_equal(comparison.owned, 5);
	assert_int_equal(comparison.used, 5);
	assert_int_equal(comparison.gone, 7);
	assert_int_equal(comparison.users, 0);
	assert_true(comparison.advice[OLDER_OVERUSED]);
	assert_true(comparison.advice[OLDER_FREE_VOLUME]);
	assert_true(comparison.advice[OLDER_GONE]);
	assert_false(comparison.advice[OLDER_EVERYONE]);
	required_free(required);
	directory_free(directory);
}

static void H1_what_was_had_and_what_is_needed_stand_side_by_side(void **state)
{
	(void)state;
	struct directory *directory = directory_new();

	for (int i = 0; i < 10; i++)
		directory_add_user(directory, true);
	uint32_t team = directory_add_group(directory);
	for (uint32_t i = 2; i < 7; i++)
		directory_add_member(
			directory, team, (struct directory_principal){DIRECTORY_USER, i});
	struct required *required = required_new(directory);
	struct older_owned owned = owned_of(4, 1);
	const struct required_grant ada = grant_of(DIRECTORY_USER, 0, REQUIRED_MEMBER);
	const struct required_grant bob = grant_of(DIRECTORY_USER, 1, REQUIRED_MEMBER);
	const struct required_grant members = grant_of(DIRECTORY_GROUP, team, REQUIRED_MEMBER);
	const struct required_grant folder[] = {grant_of(DIRECTORY_USER, 1, REQUIRED_EDIT),
		grant_of(DIRECTORY_USER, 2, REQUIRED_EDIT),
		grant_of(DIRECTORY_USER, 7, REQUIRED_CREATE)};
	struct older_object objects[] = {object_of(OLDER_MAILBOX, gigabyte),
		object_of(OLDER_MAILBOX, gigabyte), object_of(OLDER_ONEDRIVE, gigabyte),
		object_of(OLDER_MAILBOX, gigabyte), object_of(OLDER_MAILBOX, gigabyte),
		object_of(OLDER_PUBLIC_FOLDER, gigabyte)};
	struct older_comparison comparison;

	need(&objects[0], REQUIRED_OWNER, &ada, 1);
	need(&objects[1], REQUIRED_OWNER, &bob, 1);
	need(&objects[2], REQUIRED_OWNER, &ada, 1);
	need(&objects[3], REQUIRED_NOBODY, NULL, 0);
	need(&objects[4], REQUIRED_MEMBERS, &members, 1);
	need(&objects[5], REQUIRED_FOLDER_RIGHTS, folder, 3);
	older_compare(&owned, objects, 6, required, &comparison);

	assert_int_equal(comparison.owned, 7);
	assert_int_equal(comparison.used, 6);
	assert_int_equal(comparison.needs[REQUIRED_NOBODY].objects, 1);
	assert_int_equal(comparison.needs[REQUIRED_NOBODY].users, 0);
	assert_int_equal(comparison.needs[REQUIRED_OWNER].objects, 3);
	assert_int_equal(comparison.needs[REQUIRED_OWNER].users, 2);
	assert_int_equal(comparison.needs[REQUIRED_OWNER].more, 2);
	assert_int_equal(comparison.needs[REQUIRED_MEMBERS].users, 5);
	assert_int_equal(comparison.needs[REQUIRED_MEMBERS].more, 5);
	assert_int_equal(comparison.needs[REQUIRED_FOLDER_RIGHTS].users, 3);
	assert_int_equal(comparison.needs[REQUIRED_FOLDER_RIGHTS].more, 1);
	assert_int_equal(comparison.users, 8);
	assert_int_equal(comparison.difference, 1);
	assert_true(comparison.advice[OLDER_BUY]);
	assert_false(comparison.advice[OLDER_ENOUGH]);
	assert_false(comparison.advice[OLDER_FEWER]);
	assert_true(comparison.advice[OLDER_FREE_MAILBOX]);
	assert_true(comparison.advice[OLDER_FREE_VOLUME]);
	assert_true(comparison.advice[OLDER_SHARED_USERS]);
	assert_false(comparison.advice[OLDER_EVERYONE]);
	assert_false(comparison.advice[OLDER_GONE]);
	assert_false(comparison.advice[OLDER_OVERUSED]);
	required_free(required);
	directory_free(directory);
}

static void H1_fewer_are_enough_where_data_took_most_licenses(void **state)
{
	(void)state;
	struct directory *directory = directory_new();

	directory_add_user(directory, true);
	directory_add_user(directory, false);
	struct required *required = required_new(directory);
	struct older_owned owned = owned_of(1, 40);
	const struct required_grant all = grant_of(DIRECTORY_EVERYONE, 0, REQUIRED_EDIT);
	struct older_object site = object_of(OLDER_SHAREPOINT, 400 * gigabyte);
	struct older_comparison comparison;

	need(&site, REQUIRED_SITE_RIGHTS, &all, 1);
	older_compare(&owned, &site, 1, required, &comparison);
	assert_int_equal(comparison.had[OLDER_SHAREPOINT].used, 40);
	assert_int_equal(comparison.users, 1);
	assert_int_equal(comparison.difference, 1 - 121);
	assert_true(comparison.advice[OLDER_ENOUGH]);
	assert_true(comparison.advice[OLDER_FEWER]);
	assert_true(comparison.advice[OLDER_EVERYONE]);
	assert_true(comparison.advice[OLDER_SHARED_USERS]);
	assert_false(comparison.advice[OLDER_FREE_MAILBOX]);
	required_free(required);
	directory_free(directory);
}

static void H1_sizes_beyond_all_measure_stay_at_its_end(void **state)
{
	(void)state;
	struct directory *directory = directory_new();
	struct required *required = required_new(directory);
	struct older_owned owned = owned_of(0, 0);
	struct older_object objects[] = {
		object_of(OLDER_ONEDRIVE, INT64_MAX), object_of(OLDER_ONEDRIVE, INT64_MAX)};
	struct older_comparison comparison;

	older_compare(&owned, objects, 2, required, &comparison);
	assert_true(comparison.had[OLDER_ONEDRIVE].bytes == INT64_MAX);
	assert_int_equal(comparison.had[OLDER_ONEDRIVE].used, INT64_MAX / (10 * gigabyte) + 1);
	required_free(required);
	directory_free(directory);
}

static void H1_kinds_and_advice_have_words(void **state)
{
	(void)state;
	assert_string_equal(older_kind_name(OLDER_MAILBOX), "mailbox");
	assert_string_equal(older_kind_name(OLDER_ONEDRIVE), "onedrive");
	for (int i = 0; i < OLDER_ADVICE_COUNT; i++)
		for (int j = 0; j < i; j++)
			assert_string_not_equal(older_advice_code((enum older_advice)i),
				older_advice_code((enum older_advice)j));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(H1_each_started_volume_counts_whole),
		cmocka_unit_test(H1_volumes_are_started_by_all_objects_of_a_kind_together),
		cmocka_unit_test(H1_what_was_had_and_what_is_needed_stand_side_by_side),
		cmocka_unit_test(H1_fewer_are_enough_where_data_took_most_licenses),
		cmocka_unit_test(H1_sizes_beyond_all_measure_stay_at_its_end),
		cmocka_unit_test(H1_kinds_and_advice_have_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
