/* SPDX-License-Identifier: Apache-2.0 */
/* Objects that several people share: who is needed, and what becomes of them. */
#include "office.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/job.h"
#include "job/plan.h"

static void T4_B2_a_group_needs_its_members_and_not_its_owners(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(12);
	office_put_group(1, 1, 10);
	size_t sales = office_put_of_group("group_mailbox", "sales@contoso.example", 1);
	/* Owners may administer it, and are no members. */
	office_grant(sales, SOURCE_PRINCIPAL_USER, 11)->administer = true;
	office_grant(sales, SOURCE_PRINCIPAL_USER, 12)->change = true;
	office_assert_plan(fixture, "sales@contoso.example stored 10 0 10 0\n");
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "sales@contoso.example stored 10 10 0\n");
	assert_int_equal(office.service->assigned.count, 10);
}

static void T5_B3_B11_members_who_hold_a_license_take_none_and_the_team_site_neither(
	void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(3);
	office_put_group(1, 1, 3);
	for (size_t i = 1; i <= 3; i++)
		office_put_mailbox(i);
	office_put_of_group("group_mailbox", "zebra@contoso.example", 1);
	office_put_of_group("team_site", "zebra", 1);
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "user001@contoso.example stored 1 1 0\n"
				   "user002@contoso.example stored 1 1 0\n"
				   "user003@contoso.example stored 1 1 0\n"
				   "zebra stored 3 0 0\n"
				   "zebra@contoso.example stored 3 0 0\n");
	assert_int_equal(office.service->assigned.count, 3);
}

/* 100 people may read, the first 40 may modify: each by another of the rights. */
static void put_public_folder(void)
{
	office_put_users(100);
	size_t news = office_put_object("public_folder", "/Company/News");
	for (size_t i = 1; i <= 100; i++) {
		struct source_grant *grant = office_grant(news, SOURCE_PRINCIPAL_USER, i);
		grant->read = true;
		grant->change = i <= 40;
	}
}

static void T6_B8_B9_a_public_folder_needs_who_may_modify_it(void **state)
{
	const struct fixture *fixture = *state;

	put_public_folder();
	for (size_t i = 1; i <= 35; i++)
		office_put_mailbox(i);
	script.objects++; /* the folder comes later */
	script.object_count = 35;
	office.service->lease.seats = 50;
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(office.service->assigned.count, 35);
	script.objects--;
	script.object_count = 1;
	office_assert_plan(fixture, "/Company/News stored 40 35 5 0\n");
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "/Company/News stored 40 5 0\n");
}

static void T7_B10_a_classic_site_needs_all_but_its_readers(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(100);
	office_put_group(1, 21, 100); /* visitors */
	office_put_group(2, 1, 19);   /* contributors */
	size_t hr = office_put_object("site", "/sites/hr");
	office_grant(hr, SOURCE_PRINCIPAL_GROUP, 1)->read = true;
	office_grant(hr, SOURCE_PRINCIPAL_GROUP, 2)->change = true;
	office_grant(hr, SOURCE_PRINCIPAL_USER, 20)->administer = true;
	office.service->lease.seats = 50;
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "/sites/hr stored 20 20 0\n");
	assert_int_equal(office.groups[0].reads, 0); /* who only reads is not looked up */
}

static void B15_nested_groups_and_cycles_count_each_user_once(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(6);
	office_put_group(1, 1, 2);
	office_put_group(2, 2, 4);
	office_put_group(3, 4, 5);
	office_put_subgroup(1, 2);
	office_put_subgroup(2, 3);
	office_put_subgroup(3, 1); /* in a circle */
	size_t site = office_put_object("site", "/sites/hr");
	office_grant(site, SOURCE_PRINCIPAL_GROUP, 1)->change = true;
	size_t everyone = office_put_object("site", "/sites/open");
	office_grant(everyone, SOURCE_PRINCIPAL_EVERYONE, 0)->change = true;
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "/sites/hr stored 5 5 0\n/sites/open stored 6 1 0\n");
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(office.groups[i].reads, 1);
	assert_int_equal(script.user_reads, 1);
}

static void B_guests_and_unlicensed_members_are_not_counted(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(4);
	office.users[1].guest = true;
	office.users[2].m365_license = false;
	office_put_group(1, 1, 4);
	office_put_of_group("group_mailbox", "sales@contoso.example", 1);
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "sales@contoso.example stored 2 2 0\n");
}

static void B12_T8_a_drive_takes_the_license_of_its_users_mailbox(void **state)
{
	const struct fixture *fixture = *state;

	office_put_mailbox(1);
	for (size_t i = 1; i <= 3; i++) {
		size_t drive = office_put_mailbox(i);
		office.objects[drive].kind = "onedrive";
	}
	office.objects[2].owner.guest = true;
	office.objects[3].owner.m365_license = false;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	office_assert_run(fixture, "user001@contoso.example stored 1 1 0\n"
				   "user001@contoso.example stored 1 0 0\n"
				   "user002@contoso.example unsupported 0 0 0\n"
				   "user003@contoso.example unsupported 0 0 0\n");
	assert_int_equal(office.service->assigned.count, 1);
}

static void T22_C2_a_group_that_needs_too_many_takes_none_and_the_next_is_tried(void **state)
{
	const struct fixture *fixture = *state;

	office.service->lease.seats = 3;
	office_put_users(6);
	office_put_group(1, 1, 5);
	office_put_of_group("group_mailbox", "all@contoso.example", 1);
	office_put_mailbox(6);
	office_assert_plan(fixture, "all@contoso.example no_license 5 0 0 2\n"
				    "user006@contoso.example stored 1 0 1 0\n");
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	office_assert_run(fixture, "all@contoso.example no_license 5 0 2\n"
				   "user006@contoso.example stored 1 1 0\n");
	assert_int_equal(office.service->assigned.count, 1);
	assert_int_equal(office.items[0].reads, 0);
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_string_equal(notices, "no_license group_mailbox:all@contoso.example\n");
}

static void T24_C8_C2_a_group_that_grows_beyond_what_is_left_keeps_its_snapshots(void **state)
{
	const struct fixture *fixture = *state;

	office.service->lease.seats = 5;
	office_put_users(6);
	office_put_group(1, 1, 5);
	office_put_of_group("group_mailbox", "all@contoso.example", 1);
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "all@contoso.example stored 5 5 0\n");
	office_put_group(1, 6, 6);
	office.items[0].tag = "2";
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	office_assert_run(fixture, "all@contoso.example no_license 6 0 1\n");
	assert_int_equal(office.service->assigned.count, 5);
	AUTO_TEXT stored = fixture_stored(fixture);
	assert_string_equal(stored, "group_mailbox/all@contoso.example kept\n");
	/* Who left needs none any more, and keeps the license until it is released. */
	office.groups[0].member_count = 4;
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "all@contoso.example stored 4 0 0\n");
	assert_int_equal(office.service->assigned.count, 5);
}

static void T26_B14_when_all_are_licensed_shared_objects_take_none(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(5);
	for (size_t i = 1; i <= 5; i++)
		office_put_mailbox(i);
	assert_int_equal(fixture_run(fixture), 0);
	office.service->lease.seats = 5;
	office_put_group(1, 1, 3);
	office_put_group(2, 2, 5);
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	office_put_of_group("group_mailbox", "b@contoso.example", 2);
	for (size_t i = 0; i < 3; i++) {
		static const char *const names[] = {"/sites/a", "/sites/b", "/sites/c"};
		size_t site = office_put_object("site", names[i]);
		office_grant(site, SOURCE_PRINCIPAL_EVERYONE, 0)->change = true;
	}
	size_t folder = office_put_object("public_folder", "/News");
	office_grant(folder, SOURCE_PRINCIPAL_EVERYONE, 0)->change = true;
	int claims = office.service->claims;
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(office.service->assigned.count, 5);
	assert_int_equal(office.service->claims, claims); /* nothing was asked */
	/* All that everyone may edit share one set. */
	assert_int_equal(
		office_number(fixture, "SELECT count(DISTINCT set_no) FROM need_object "
				       "WHERE rule IN ('B8', 'B10')"),
		1);
}

static void C1_C2_C9_claims_are_made_in_order_and_the_first_that_needs_a_user_licenses_it(
	void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(3);
	office_put_group(1, 1, 2);
	office_put_group(2, 2, 3);
	office_put_of_group("group_mailbox", "B@contoso.example", 2);
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	office_put_mailbox(1);
	assert_int_equal(fixture_run(fixture), 0);
	office_assert_run(fixture, "a@contoso.example stored 2 2 0\n"
				   "B@contoso.example stored 2 1 0\n"
				   "user001@contoso.example stored 1 0 0\n");
	assert_int_equal(office.service->claims, 2);
}

static void C8_a_group_that_is_gone_fails_its_object_by_name_and_not_the_run(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(3);
	office_put_group(1, 1, 2);
	office_put_subgroup(1, 2); /* which is not there */
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	office_put_mailbox(3);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	office_assert_run(fixture, "a@contoso.example failed 0 0 0\n"
				   "user003@contoso.example stored 1 1 0\n");
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"group_mailbox:a@contoso.example failed 0/0 group_gone\n"
		"mailbox:user003@contoso.example stored 1/1\n");
	office_assert_plan(fixture, "a@contoso.example failed 0 0 0 0\n"
				    "user003@contoso.example stored 1 1 0 0\n");
}

static void a_membership_or_users_that_cannot_be_read_fail_what_is_shared_alone(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(3);
	office_put_group(1, 1, 2);
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	office_put_mailbox(3);
	office.groups[0].fault =
		(struct script_fault){.error = ERR_AUTH, .scope = SOURCE_OBJECT};
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"group_mailbox:a@contoso.example failed 0/0 members_unread\n"
		"mailbox:user003@contoso.example stored 1/1\n");
	office.groups[0].fault = (struct script_fault){0};
	script.users_fault = (struct script_fault){.error = ERR_AUTH, .scope = SOURCE_TENANT};
	int reads = office.groups[0].reads;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	office_assert_run(fixture, "a@contoso.example failed 0 0 0\n"
				   "user003@contoso.example unchanged 1 0 0\n");
	assert_int_equal(office.groups[0].reads, reads); /* asked no more */
	script.users_fault = (struct script_fault){0};
	assert_int_equal(fixture_run(fixture), 0);
}

static void what_may_not_be_listed_is_told_and_not_taken_for_gone(void **state)
{
	const struct fixture *fixture = *state;

	office_put_users(2);
	office_put_group(1, 1, 2);
	office_put_mailbox(1);
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	assert_int_equal(fixture_run(fixture), 0);
	script.gap_kind = "group_mailbox";
	script.object_count = 1;
	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT news = fixture_notices(fixture, false);
	assert_string_equal(news, "permission_missing \n");
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_object"), 2);
	script.gap_kind = NULL;
	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT after = fixture_notices(fixture, false);
	assert_string_equal(after, "");
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_object"), 1);
}

static void D9_a_set_is_written_once_and_again_when_it_changes(void **state)
{
	const struct fixture *fixture = *state;
	static const char sets[] = "SELECT max(no) FROM need_set";

	office_put_users(4);
	office_put_group(1, 1, 2);
	office_put_group(2, 3, 3);
	office_put_subgroup(1, 2);
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	office_put_of_group("team_site", "a", 1);
	assert_int_equal(fixture_run(fixture), 0);
	int64_t set = office_number(fixture, sets);
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_set"), 1);
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need WHERE kind = "
						"'group_mailbox' AND via = "
						"'[\"member\",\"a\",\"g002\"]'"),
		1);
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(office_number(fixture, sets), set);
	office_put_group(1, 3, 3); /* the same users, and a shorter way */
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_set"), 1);
	assert_int_equal(
		office_number(fixture, "SELECT count(*) FROM need WHERE via LIKE '%g002%'"), 0);
	office.users[0].name = "new@contoso.example"; /* a name that changed is kept */
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(
		office_number(fixture, "SELECT count(*) FROM subject WHERE name LIKE 'new@%'"),
		1);
	script.object_count = 1; /* what is gone needs nobody */
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_object"), 1);
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_set"), 0);
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM need_member"), 0);
}

static void D9_a_plan_without_a_key_tells_what_it_would_need(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON plan = NULL;

	office_put_users(3);
	office_put_group(1, 1, 2);
	office_put_of_group("group_mailbox", "a@contoso.example", 1);
	office_put_mailbox(1);
	office_put_mailbox(3);
	assert_int_equal(plan_job(fixture->installation, "nightly", &plan), 0);
	assert_int_equal(json_get_int(plan, "required", -1), 3);
	assert_int_equal(json_get_int(plan, "held", -1), 0);
	office_assert_plan(fixture, "a@contoso.example stored 2 0 0 0\n"
				    "user001@contoso.example stored 1 0 0 0\n"
				    "user003@contoso.example stored 1 0 0 0\n");
	const struct json *first = json_at(json_get(plan, "objects"), 0);
	const struct json *subject = json_at(json_get(first, "subjects"), 0);
	assert_string_equal(json_get_text(first, "rule"), "B2");
	assert_string_equal(json_get_text(subject, "name"), "user001@contoso.example");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(T4_B2_a_group_needs_its_members_and_not_its_owners),
		TEST(T5_B3_B11_members_who_hold_a_license_take_none_and_the_team_site_neither),
		TEST(T6_B8_B9_a_public_folder_needs_who_may_modify_it),
		TEST(T7_B10_a_classic_site_needs_all_but_its_readers),
		TEST(B15_nested_groups_and_cycles_count_each_user_once),
		TEST(B_guests_and_unlicensed_members_are_not_counted),
		TEST(B12_T8_a_drive_takes_the_license_of_its_users_mailbox),
		TEST(T22_C2_a_group_that_needs_too_many_takes_none_and_the_next_is_tried),
		TEST(T24_C8_C2_a_group_that_grows_beyond_what_is_left_keeps_its_snapshots),
		TEST(T26_B14_when_all_are_licensed_shared_objects_take_none),
		TEST(C1_C2_C9_claims_are_made_in_order_and_the_first_that_needs_a_user_licenses_it),
		TEST(C8_a_group_that_is_gone_fails_its_object_by_name_and_not_the_run),
		TEST(a_membership_or_users_that_cannot_be_read_fail_what_is_shared_alone),
		TEST(what_may_not_be_listed_is_told_and_not_taken_for_gone),
		TEST(D9_a_set_is_written_once_and_again_when_it_changes),
		cmocka_unit_test_setup_teardown(
			D9_a_plan_without_a_key_tells_what_it_would_need,
			office_setup_without_key, office_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
