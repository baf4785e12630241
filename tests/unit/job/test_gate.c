/* SPDX-License-Identifier: Apache-2.0 */
/* What the license allows: runs and plans of mailboxes, with a licensing service in memory. The
 * source is a script. */
#include "fixture.h"

#include <stdlib.h>
#include <string.h>

#include "../license_client/fake_service.h"
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
#include "script.h"

/* Every connection to Microsoft is one to the script. */
int __wrap_graph_source_new(const struct graph_options *options, struct source **out);

int __wrap_graph_source_new(const struct graph_options *options, struct source **out)
{
	(void)options;
	*out = script_source();
	return 0;
}

#define USER(number)                                                                           \
	{                                                                                      \
		.id = "u" #number, .kind = "mailbox",                                          \
		.name = "user" #number "@contoso.example", .display_name = "User",             \
		.owner = {.tenant_id = "t",                                                    \
			.directory_id = "d" #number,                                           \
			.purpose = "user",                                                     \
			.m365_license = true,                                                  \
			.exchange_license = true,                                              \
			.has_mailbox = true},                                                  \
	}

static const struct source_object users[] = {USER(1), USER(2), USER(3)};

/* Of the test that runs. */
static struct source_object objects[SCRIPT_COUNT(users)];
static struct script_folder folders[SCRIPT_COUNT(users)];
static struct script_item items[SCRIPT_COUNT(users)];
static struct fake_service *service;

static void write_script(void)
{
	script_clear();
	for (size_t i = 0; i < SCRIPT_COUNT(users); i++) {
		objects[i] = users[i];
		folders[i] = (struct script_folder){
			.object = users[i].id, .id = "f", .parent_id = "", .name = "Inbox"};
		items[i] = (struct script_item){.object = users[i].id,
			.folder = "f",
			.id = "m",
			.name = "m.eml",
			.tag = "1",
			.text = "message"};
	}
	script = (struct script){.objects = objects,
		.object_count = SCRIPT_COUNT(objects),
		.folders = folders,
		.folder_count = SCRIPT_COUNT(folders),
		.items = items,
		.item_count = SCRIPT_COUNT(items)};
}

static int add_job(const struct fixture *fixture, const char *job_name)
{
	char connection[] = "office", storage[] = "disk", all[] = "all", order[] = "name",
	     schedule[] = "";
	AUTO_TEXT name = mem_strdup(job_name);
	const struct job job = {.name = name,
		.connection = connection,
		.storage = storage,
		.objects = all,
		.ordering = order,
		.schedule = schedule};

	return job_add(fixture->installation, &job);
}

static void add_office(const struct fixture *fixture)
{
	AUTO_JSON settings = json_new_object();

	json_put_text(settings, "tenant", "t");
	json_put_text(settings, "client_id", "c");
	const struct connection_new connection = {
		.name = "office", .kind = "m365", .settings = settings, .secret = "s"};
	assert_int_equal(connection_add(fixture->installation, &connection), 0);
}

static void activate(const struct fixture *fixture)
{
	static const uint8_t random[KEY_RANDOM_SIZE] = {1, 2, 3};
	struct license_client *client = fixture->installation->license;
	AUTO_TEXT root = io_join(fixture->folder, "root.pub");
	char text[KEYSET_ROOT_SIZE];

	key_make(random, service->key);
	keyset_root_write(service->root.public, text);
	assert_int_equal(io_write_file(root, text, strlen(text), 0600), 0);
	assert_int_equal(
		license_client_set_server(client, fake_service_url(service), root, NULL), 0);
	assert_int_equal(license_client_activate(client, service->key), 0);
}

static int setup(void **state)
{
	int r = fixture_setup(state);

	world_stop_clocks();
	write_script();
	service = fake_service_start();
	add_office(*state);
	assert_int_equal(add_job(*state, "nightly"), 0);
	activate(*state);
	return r;
}

static int teardown(void **state)
{
	int r = fixture_teardown(state);

	fake_service_stop(service);
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

	service->lease.seats = 2;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(
		fixture, "finished_in_part", "stored 1 1 0\nstored 1 1 0\nno_license 1 0 1\n");
	assert_notices(fixture, "no_license mailbox:user3@contoso.example\n");
	assert_int_equal(items[2].reads, 0);
	service->lease.seats = 3;
	assert_int_equal(fixture_run(fixture), 0);
	assert_result(fixture, "finished", "unchanged 1 0 0\nunchanged 1 0 0\nstored 1 1 0\n");
	assert_notices(fixture, "");
}

static void D9_a_plan_says_what_would_be_and_takes_nothing(void **state)
{
	const struct fixture *fixture = *state;

	service->lease.seats = 2;
	for (int i = 0; i < 2; i++)
		assert_plan(fixture, "stored 1 1 0\nstored 1 1 0\nno_license 1 0 1\n");
	assert_int_equal(service->assigned.count, 0);
	assert_int_equal(items[0].reads, 0);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_plan(fixture, "stored 1 0 0\nstored 1 0 0\nno_license 1 0 1\n");
}

static void B13_mailboxes_of_one_user_take_one_license(void **state)
{
	const struct fixture *fixture = *state;

	service->lease.seats = 1;
	objects[1].owner.directory_id = objects[0].owner.directory_id;
	objects[2].owner.purpose = "shared";
	objects[2].owner.exchange_license = false;
	objects[2].kind = "shared_mailbox";
	assert_plan(fixture, "stored 1 1 0\nstored 1 0 0\nstored 0 0 0\n");
	assert_int_equal(fixture_run(fixture), 0);
	assert_result(fixture, "finished", "stored 1 1 0\nstored 1 0 0\nstored 0 0 0\n");
	assert_int_equal(service->assigned.count, 1);
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
	objects[0].owner.purpose = "shared"; /* and no longer licensed */
	objects[0].owner.exchange_license = false;
	objects[1].owner.exchange_license = false;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(fixture, "finished_in_part",
		"unchanged 0 0 0\nunsupported 0 0 0\nunchanged 1 0 0\n");
	assert_int_equal(count_needs(fixture), 1);
}

static void A4_under_an_expired_subscription_no_backup_begins_and_no_job_is_made(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), 0);
	service->lease.state = LEASE_EXPIRED;
	service->lease.expires_s = world_now() - 1;
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "renew"));
	assert_result(fixture, "expired", "");
	assert_int_equal(add_job(fixture, "second"), ERR_LICENSE);
	assert_plan(fixture, "stored 1 0 0\nstored 1 0 0\nstored 1 0 0\n");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_non_null(strstr(notices, "license_expired"));
	service->lease.state = LEASE_ACTIVE;
	service->lease.expires_s = world_now() + 365 * DAY_S;
	assert_int_equal(add_job(fixture, "second"), 0);
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

	objects[1].owner.purpose = "shared"; /* one that needs no license is not begun either */
	objects[1].owner.exchange_license = false;
	script.on_read = expire_now;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	script.on_read = NULL;
	assert_int_equal(items[0].reads, 1);
	assert_int_equal(items[1].reads, 0);
	assert_result(fixture, "expired", "stored 1 1 0\n");
	AUTO_TEXT stored = fixture_stored(fixture);
	assert_string_equal(stored, "mailbox/user1@contoso.example/Inbox/m.eml=message\n");
}

static void E2_without_the_service_what_is_licensed_goes_on_and_the_rest_waits(void **state)
{
	const struct fixture *fixture = *state;

	script.object_count = 2;
	assert_int_equal(fixture_run(fixture), 0);
	fake_service_lie(service, LIE_503);
	script.object_count = 3;
	items[0].tag = "2";
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(
		fixture, "finished_in_part", "stored 1 0 0\nunchanged 1 0 0\nwaiting 1 0 0\n");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_non_null(strstr(notices, "license_offline"));
	assert_non_null(strstr(notices, "waiting mailbox:user3@contoso.example"));
	fake_service_lie(service, LIE_NONE);
	assert_int_equal(fixture_run(fixture), 0);
	assert_notices(fixture, "");
}

static void E3_E4_a_job_that_was_suspended_is_told_once_when_the_service_is_back(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON first = NULL;
	AUTO_JSON second = NULL;

	assert_int_equal(fixture_run(fixture), 0);
	fake_service_lie(service, LIE_503);
	world_pass(15 * DAY_S);
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_result(fixture, "suspended", "");
	assert_string_equal(
		report_state_text("suspended"), "Suspended (waiting for the licensing server)");
	fake_service_lie(service, LIE_NONE);
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

	service->lease.state = LEASE_REVOKED;
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "revoked"));
	assert_result(fixture, "stopped", "");
	assert_int_equal(add_job(fixture, "second"), ERR_LICENSE);
	assert_int_equal(items[0].reads, 0);
}

static void folders_of_the_machine_need_no_license(void **state)
{
	const struct fixture *fixture = *state;

	service->lease.state = LEASE_REVOKED;
	assert_int_equal(license_client_contact(fixture->installation->license, 5000), 0);
	fixture_put(fixture, "a/x", "x");
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	fixture_add_job(fixture, "all");
	int calls = service->calls;
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL, "folder:a stored 1/1\n");
	assert_int_equal(service->calls, calls);
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
