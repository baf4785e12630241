/* SPDX-License-Identifier: Apache-2.0 */
/* What the license allows: runs and plans of mailboxes, with a licensing service in memory. The
 * source is a script. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "../license_client/world.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "job/connection.h"
#include "job/gate.h"
#include "job/plan.h"
#include "job/report.h"
#include "license/key.h"
#include "license/keyset.h"
#include "mailboxes.h"
#include "script.h"

static void activate(const struct fixture *fixture)
{
	struct license_client *client = fixture->installation->license;

	mailboxes_set_server(fixture);
	assert_int_equal(license_client_activate(client, mailboxes_service->key), 0);
}

static int setup(void **state)
{
	int r = fixture_setup(state);

	world_stop_clocks();
	mailboxes_script();
	mailboxes_service = fake_service_start();
	mailboxes_connect(*state);
	assert_int_equal(mailboxes_add_job(*state, "nightly"), 0);
	activate(*state);
	return r;
}

static int teardown(void **state)
{
	int r = fixture_teardown(state);

	fake_service_stop(mailboxes_service);
	clock_use(NULL);
	return r;
}

static char *numbers(
	const struct json *json, const char *word, const char *first, const char *second)
{
	AUTO_TEXT text = mem_strdup("");
	const struct json *list = json_get(json, "objects");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *object = json_at(list, i);
		mem_replace(
			&text, mem_printf("%s%s %d %d %d\n", text, json_get_text(object, word),
				       (int)json_get_int(object, first, -1),
				       (int)json_get_int(object, second, -1),
				       (int)json_get_int(object, "missing", -1)));
	}
	return STEAL(text);
}

/* A line an object: result, required, newly licensed, missing. */
static void assert_result(
	const struct fixture *fixture, const char *state, const char *expected)
{
	AUTO_JSON report = fixture_report(fixture);
	AUTO_TEXT found = numbers(report, "result", "required", "newly_licensed");

	assert_string_equal(json_get_text(report, "state"), state);
	assert_string_equal(found, expected);
}

/* A line an object: what it would be, required, would license, missing. */
static void assert_plan(const struct fixture *fixture, const char *expected)
{
	AUTO_JSON plan = NULL;

	assert_int_equal(plan_job(fixture->installation, "nightly", &plan), 0);
	AUTO_TEXT found = numbers(plan, "would_be", "required", "would_license");
	assert_string_equal(found, expected);
}

static void assert_notices(const struct fixture *fixture, const char *expected)
{
	AUTO_TEXT notices = fixture_notices(fixture, false);

	assert_string_equal(notices, expected);
}

static void C1_C3_C4_C9_licenses_are_taken_in_order_while_there_are_some(void **state)
{
	const struct fixture *fixture = *state;

	mailboxes_service->lease.seats = 2;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(
		fixture, "finished_in_part", "stored 1 1 0\nstored 1 1 0\nno_license 1 0 1\n");
	assert_notices(fixture, "no_license mailbox:user3@contoso.example\n");
	assert_int_equal(script.items[2].reads, 0);
	mailboxes_service->lease.seats = 3;
	assert_int_equal(fixture_run(fixture), 0);
	assert_result(fixture, "finished", "unchanged 1 0 0\nunchanged 1 0 0\nstored 1 1 0\n");
	assert_notices(fixture, "");
}

static void D9_a_plan_says_what_would_be_and_takes_nothing(void **state)
{
	const struct fixture *fixture = *state;

	mailboxes_service->lease.seats = 2;
	for (int i = 0; i < 2; i++)
		assert_plan(fixture, "stored 1 1 0\nstored 1 1 0\nno_license 1 0 1\n");
	assert_int_equal(mailboxes_service->assigned.count, 0);
	assert_int_equal(script.items[0].reads, 0);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_plan(fixture, "stored 1 0 0\nstored 1 0 0\nno_license 1 0 1\n");
}

static void B13_mailboxes_of_one_user_take_one_license(void **state)
{
	const struct fixture *fixture = *state;

	mailboxes_service->lease.seats = 1;
	mailboxes_objects[1].owner.directory_id = mailboxes_objects[0].owner.directory_id;
	mailboxes_objects[2].owner.purpose = "shared";
	mailboxes_objects[2].owner.exchange_license = false;
	mailboxes_objects[2].kind = "shared_mailbox";
	assert_plan(fixture, "stored 1 1 0\nstored 1 0 0\nstored 0 0 0\n");
	assert_int_equal(fixture_run(fixture), 0);
	assert_result(fixture, "finished", "stored 1 1 0\nstored 1 0 0\nstored 0 0 0\n");
	assert_int_equal(mailboxes_service->assigned.count, 1);
}

static int64_t count_needs(const struct fixture *fixture)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(
		db_one(fixture->installation->db, &rows, "SELECT count(*) FROM need", ""), 1);
	return db_int(rows, 0);
}

static void C8_B4_who_is_needed_is_judged_anew_at_each_run(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(count_needs(fixture), 3);
	mailboxes_objects[0].owner.purpose = "shared"; /* and no longer licensed */
	mailboxes_objects[0].owner.exchange_license = false;
	mailboxes_objects[1].owner.exchange_license = false;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(fixture, "finished_in_part",
		"unchanged 0 0 0\nunsupported 0 0 0\nunchanged 1 0 0\n");
	assert_int_equal(count_needs(fixture), 1);
}

static void A4_under_an_expired_subscription_no_backup_begins_and_no_job_is_made(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), 0);
	mailboxes_service->lease.state = LEASE_EXPIRED;
	mailboxes_service->lease.expires_s = world_now() - 1;
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "renew"));
	assert_result(fixture, "expired", "");
	assert_int_equal(mailboxes_add_job(fixture, "second"), ERR_LICENSE);
	assert_plan(fixture, "stored 1 0 0\nstored 1 0 0\nstored 1 0 0\n");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_non_null(strstr(notices, "license_expired"));
	mailboxes_service->lease.state = LEASE_ACTIVE;
	mailboxes_service->lease.expires_s = world_now() + 365 * DAY_S;
	assert_int_equal(mailboxes_add_job(fixture, "second"), 0);
	assert_int_equal(fixture_run(fixture), 0);
	assert_notices(fixture, "");
}

static void expire_now(const char *item_id)
{
	(void)item_id;
	world_pass(400 * DAY_S);
}

static void C10_the_object_in_hand_is_ended_and_the_next_is_not_begun(void **state)
{
	const struct fixture *fixture = *state;

	mailboxes_objects[1].owner.purpose =
		"shared"; /* one that needs no license is not begun either */
	mailboxes_objects[1].owner.exchange_license = false;
	script.on_read = expire_now;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	script.on_read = NULL;
	assert_int_equal(script.items[0].reads, 1);
	assert_int_equal(script.items[1].reads, 0);
	assert_result(fixture, "expired", "stored 1 1 0\n");
	AUTO_TEXT stored = fixture_stored(fixture);
	assert_string_equal(stored, "mailbox/user1@contoso.example/Inbox/m.eml=message\n");
}

static void E2_without_the_service_what_is_licensed_goes_on_and_the_rest_waits(void **state)
{
	const struct fixture *fixture = *state;

	script.object_count = 2;
	assert_int_equal(fixture_run(fixture), 0);
	fake_service_lie(mailboxes_service, LIE_503);
	script.object_count = 3;
	script.items[0].tag = "2";
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(
		fixture, "finished_in_part", "stored 1 0 0\nunchanged 1 0 0\nwaiting 1 0 0\n");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_non_null(strstr(notices, "license_offline"));
	assert_non_null(strstr(notices, "waiting mailbox:user3@contoso.example"));
	fake_service_lie(mailboxes_service, LIE_NONE);
	assert_int_equal(fixture_run(fixture), 0);
	assert_notices(fixture, "");
}

static void E3_E4_a_job_that_was_suspended_is_told_once_when_the_service_is_back(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON first = NULL;
	AUTO_JSON second = NULL;

	assert_int_equal(fixture_run(fixture), 0);
	fake_service_lie(mailboxes_service, LIE_503);
	world_pass(15 * DAY_S);
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_result(fixture, "suspended", "");
	assert_string_equal(
		report_state_text("suspended"), "Suspended (waiting for the licensing server)");
	fake_service_lie(mailboxes_service, LIE_NONE);
	assert_int_equal(license_client_contact(fixture->installation->license, 5000), 0);
	assert_result(fixture, "idle", "");
	assert_int_equal(report_take_suspended(fixture->installation, &first), 0);
	AUTO_TEXT names = json_text(first, false);
	assert_string_equal(names, "[\"nightly\"]");
	assert_int_equal(report_take_suspended(fixture->installation, &second), 0);
	assert_int_equal(json_count(second), 0);
	assert_int_equal(fixture_run(fixture), 0);
}

static void A11_a_revoked_key_stops_the_job(void **state)
{
	const struct fixture *fixture = *state;

	mailboxes_service->lease.state = LEASE_REVOKED;
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "revoked"));
	assert_result(fixture, "stopped", "");
	assert_int_equal(mailboxes_add_job(fixture, "second"), ERR_LICENSE);
	assert_int_equal(script.items[0].reads, 0);
}

static void folders_of_the_machine_need_no_license(void **state)
{
	const struct fixture *fixture = *state;

	mailboxes_service->lease.state = LEASE_REVOKED;
	assert_int_equal(license_client_contact(fixture->installation->license, 5000), 0);
	fixture_put(fixture, "a/x", "x");
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	fixture_add_job(fixture, "all");
	int calls = mailboxes_service->calls;
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL, "folder:a stored 1/1\n");
	assert_int_equal(mailboxes_service->calls, calls);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(C1_C3_C4_C9_licenses_are_taken_in_order_while_there_are_some),
		TEST(D9_a_plan_says_what_would_be_and_takes_nothing),
		TEST(B13_mailboxes_of_one_user_take_one_license),
		TEST(C8_B4_who_is_needed_is_judged_anew_at_each_run),
		TEST(A4_under_an_expired_subscription_no_backup_begins_and_no_job_is_made),
		TEST(C10_the_object_in_hand_is_ended_and_the_next_is_not_begun),
		TEST(E2_without_the_service_what_is_licensed_goes_on_and_the_rest_waits),
		TEST(E3_E4_a_job_that_was_suspended_is_told_once_when_the_service_is_back),
		TEST(A11_a_revoked_key_stops_the_job),
		TEST(folders_of_the_machine_need_no_license),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
