/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of mailboxes where no license key was entered, with a licensing service in memory. The
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
#include "job/handout.h"
#include "job/plan.h"
#include "job/report.h"
#include "job/storages.h"
#include "license/key.h"
#include "license/keyset.h"
#include "license/trial.h"
#include "mailboxes.h"
#include "script.h"

static void activate(const struct fixture *fixture)
{
	assert_int_equal(
		license_client_activate(fixture->installation->license, mailboxes_service->key),
		0);
}

static int setup(void **state)
{
	int r = fixture_setup(state);

	world_stop_clocks();
	mailboxes_script();
	mailboxes_service = fake_service_start();
	mailboxes_connect(*state);
	assert_int_equal(mailboxes_add_job(*state, "nightly"), 0);
	mailboxes_set_server(*state);
	script.tenant = "T";
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

static void assert_refused(const struct fixture *fixture, const char *state, const char *code)
{
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	fixture_assert_report(fixture, state, code, "");
}

/* The marks of the last run's snapshot, an object each: "5 5 0". */
static char *marks(const struct fixture *fixture)
{
	AUTO_TEXT id = fixture_snapshot_id(fixture);
	AUTO_TEXT text = mem_strdup("");
	struct snapshot *snapshot;
	struct repo *repo;

	assert_int_equal(storages_open(fixture->installation, "disk", &repo), 0);
	assert_int_equal(repo_snapshot(repo, id, &snapshot), 0);
	for (size_t i = 0; i < snapshot->object_count; i++)
		mem_replace(&text, mem_printf("%s%s%u", text, i ? " " : "",
					   snapshot->objects[i].trial_items));
	snapshot_free(snapshot);
	repo_close(repo);
	return STEAL(text);
}

static void assert_marks(const struct fixture *fixture, const char *expected)
{
	AUTO_TEXT found = marks(fixture);

	assert_string_equal(found, expected);
}

static void F1_the_start_of_a_job_begins_the_trial_and_neither_making_nor_planning(void **state)
{
	const struct fixture *fixture = *state;

	assert_plan(fixture, "stored 1 0 0\nstored 1 0 0\nstored 1 0 0\n");
	assert_int_equal(mailboxes_service->trial.started_s, 0);
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(mailboxes_service->trial.started_s, clock_now_s());
	assert_result(fixture, "finished", "stored 1 0 0\nstored 1 0 0\nstored 1 0 0\n");
	assert_int_equal(mailboxes_service->claims, 0);
	assert_marks(fixture, "5 5 5");
	/* The same clock at the next start. */
	world_pass(5 * DAY_S);
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(mailboxes_service->trial.started_s, clock_now_s() - 5 * DAY_S);
}

static void F1_the_trial_is_that_of_the_tenant_that_the_source_tells(void **state)
{
	const struct fixture *fixture = *state;
	uint8_t tenant[HASH_SIZE];
	AUTO_TEXT known = NULL;

	script.tenant = "Contoso";
	assert_int_equal(fixture_run(fixture), 0);
	trial_tenant("contoso", tenant);
	assert_memory_equal(mailboxes_service->trial.tenant, tenant, HASH_SIZE);
	assert_int_equal(connection_tenant(fixture->installation, "office", &known), 0);
	assert_string_equal(known, "Contoso");
}

static void F1_offline_at_the_very_first_start_the_job_waits_and_says_why(void **state)
{
	const struct fixture *fixture = *state;

	fake_service_lie(mailboxes_service, LIE_503);
	assert_refused(fixture, "suspended", "trial_not_begun");
	assert_int_equal(script.items[0].reads, 0);
	assert_non_null(strstr(err_message(), "licensing service"));
	assert_int_equal(gate_poll(fixture->installation, 5000), ERR_UNAVAILABLE);
	fake_service_lie(mailboxes_service, LIE_NONE);
	/* The daemon begins the trial that the job waits for. */
	assert_int_equal(gate_poll(fixture->installation, 5000), 0);
	assert_int_equal(mailboxes_service->trial.started_s, clock_now_s());
	AUTO_JSON report = fixture_report(fixture);
	assert_string_equal(json_get_text(report, "state"), "idle");
	assert_int_equal(fixture_run(fixture), 0);
}

static void F1_where_no_job_waits_the_daemon_begins_no_trial(void **state)
{
	const struct fixture *fixture = *state;
	int calls = mailboxes_service->calls;

	assert_int_equal(gate_poll(fixture->installation, 5000), 1);
	assert_int_equal(mailboxes_service->calls, calls);
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(gate_poll(fixture->installation, 5000), 0);
}

static void T17_F3_when_the_trial_is_over_no_backup_runs_and_no_job_is_made(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), 0);
	script.items[0].reads = 0;
	world_pass(30 * DAY_S - 1);
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(mailboxes_add_job(fixture, "second"), 0);
	world_pass(1);
	assert_refused(fixture, "expired", "trial_over");
	assert_int_equal(script.items[0].reads, 0);
	assert_int_equal(mailboxes_add_job(fixture, "third"), ERR_LICENSE);
	assert_int_equal(gate_poll(fixture->installation, 5000), 0);
	assert_refused(fixture, "expired", "trial_over");
}

static void end_trial_now(const char *item_id)
{
	(void)item_id;
	world_pass(30 * DAY_S);
}

static void F3_C10_the_object_in_hand_is_ended_when_the_trial_ends(void **state)
{
	const struct fixture *fixture = *state;

	script.on_read = end_trial_now;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_result(fixture, "expired", "stored 1 0 0\n");
	AUTO_JSON report = fixture_report(fixture);
	assert_string_equal(json_get_text(json_get(report, "reason"), "code"), "trial_over");
	assert_marks(fixture, "5");
}

static void F4_a_key_goes_on_with_what_the_trial_made_and_unmarks_what_it_stores(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT before = fixture_snapshot_id(fixture);
	world_pass(40 * DAY_S);
	assert_refused(fixture, "expired", "trial_over");
	mailboxes_service->lease.seats = 2;
	activate(fixture);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	/* Users of the trial need licenses now; nothing is fetched again. */
	assert_result(fixture, "finished_in_part",
		"unchanged 1 1 0\nunchanged 1 1 0\nno_license 1 0 1\n");
	AUTO_TEXT after = fixture_snapshot_id(fixture);
	assert_string_not_equal(before, after);
	assert_marks(fixture, "0 0 5");
	mailboxes_service->lease.seats = 3;
	assert_int_equal(fixture_run(fixture), 0);
	assert_marks(fixture, "0 0 0");
}

static void F4_a_run_under_a_key_that_finds_nothing_new_makes_a_snapshot_without_marks(
	void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT before = fixture_snapshot_id(fixture);
	activate(fixture);
	assert_int_equal(fixture_run(fixture), 0);
	assert_result(
		fixture, "finished", "unchanged 1 1 0\nunchanged 1 1 0\nunchanged 1 1 0\n");
	AUTO_TEXT after = fixture_snapshot_id(fixture);
	assert_string_not_equal(before, after);
	assert_marks(fixture, "0 0 0");
	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT again = fixture_snapshot_id(fixture);
	assert_string_equal(after, again);
}

static void enter_key_now(const char *item_id);
static const struct fixture *entering;

static void F4_a_key_that_is_entered_in_the_middle_of_a_run_counts_from_the_next_object(
	void **state)
{
	const struct fixture *fixture = *state;

	entering = fixture;
	script.on_read = enter_key_now;
	assert_int_equal(fixture_run(fixture), 0);
	assert_result(fixture, "finished", "stored 1 0 0\nstored 1 1 0\nstored 1 1 0\n");
	assert_marks(fixture, "5 0 0");
}

static void enter_key_now(const char *item_id)
{
	(void)item_id;
	script.on_read = NULL;
	activate(entering);
}

static void F2_F4_the_limit_binds_a_mark_without_a_key_and_nothing_else(void **state)
{
	const struct fixture *fixture = *state;
	char kind[] = "mailbox", name[] = "ada";
	struct repo_object object = {.kind = kind, .name = name, .trial_items = 5};
	const struct snapshot snapshot = {.objects = &object, .object_count = 1};
	struct path_entry entry = {.kind = PATH_ITEM, .object = &object, .position = 4};

	assert_true(handout_is_limited(fixture->state, &snapshot));
	assert_true(handout_is_limited("/there/is/no/state", &snapshot));
	assert_false(io_is_folder("/there"));
	assert_true(handout_allows(&entry, true));
	entry.position = 5;
	assert_false(handout_allows(&entry, true));
	assert_true(handout_allows(&entry, false));
	object.trial_items = 0;
	assert_true(handout_allows(&entry, true));
	assert_false(handout_is_limited(fixture->state, &snapshot));
	object.trial_items = 5;
	activate(fixture);
	assert_false(handout_is_limited(fixture->state, &snapshot));
	world_pass(400 * DAY_S); /* an expired key is one that was entered */
	assert_false(handout_is_limited(fixture->state, &snapshot));
}

static void F1_a_job_of_folders_never_touches_a_trial(void **state)
{
	const struct fixture *fixture = *state;

	AUTO_TEXT tenant = NULL;
	fake_service_lie(mailboxes_service, LIE_503);
	int calls = mailboxes_service->calls;
	fixture_put(fixture, "a/x.txt", "x");
	char name[] = "docs_job", connection[] = "docs", storage[] = "disk", all[] = "all",
	     order[] = "name", schedule[] = "";
	const struct job job = {.name = name,
		.connection = connection,
		.storage = storage,
		.objects = all,
		.ordering = order,
		.schedule = schedule};
	assert_int_equal(job_add(fixture->installation, &job), 0);
	assert_int_equal(run_job(fixture->installation, name, &(struct run_options){0}), 0);
	assert_int_equal(mailboxes_service->calls, calls);
	assert_int_equal(connection_tenant(fixture->installation, "docs", &tenant), 0);
	assert_string_equal(tenant, "");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(F1_the_start_of_a_job_begins_the_trial_and_neither_making_nor_planning),
		TEST(F1_the_trial_is_that_of_the_tenant_that_the_source_tells),
		TEST(F1_offline_at_the_very_first_start_the_job_waits_and_says_why),
		TEST(F1_where_no_job_waits_the_daemon_begins_no_trial),
		TEST(T17_F3_when_the_trial_is_over_no_backup_runs_and_no_job_is_made),
		TEST(F3_C10_the_object_in_hand_is_ended_when_the_trial_ends),
		TEST(F4_a_key_goes_on_with_what_the_trial_made_and_unmarks_what_it_stores),
		TEST(F4_a_run_under_a_key_that_finds_nothing_new_makes_a_snapshot_without_marks),
		TEST(F4_a_key_that_is_entered_in_the_middle_of_a_run_counts_from_the_next_object),
		TEST(F2_F4_the_limit_binds_a_mark_without_a_key_and_nothing_else),
		TEST(F1_a_job_of_folders_never_touches_a_trial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
