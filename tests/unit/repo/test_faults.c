/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"

/*
 * The n-th system call fails, for each n, of each thing that can be done with a repository in a
 * folder: it says so and where, what was there before is there afterwards, whole, and the same
 * thing goes well the next time.
 */

static struct {
	int countdown; /* the call that fails; 0: none */
	int error;     /* its errno; 0: it does half of it, and says so */
	bool for_good; /* and all after it: as if the machine had stopped */
	bool hit;
} fault;

static bool is_its_turn(void)
{
	if (fault.countdown == 0 || --fault.countdown > 0)
		return false;
	if (fault.for_good)
		fault.countdown = 1;
	fault.hit = true;
	errno = fault.error;
	return true;
}

static bool fails(void)
{
	return fault.error != 0 && is_its_turn();
}

/* What a read or write does of its size. */
static size_t part_of(size_t size)
{
	return fault.error == 0 && is_its_turn() ? (size + 1) / 2 : size;
}

static int faulty_open(const char *path, int flags, mode_t mode)
{
	return fails() ? -1 : open(path, flags, mode);
}

/* Half of it is written before it fails. */
static ssize_t faulty_write(int fd, const void *data, size_t size)
{
	if (!fails())
		return write(fd, data, part_of(size));
	int error = errno;
	(void)!write(fd, data, size / 2);
	errno = error;
	return -1;
}

static ssize_t faulty_pread(int fd, void *data, size_t size, off_t offset)
{
	return fails() ? -1 : pread(fd, data, part_of(size), offset);
}

static int faulty_fdatasync(int fd)
{
	(void)fd;
	return fails() ? -1 : 0;
}

static int faulty_fsync(int fd)
{
	(void)fd;
	return fails() ? -1 : 0;
}

static int faulty_rename(const char *from, const char *to)
{
	return fails() ? -1 : rename(from, to);
}

static int faulty_rename_new(const char *from, const char *to)
{
	return fails() ? -1 : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

/* A file system that can only give a file a second name. */
static int no_rename_new(const char *from, const char *to)
{
	(void)from, (void)to;
	errno = EINVAL;
	return -1;
}

static int faulty_link(const char *from, const char *to)
{
	return fails() ? -1 : link(from, to);
}

static int faulty_unlink(const char *path)
{
	return fails() ? -1 : unlink(path);
}

static int faulty_mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : mkdir(path, mode);
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
	.link = faulty_link,
	.unlink = faulty_unlink,
	.mkdir = faulty_mkdir,
};

struct torture {
	const char *name;
	durable_act *act;
	bool is_new;     /* in an empty place */
	bool is_damaged; /* all is whole only once it was repaired */
	size_t least;    /* snapshots that are there in any case afterwards */
	int again;       /* what it may give when it is done again, besides 0 */
};

enum { WRITING = 5 };
static const struct torture tortures[] = {
	{"create", durable_act_create, true, false, 0, ERR_EXISTS},
	{"back up", durable_act_back_up, false, false, 2, 0},
	{"forget", durable_act_forget, false, false, 1, ERR_NOTFOUND},
	{"prune", durable_act_prune, false, false, 1, 0},
	{"repair", durable_act_repair, false, true, 2, 0},
	/* These write nothing. */
	{"read", durable_act_read, false, false, 2, 0},
	{"check", durable_act_check, false, false, 2, 0},
};

/* For whoever reads of a failure. */
static struct {
	const char *act;
	int call, error;
} looking;

static int tear_down(void **state)
{
	(void)state;
	io_use(NULL);
	if (looking.act)
		print_error("%s, call %d, %s; %s\n", looking.act, looking.call,
			strerror(looking.error), err_message());
	looking.act = NULL;
	return 0;
}

static int act(const struct durable_world *world, const struct torture *torture,
	const struct io_calls *calls)
{
	io_use(calls);
	int r = torture->act(world, storage_open_folder(world->fixture->place));
	io_use(&durable_hasty);
	return r;
}

static void assert_whole(
	const struct durable_world *world, const struct torture *torture, size_t more)
{
	const char *place = world->fixture->place;

	if (torture->is_new)
		assert_int_equal(durable_act_check(world, storage_open_folder(place)), 0);
	else
		durable_assert_intact(world, storage_open_folder(place), torture->least + more);
}

/* In the folder fixture->place, which is the caller's to remove. */
static void fail_call(const struct durable_world *world, const struct torture *torture,
	const struct io_calls *calls)
{
	fault.hit = false;
	fault.countdown = looking.call;
	int r = act(world, torture, calls);
	fault.countdown = 0;
	/* Some can be done without: that the writer's file is removed, that the machine's boot
	 * is known, that all is removed which a later prune can. */
	bool is_backup = torture->act == durable_act_back_up;
	bool can_do_without =
		is_backup || torture->is_damaged || torture->act == durable_act_prune;
	assert_true(r == 0 ? can_do_without || !fault.hit || fault.error == 0
			   : fault.hit && fault.error != 0);
	if (r < 0) {
		assert_non_null(strstr(err_message(), strerror(fault.error)));
		assert_non_null(strchr(err_message(), '/')); /* the place, or the file */
	}
	if (!torture->is_new && !torture->is_damaged)
		assert_whole(world, torture, is_backup && r == 0 ? 1 : 0);
	/* The next time needs no manual step. */
	durable_end_writers(storage_open_folder(world->fixture->place));
	r = act(world, torture, &durable_hasty);
	assert_true(r == 0 || r == torture->again);
	assert_whole(world, torture, is_backup ? 1 : 0);
}

static void fail_each_call_of(const struct torture *torture, const struct io_calls *calls)
{
	struct durable_world world = {.fixture = fixture_new()};
	AUTO_TEXT before = mem_strdup(world.fixture->place);
	AUTO_TEXT copy = io_join(world.fixture->folder, "copy");

	durable_make(&world, storage_open_folder(before));
	mem_replace(&world.fixture->place, mem_strdup(copy));
	looking.act = torture->name;
	looking.error = fault.error;
	looking.call = 1 - (int)fixture_step();
	do {
		looking.call += (int)fixture_step();
		if (!torture->is_new)
			fixture_copy_folder(before, copy);
		if (torture->is_damaged)
			durable_damage(storage_open_folder(copy));
		fail_call(&world, torture, calls);
		fixture_remove_folder(copy);
	} while (fault.hit);
	assert_true(looking.call > 5);
	looking.act = NULL;
	fixture_free(world.fixture);
}

static void fail_each_call(int error, bool for_good, const struct io_calls *calls)
{
	bool is_full = error == ENOSPC || calls->rename_new == no_rename_new;
	size_t count = is_full ? WRITING : sizeof(tortures) / sizeof(*tortures);

	fault.error = error;
	fault.for_good = for_good;
	for (size_t i = 0; i < count; i++)
		fail_each_call_of(&tortures[i], calls);
}

static void full_disk_at_any_call_leaves_all_as_it_was(void **state)
{
	(void)state;
	fail_each_call(ENOSPC, false, &faulty);
}

static void stop_at_any_call_leaves_all_as_it_was(void **state)
{
	(void)state;
	fail_each_call(EIO, true, &faulty);
}

static void a_call_that_does_half_of_it_is_made_again(void **state)
{
	(void)state;
	fail_each_call(0, false, &faulty);
}

static void broken_disk_without_renames_leaves_all_as_it_was(void **state)
{
	struct io_calls calls = faulty;

	(void)state;
	calls.rename_new = no_rename_new;
	fail_each_call(EIO, false, &calls);
}

static void full_disk_names_the_path(void **state)
{
	struct fixture *fixture = *state;
	struct io_calls calls = faulty;

	calls.open = open_for_real;
	calls.mkdir = NULL;
	fault.for_good = false;
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
#define WITH(name) cmocka_unit_test_teardown(name, tear_down)
		WITH(full_disk_at_any_call_leaves_all_as_it_was),
		WITH(stop_at_any_call_leaves_all_as_it_was),
		WITH(a_call_that_does_half_of_it_is_made_again),
		WITH(broken_disk_without_renames_leaves_all_as_it_was),
		cmocka_unit_test_setup_teardown(
			full_disk_names_the_path, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
