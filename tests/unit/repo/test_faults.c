/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "repo/check.h"

/*
 * The n-th system call of a backup fails, for each n: the backup says so, and what was there
 * before is there afterwards, whole.
 */

static struct {
	int countdown; /* the call that fails; 0: none */
	int error;     /* its errno */
	bool for_good; /* and all after it: as if the machine had stopped */
	bool hit;
} fault;

static bool fails(void)
{
	if (fault.countdown == 0 || --fault.countdown > 0)
		return false;
	if (fault.for_good)
		fault.countdown = 1;
	fault.hit = true;
	errno = fault.error;
	return true;
}

static int faulty_open(const char *path, int flags, mode_t mode)
{
	return fails() ? -1 : open(path, flags, mode);
}

/* Half of it is written before it fails. */
static ssize_t faulty_write(int fd, const void *data, size_t size)
{
	if (!fails())
		return write(fd, data, size);
	int error = errno;
	(void)!write(fd, data, size / 2);
	errno = error;
	return -1;
}

static ssize_t faulty_pread(int fd, void *data, size_t size, off_t offset)
{
	return fails() ? -1 : pread(fd, data, size, offset);
}

static int faulty_fdatasync(int fd)
{
	return fails() ? -1 : fdatasync(fd);
}

static int faulty_fsync(int fd)
{
	return fails() ? -1 : fsync(fd);
}

static int faulty_rename(const char *from, const char *to)
{
	return fails() ? -1 : rename(from, to);
}

static int faulty_rename_new(const char *from, const char *to)
{
	return fails() ? -1 : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static int open_for_real(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static const struct io_calls faulty = {
	.open = faulty_open,
	.write = faulty_write,
	.pread = faulty_pread,
	.fdatasync = faulty_fdatasync,
	.fsync = faulty_fsync,
	.rename = faulty_rename,
	.rename_new = faulty_rename_new,
};

static const struct fixture_item before[] = {{"a", "a message of before"}, {"b", "another"}};
static const struct fixture_item after[] = {{"a", "a message, changed"}, {"c", "a new one"}};

/* What a job does with one object; the first error ends it. */
static int back_up(struct repo_writer *writer, const uint8_t *previous)
{
	struct tree_folder in = {.id = "f1", .parent_id = "", .name = "in"};
	struct object_writer *object = NULL;
	struct folder_writer *folder = NULL;
	struct object_summary summary;
	char id[SNAPSHOT_ID_TEXT];
	int r = object_writer_begin(writer, previous, &object);

	if (r == 0)
		r = object_writer_folder(object, &in, &folder);
	for (size_t i = 0; i < 2 && r == 0; i++) {
		struct content_writer *content = NULL;
		struct tree_item item = {
			.id = after[i].id, .name = after[i].id, .type = "message"};
		item.tag = "2";
		r = content_begin(writer, CONTENT_FILE, &content);
		if (r == 0)
			r = content_add(content, after[i].text, strlen(after[i].text));
		if (r == 0)
			r = content_finish(STEAL(content), &item.content);
		content_drop(content);
		if (r == 0)
			r = folder_put(folder, &item);
	}
	if (r == 0)
		r = folder_finish(STEAL(folder), NULL);
	folder_drop(folder);
	if (r == 0)
		r = object_writer_finish(STEAL(object), &summary);
	object_writer_drop(object);
	return r < 0 ? r : fixture_snapshot(writer, summary.tree, 2, id);
}

/* Opens, backs up and closes, as one run of a program does. */
static int run(const struct fixture *fixture, const uint8_t *previous)
{
	struct repo_secret secret = fixture_secret(fixture);
	struct repo_writer *writer = NULL;
	struct repo *repo = NULL;
	int r = repo_open(storage_open_folder(fixture->place), &secret, &repo);

	if (r == 0)
		r = repo_writer_open(repo, &writer);
	if (r == 0)
		r = back_up(writer, previous);
	repo_writer_close(writer);
	repo_close(repo);
	return r;
}

static void print_fault(void *context, const struct check_fault *found)
{
	(void)context;
	print_error("%s\n", found->text);
}

/* The first snapshot restores exactly, and every byte of the repository is in order. */
static void assert_intact(struct fixture *fixture, const uint8_t *tree, uint64_t snapshots)
{
	struct check_options options = {.data_percent = 100, .turn = -1, .fault = print_fault};
	struct check_result result;

	fixture_reopen(fixture);
	fixture_assert_object(fixture->repo, tree, before, 2);
	assert_int_equal(repo_check(fixture->repo, &options, &result), 0);
	assert_int_equal(result.faults, 0);
	assert_true(result.snapshots >= snapshots);
	fixture_close(fixture);
}

static void fail_each_call(int error, bool for_good)
{
	void *state = NULL;
	char id[SNAPSHOT_ID_TEXT];
	int n = 0;

	fixture_setup(&state);
	struct fixture *fixture = state;
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, before, 2);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 1, id), 0);
	fixture_close(fixture);
	do {
		AUTO_TEXT place = mem_strdup(fixture->place);
		AUTO_TEXT copy = io_join(fixture->folder, "copy");
		fixture_copy_folder(place, copy);
		mem_replace(&fixture->place, mem_strdup(copy));

		fault.countdown = ++n;
		fault.error = error;
		fault.for_good = for_good;
		fault.hit = false;
		io_use(&faulty);
		int r = run(fixture, tree.id);
		fault.countdown = 0;
		io_use(NULL);
		/* A run goes well where only its writer's file could not be removed. */
		assert_true(r == 0 || fault.hit);
		if (r < 0)
			assert_non_null(strstr(err_message(), strerror(error)));

		assert_intact(fixture, tree.id, r == 0 ? 2 : 1);
		/* The next run needs no manual step. */
		assert_int_equal(run(fixture, tree.id), 0);
		assert_intact(fixture, tree.id, 2);
		fixture_remove_folder(copy);
		mem_replace(&fixture->place, mem_strdup(place));
	} while (fault.hit);
	assert_true(n > 20);
	fixture_free(fixture);
}

static void full_disk_at_any_call_leaves_all_as_it_was(void **state)
{
	(void)state;
	fail_each_call(ENOSPC, false);
}

static void stop_at_any_call_leaves_all_as_it_was(void **state)
{
	(void)state;
	fail_each_call(EIO, true);
}

static void full_disk_names_the_path(void **state)
{
	struct fixture *fixture = *state;
	struct io_calls calls = faulty;

	calls.open = open_for_real;
	fault.countdown = 1;
	fault.error = ENOSPC;
	fixture_put_text(fixture->writer, "something");
	io_use(&calls);
	int r = repo_writer_commit(fixture->writer);
	io_use(NULL);
	fault.countdown = 0;
	assert_int_equal(r, ERR_IO);
	assert_non_null(strstr(err_message(), fixture->place));
	assert_non_null(strstr(err_message(), "No space left on device"));
	/* The writer has lost data, and says so until it is closed. */
	assert_int_equal(repo_writer_commit(fixture->writer), ERR_IO);
	assert_non_null(strstr(err_message(), "No space left on device"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(full_disk_at_any_call_leaves_all_as_it_was),
		cmocka_unit_test(stop_at_any_call_leaves_all_as_it_was),
		cmocka_unit_test_setup_teardown(
			full_disk_names_the_path, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
