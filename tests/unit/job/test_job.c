/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "job/connection.h"
#include "job/notice.h"

/* A job all of whose parts are good; a test makes one of them bad. */
struct words {
	const char *name, *connection, *storage, *objects, *ordering, *schedule;
};

static const struct words good = {"nightly", "docs", "disk", "all", "name", "daily 02:30"};

static int add(const struct fixture *fixture, const struct words *words)
{
	AUTO_TEXT name = mem_strdup(words->name);
	AUTO_TEXT connection = mem_strdup(words->connection);
	AUTO_TEXT storage = mem_strdup(words->storage);
	AUTO_TEXT objects = mem_strdup(words->objects);
	AUTO_TEXT ordering = mem_strdup(words->ordering);
	AUTO_TEXT schedule = mem_strdup(words->schedule);
	const struct job job = {.name = name,
		.connection = connection,
		.storage = storage,
		.objects = objects,
		.ordering = ordering,
		.schedule = schedule};

	return job_add(fixture->installation, &job);
}

static void a_job_comes_back_as_it_was_added(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JOB job = NULL;
	AUTO_JOB none = NULL;
	int64_t before = clock_now_s();

	assert_int_equal(add(fixture, &good), 0);
	assert_int_equal(job_load(fixture->installation, "nightly", &job), 0);
	assert_string_equal(job->name, "nightly");
	assert_string_equal(job->connection, "docs");
	assert_string_equal(job->storage, "disk");
	assert_string_equal(job->objects, "all");
	assert_string_equal(job->ordering, "name");
	assert_string_equal(job->schedule, "daily 02:30");
	assert_true(job->next_run_s > before);
	assert_int_equal(job->next_run_s % 86400, 2 * 3600 + 30 * 60);
	assert_false(job->needs_license);
	assert_int_equal(job_load(fixture->installation, "weekly", &none), ERR_NOTFOUND);
	assert_null(none);
}

static void each_part_of_a_job_is_checked(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		struct words words;
		int error;
		const char *said;
	} cases[] = {
		{{"a/b", "docs", "disk", "all", "name", ""}, ERR_INVALID, "a name of a job"},
		{{"x", "none", "disk", "all", "name", ""}, ERR_NOTFOUND, "connection \"none\""},
		{{"x", "docs", "none", "all", "name", ""}, ERR_NOTFOUND, "storage \"none\""},
		{{"x", "docs", "disk", "some", "name", ""}, ERR_INVALID, "--objects"},
		{{"x", "docs", "disk", "all", "size", ""}, ERR_INVALID, "--order size"},
		{{"x", "docs", "disk", "all", "name", "hourly"}, ERR_INVALID, "--schedule"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(add(fixture, &cases[i].words), cases[i].error);
		assert_non_null(strstr(err_message(), cases[i].said));
	}
	assert_int_equal(add(fixture, &good), 0);
	assert_int_equal(add(fixture, &good), ERR_EXISTS);
	assert_non_null(strstr(err_message(), "choose another name"));
}

static void assert_names(const struct fixture *fixture, const char *expected)
{
	AUTO_JSON names = NULL;

	assert_int_equal(job_names(fixture->installation, &names), 0);
	AUTO_TEXT text = json_text(names, false);
	assert_string_equal(text, expected);
}

static void jobs_are_named_in_order_and_removed_by_name(void **state)
{
	const struct fixture *fixture = *state;

	assert_names(fixture, "[]");
	assert_int_equal(
		add(fixture, &(struct words){"b", "docs", "disk", "all", "name", ""}), 0);
	assert_int_equal(
		add(fixture, &(struct words){"a", "docs", "disk", "all", "name", ""}), 0);
	assert_names(fixture, "[\"a\",\"b\"]");
	assert_int_equal(job_remove(fixture->installation, "b"), 0);
	assert_int_equal(job_remove(fixture->installation, "b"), ERR_NOTFOUND);
	assert_names(fixture, "[\"a\"]");
}

static void a_removed_job_takes_its_runs_and_what_stands_against_it(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_ROWS rows = NULL;

	fixture_add_job(fixture, "folder:gone");
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	AUTO_TEXT stands = fixture_notices(fixture, false);
	assert_string_equal(stands, "failed folder:gone\n");
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	AUTO_TEXT nothing = fixture_notices(fixture, false);
	assert_string_equal(nothing, "");
	assert_int_equal(db_one(fixture->installation->db, &rows,
				 "SELECT (SELECT count(*) FROM run) + "
				 "(SELECT count(*) FROM run_object)",
				 ""),
		1);
	assert_int_equal(db_int(rows, 0), 0);
}

static void a_job_whose_process_holds_it_is_not_removed(void **state)
{
	const struct fixture *fixture = *state;
	struct installation *other = fixture_open(fixture);
	AUTO_JOB job = NULL;
	int lock, second;

	fixture_add_job(fixture, "all");
	assert_int_equal(job_load(other, "nightly", &job), 0);
	assert_int_equal(job_lock(other, job->id, &lock), 0);
	assert_int_equal(job_lock(fixture->installation, job->id, &second), ERR_LOCKED);
	assert_int_equal(job_remove(fixture->installation, "nightly"), ERR_LOCKED);
	assert_non_null(strstr(err_message(), "garner job stop nightly"));
	io_close(lock);
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	installation_close(other);
}

static void assert_due(const struct fixture *fixture, int64_t now_s, const char *expected)
{
	AUTO_JSON names = NULL;

	assert_int_equal(job_take_due(fixture->installation, now_s, &names), 0);
	AUTO_TEXT text = json_text(names, false);
	assert_string_equal(text, expected);
}

static void a_job_is_due_once_for_each_of_its_times(void **state)
{
	const struct fixture *fixture = *state;
	int64_t now_s = clock_now_s();

	assert_int_equal(add(fixture, &(struct words){"often", "docs", "disk", "all", "name",
					      "every 1 minute"}),
		0);
	assert_int_equal(add(fixture, &(struct words){"rare", "docs", "disk", "all", "name",
					      "every 2 hours"}),
		0);
	fixture_add_job(fixture, "all");
	assert_due(fixture, now_s, "[]");
	assert_due(fixture, now_s + 70, "[\"often\"]");
	assert_due(fixture, now_s + 70, "[]");
	assert_due(fixture, now_s + 129, "[]");
	/* What was slept through is made up for once. */
	assert_due(fixture, now_s + 100000, "[\"often\",\"rare\"]");
	assert_due(fixture, now_s + 100000, "[]");
}

static void without_a_license_and_a_service_a_job_can_be_made_and_not_run(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON settings = json_new_object();

	json_put_text(settings, "tenant", "t");
	json_put_text(settings, "client_id", "c");
	const struct connection_new connection = {
		.name = "office", .kind = "m365", .settings = settings, .secret = "s"};
	assert_int_equal(connection_add(fixture->installation, &connection), 0);
	assert_int_equal(
		add(fixture, &(struct words){"nightly", "office", "disk", "all", "name", ""}),
		0);
	assert_int_equal(fixture_run(fixture), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "garner license activate"));
	fixture_assert_report(fixture, "suspended", "trial_not_begun", "");
	AUTO_JSON report = fixture_report(fixture);
	assert_non_null(strstr(json_get_text(json_get(report, "reason"), "text"),
		"no licensing service is set"));
}

#define WITH_STORAGE(test)                                                                     \
	cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_STORAGE(a_job_comes_back_as_it_was_added),
		WITH_STORAGE(each_part_of_a_job_is_checked),
		WITH_STORAGE(jobs_are_named_in_order_and_removed_by_name),
		WITH_STORAGE(a_removed_job_takes_its_runs_and_what_stands_against_it),
		WITH_STORAGE(a_job_whose_process_holds_it_is_not_removed),
		WITH_STORAGE(a_job_is_due_once_for_each_of_its_times),
		WITH_STORAGE(without_a_license_and_a_service_a_job_can_be_made_and_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
