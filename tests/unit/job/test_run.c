/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a job that backs up real folders. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "job/report.h"

static void assert_stored(const struct fixture *fixture, const char *expected)
{
	AUTO_TEXT stored = fixture_stored(fixture);

	assert_string_equal(stored, expected);
}

static void assert_notices(const struct fixture *fixture, bool all, const char *expected)
{
	AUTO_TEXT notices = fixture_notices(fixture, all);

	assert_string_equal(notices, expected);
}

static void put_three(const struct fixture *fixture)
{
	fixture_put(fixture, "b/two.txt", "two");
	fixture_put(fixture, "A/deep/er/three.txt", "three");
	fixture_put(fixture, "top.txt", "top");
}

#define THREE_STORED                                                                           \
	"folder/%2E/top.txt=top\nfolder/A/deep/er/three.txt=three\nfolder/b/two.txt=two\n"

static void the_first_run_stores_all_and_the_second_finds_it_unchanged(void **state)
{
	const struct fixture *fixture = *state;

	put_three(fixture);
	fixture_add_job(fixture, "all");
	fixture_assert_report(fixture, "idle", NULL, "");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL,
		"folder:. stored 1/1\nfolder:A stored 1/1\nfolder:b stored 1/1\n");
	AUTO_TEXT first = fixture_snapshot_id(fixture);
	assert_int_equal(strlen(first), SNAPSHOT_ID_TEXT - 1);
	assert_stored(fixture, THREE_STORED);
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL,
		"folder:. unchanged 0/1\nfolder:A unchanged 0/1\nfolder:b unchanged 0/1\n");
	AUTO_TEXT second = fixture_snapshot_id(fixture);
	assert_string_equal(second, first);
	assert_notices(fixture, true, "");
}

static void what_changed_is_stored_and_what_went_is_gone(void **state)
{
	const struct fixture *fixture = *state;

	put_three(fixture);
	fixture_put(fixture, "b/old.txt", "old");
	fixture_put(fixture, "b/kept.txt", "kept");
	fixture_add_job(fixture, "all");
	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT first = fixture_snapshot_id(fixture);
	fixture_put(fixture, "b/two.txt", "two, changed");
	fixture_remove(fixture, "b/old.txt");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL,
		"folder:. unchanged 0/1\nfolder:A unchanged 0/1\nfolder:b stored 1/2\n");
	AUTO_TEXT second = fixture_snapshot_id(fixture);
	assert_string_not_equal(second, first);
	assert_stored(fixture, "folder/%2E/top.txt=top\nfolder/A/deep/er/three.txt=three\n"
			       "folder/b/kept.txt=kept\nfolder/b/two.txt=two, changed\n");
}

static void a_deletion_alone_is_a_change_too(void **state)
{
	const struct fixture *fixture = *state;

	put_three(fixture);
	fixture_add_job(fixture, "folder:A");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_remove(fixture, "A/deep/er/three.txt");
	fixture_remove(fixture, "A/deep/er");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL, "folder:A stored 0/0\n");
	assert_stored(fixture, "");
}

/* Reading a file of this name fails, as on a bad disk: that holds for root too. */
static ssize_t read_but_for_the_broken(int fd, void *data, size_t size, off_t offset)
{
	char link[64], path[4096];

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	ssize_t length = readlink(link, path, sizeof(path));
	if (length > 6 && memcmp(path + length - 6, "broken", 6) == 0) {
		errno = EIO;
		return -1;
	}
	return pread(fd, data, size, offset);
}

static int open_file(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static struct io_calls real_calls(void)
{
	return (struct io_calls){.open = open_file,
		.write = write,
		.pread = pread,
		.fdatasync = fdatasync,
		.fsync = fsync,
		.rename = rename};
}

static void a_file_that_cannot_be_read_is_told_and_the_rest_is_stored(void **state)
{
	const struct fixture *fixture = *state;
	struct io_calls calls = real_calls();

	put_three(fixture);
	fixture_put(fixture, "b/broken", "?");
	fixture_add_job(fixture, "all");
	calls.pread = read_but_for_the_broken;
	io_use(&calls);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	io_use(NULL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:. stored 1/1\nfolder:A stored 1/1\nfolder:b failed 1/1 io\n");
	assert_stored(fixture, THREE_STORED);
	assert_notices(fixture, false, "failed folder:b\n");
	AUTO_JSON report = fixture_report(fixture);
	const struct json *b = json_at(json_get(report, "objects"), 2);
	const char *text = json_get_text(json_get(b, "reason"), "text");
	assert_non_null(strstr(text, "1 item could not be read, the rest is stored"));
	assert_non_null(strstr(text, "b/broken"));
	/* Once it can be read, it is stored, and the news are over. */
	assert_int_equal(fixture_run(fixture), 0);
	assert_stored(fixture, "folder/%2E/top.txt=top\nfolder/A/deep/er/three.txt=three\n"
			       "folder/b/broken=?\nfolder/b/two.txt=two\n");
	assert_notices(fixture, false, "");
	assert_notices(fixture, true, "failed folder:b cleared\n");
}

static void an_object_that_is_missing_is_told_and_its_last_state_kept(void **state)
{
	const struct fixture *fixture = *state;

	put_three(fixture);
	fixture_add_job(fixture, "folder:B,folder:a");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_remove(fixture, "b/two.txt");
	fixture_remove(fixture, "b");
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:A unchanged 0/1\nfolder:B failed 0/0 not_found\n");
	assert_stored(fixture, "folder/A/deep/er/three.txt=three\nfolder/b kept\n");
	assert_notices(fixture, false, "failed folder:B\n");
	/* It is back, under its own name: the news are over. */
	fixture_put(fixture, "b/new.txt", "new");
	assert_int_equal(fixture_run(fixture), 0);
	assert_notices(fixture, false, "");
	assert_stored(fixture, "folder/A/deep/er/three.txt=three\nfolder/b/new.txt=new\n");
}

static void an_object_that_went_from_the_source_leaves_no_news_behind(void **state)
{
	const struct fixture *fixture = *state;
	struct io_calls calls = real_calls();

	put_three(fixture);
	fixture_put(fixture, "b/broken", "?");
	fixture_add_job(fixture, "all");
	calls.pread = read_but_for_the_broken;
	io_use(&calls);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	io_use(NULL);
	assert_notices(fixture, false, "failed folder:b\n");
	fixture_remove(fixture, "b/broken");
	fixture_remove(fixture, "b/two.txt");
	fixture_remove(fixture, "b");
	assert_int_equal(fixture_run(fixture), 0);
	assert_notices(fixture, false, "");
	assert_stored(fixture, "folder/%2E/top.txt=top\nfolder/A/deep/er/three.txt=three\n"
			       "folder/b kept\n");
}

static void a_source_that_went_away_fails_the_run_and_keeps_what_is_stored(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT away = io_join(fixture->folder, "away");

	put_three(fixture);
	fixture_add_job(fixture, "all");
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(rename(fixture->source, away), 0);
	assert_int_equal(fixture_run(fixture), ERR_NOTFOUND);
	fixture_assert_report(fixture, "failed", "not_found", "");
	assert_notices(fixture, false, "run_failed \n");
	assert_int_equal(rename(away, fixture->source), 0);
	assert_int_equal(fixture_run(fixture), 0);
	assert_notices(fixture, false, "");
	fixture_assert_report(fixture, "finished", NULL,
		"folder:. unchanged 0/1\nfolder:A unchanged 0/1\nfolder:b unchanged 0/1\n");
}

static void a_storage_that_went_away_fails_the_run(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT away = io_join(fixture->folder, "away");

	put_three(fixture);
	fixture_add_job(fixture, "all");
	assert_int_equal(rename(fixture->place, away), 0);
	assert_int_equal(fixture_run(fixture), ERR_NOREPO);
	fixture_assert_report(fixture, "failed", "no_repository", "");
	assert_int_equal(rename(away, fixture->place), 0);
	assert_int_equal(fixture_run(fixture), 0);
}

static ssize_t full_write(int fd, const void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static void a_full_disk_fails_the_run_and_the_next_one_completes_it(void **state)
{
	const struct fixture *fixture = *state;
	struct io_calls calls = real_calls();

	put_three(fixture);
	fixture_add_job(fixture, "all");
	calls.write = full_write;
	io_use(&calls);
	assert_int_equal(fixture_run(fixture), ERR_IO);
	io_use(NULL);
	AUTO_JSON report = fixture_report(fixture);
	assert_string_equal(json_get_text(report, "state"), "failed");
	assert_non_null(strstr(json_get_text(json_get(report, "reason"), "text"), "make room"));
	assert_int_equal(fixture_run(fixture), 0);
	assert_stored(fixture, THREE_STORED);
}

static void an_empty_source_is_a_run_without_a_snapshot(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON report = NULL;

	fixture_add_job(fixture, "all");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL, "");
	report = fixture_report(fixture);
	assert_true(json_is_null(report, "snapshot"));
}

static void the_order_of_the_names_makes_no_new_snapshot(void **state)
{
	const struct fixture *fixture = *state;

	fixture_put(fixture, "b/1", "1");
	fixture_put(fixture, "C/1", "1");
	fixture_put(fixture, "a/1", "1");
	fixture_put(fixture, "B/1", "1");
	fixture_add_job(fixture, "all");
	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT first = fixture_snapshot_id(fixture);
	fixture_assert_report(fixture, "finished", NULL,
		"folder:a stored 1/1\nfolder:B stored 1/1\n"
		"folder:b stored 1/1\nfolder:C stored 1/1\n");
	assert_int_equal(fixture_run(fixture), 0);
	AUTO_TEXT second = fixture_snapshot_id(fixture);
	assert_string_equal(second, first);
}

static void a_state_that_was_lost_goes_on_from_the_snapshots(void **state)
{
	const struct fixture *fixture = *state;

	put_three(fixture);
	fixture_add_job(fixture, "all");
	assert_int_equal(fixture_run(fixture), 0);
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	fixture_add_job(fixture, "folder:A");
	assert_int_equal(fixture_run(fixture), 0);
	fixture_assert_report(fixture, "finished", NULL, "folder:A unchanged 0/1\n");
	assert_stored(
		fixture, "folder/%2E kept\nfolder/A/deep/er/three.txt=three\nfolder/b kept\n");
}

/* What a run is asked while it is under way. */
struct meanwhile {
	const struct fixture *fixture;
	struct cancel cancel;
	bool done;
};

static void look_at_it(void *context, const struct run_progress *progress)
{
	struct meanwhile *meanwhile = context;
	struct installation *other = fixture_open(meanwhile->fixture);
	AUTO_JSON report = NULL;

	assert_int_equal(run_job(other, "nightly", &(struct run_options){0}), ERR_LOCKED);
	assert_int_equal(job_remove(other, "nightly"), ERR_LOCKED);
	assert_int_equal(report_job(other, "nightly", &report), 0);
	assert_string_equal(json_get_text(report, "state"), "running");
	assert_string_equal(json_get_text(report, "state_text"), "Running");
	assert_non_null(json_get(report, "progress"));
	assert_true(json_is_null(report, "ended_at"));
	assert_true(progress->objects_total == 3);
	assert_true(progress->objects_done <= progress->objects_total);
	installation_close(other);
	meanwhile->done = true;
}

static void a_job_runs_once_at_a_time_and_can_be_looked_at(void **state)
{
	const struct fixture *fixture = *state;
	struct meanwhile meanwhile = {.fixture = fixture};
	const struct run_options options = {.progress = look_at_it, .context = &meanwhile};

	put_three(fixture);
	fixture_add_job(fixture, "all");
	assert_int_equal(run_job(fixture->installation, "nightly", &options), 0);
	assert_true(meanwhile.done);
	assert_stored(fixture, THREE_STORED);
}

static void stop_at_the_second_object(void *context, const struct run_progress *progress)
{
	struct meanwhile *meanwhile = context;

	/* The progress is drawn now and then: until it is, the first object waits here. */
	if (progress->objects_done >= 1)
		cancel_wish(&meanwhile->cancel);
	else
		poll(NULL, 0, 160);
}

static void a_run_that_is_stopped_keeps_what_it_has_stored(void **state)
{
	const struct fixture *fixture = *state;
	struct meanwhile meanwhile = {.fixture = fixture};
	const struct run_options options = {.progress = stop_at_the_second_object,
		.context = &meanwhile,
		.cancel = &meanwhile.cancel};

	put_three(fixture);
	fixture_add_job(fixture, "all");
	assert_int_equal(run_job(fixture->installation, "nightly", &options), ERR_CANCELLED);
	AUTO_JSON report = fixture_report(fixture);
	assert_string_equal(json_get_text(report, "state"), "stopped");
	assert_string_equal(
		json_get_text(json_get(report, "reason"), "code"), err_name(ERR_CANCELLED));
	assert_true(json_count(json_get(report, "objects")) >= 1);
	assert_string_equal(
		json_get_text(json_at(json_get(report, "objects"), 0), "result"), "stored");
	assert_notices(fixture, true, ""); /* who stops a run knows of it */
	AUTO_TEXT id = fixture_snapshot_id(fixture);
	assert_string_not_equal(id, "");
	assert_int_equal(fixture_run(fixture), 0);
	assert_stored(fixture, THREE_STORED);
}

static void ask_to_stop(void *context, const struct run_progress *progress)
{
	struct meanwhile *meanwhile = context;
	struct installation *other;

	(void)progress;
	if (meanwhile->done)
		return;
	other = fixture_open(meanwhile->fixture);
	assert_int_equal(run_stop(other, "nightly"), 0);
	installation_close(other);
	meanwhile->done = true;
	poll(NULL, 0, 1010); /* the run looks every second */
}

static void another_process_can_stop_it(void **state)
{
	const struct fixture *fixture = *state;
	struct meanwhile meanwhile = {.fixture = fixture};
	const struct run_options options = {.progress = ask_to_stop, .context = &meanwhile};

	put_three(fixture);
	fixture_add_job(fixture, "all");
	assert_int_equal(run_stop(fixture->installation, "nightly"), ERR_NOTFOUND);
	assert_int_equal(run_stop(fixture->installation, "weekly"), ERR_NOTFOUND);
	assert_int_equal(run_job(fixture->installation, "nightly", &options), ERR_CANCELLED);
	assert_true(meanwhile.done);
	fixture_assert_report(fixture, "stopped", err_name(ERR_CANCELLED), "");
	/* The wish was for that run, not for the next. */
	assert_int_equal(fixture_run(fixture), 0);
}

static void die(void *context, const struct run_progress *progress)
{
	(void)context;
	(void)progress;
	kill(getpid(), SIGKILL);
}

/* Runs the job in a process of its own, which is killed at its first progress. */
static void run_and_kill(const struct fixture *fixture)
{
	const struct run_options options = {.progress = die};
	int status;
	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct installation *own = fixture_open(fixture);
		_exit(run_job(own, "nightly", &options) == 0 ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
}

static void a_run_that_was_killed_is_told_as_interrupted_and_the_next_completes(void **state)
{
	struct fixture *fixture = *state;

	put_three(fixture);
	fixture_add_job(fixture, "all");
	installation_close(fixture->installation);
	fixture->installation = NULL;
	run_and_kill(fixture);
	fixture->installation = fixture_open(fixture);
	fixture_assert_report(fixture, "failed", "interrupted", "");
	assert_int_equal(run_stop(fixture->installation, "nightly"), ERR_NOTFOUND);
	assert_int_equal(fixture_run(fixture), 0);
	assert_stored(fixture, THREE_STORED);
	fixture_assert_report(fixture, "finished", NULL,
		"folder:. stored 1/1\nfolder:A stored 1/1\nfolder:b stored 1/1\n");
}

static void a_job_that_is_not_there_does_not_run(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(fixture_run(fixture), ERR_NOTFOUND);
	assert_non_null(strstr(err_message(), "there is no job \"nightly\""));
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_run_stores_all_and_the_second_finds_it_unchanged),
		TEST(what_changed_is_stored_and_what_went_is_gone),
		TEST(a_deletion_alone_is_a_change_too),
		TEST(a_file_that_cannot_be_read_is_told_and_the_rest_is_stored),
		TEST(an_object_that_is_missing_is_told_and_its_last_state_kept),
		TEST(an_object_that_went_from_the_source_leaves_no_news_behind),
		TEST(a_source_that_went_away_fails_the_run_and_keeps_what_is_stored),
		TEST(a_storage_that_went_away_fails_the_run),
		TEST(a_full_disk_fails_the_run_and_the_next_one_completes_it),
		TEST(an_empty_source_is_a_run_without_a_snapshot),
		TEST(the_order_of_the_names_makes_no_new_snapshot),
		TEST(a_state_that_was_lost_goes_on_from_the_snapshots),
		TEST(a_job_runs_once_at_a_time_and_can_be_looked_at),
		TEST(a_run_that_is_stopped_keeps_what_it_has_stored),
		TEST(another_process_can_stop_it),
		TEST(a_run_that_was_killed_is_told_as_interrupted_and_the_next_completes),
		TEST(a_job_that_is_not_there_does_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
