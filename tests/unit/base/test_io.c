/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	char template[] = "/tmp/garner-io-XXXXXX";

	folder = mem_strdup(mkdtemp(template));
	return folder ? 0 : -1;
}

static int count_entry(void *context, const struct io_entry *entry)
{
	char *names = context;

	strcat(names, entry->name);
	strcat(names, entry->is_folder ? "/" : " ");
	return 0;
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return entry->is_folder ? rmdir(path) : unlink(path);
}

static int remove_folder(void **state)
{
	(void)state;
	int r = io_list(folder, remove_entry, folder);

	rmdir(folder);
	mem_free(folder);
	return r;
}

static int failing_rename(const char *from, const char *to)
{
	(void)from;
	(void)to;
	errno = EIO;
	return -1;
}

static ssize_t full_write(int fd, const void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static void a_written_file_is_the_old_or_the_new_one(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "file");
	AUTO_BUF read = buf_init(100);
	struct io_calls calls = {.open = (int (*)(const char *, int, mode_t))open,
		.write = write,
		.pread = pread,
		.fdatasync = fdatasync,
		.fsync = fsync,
		.rename = failing_rename};
	char names[100] = "";

	assert_int_equal(io_write_file(path, "old", 3, 0600), 0);
	io_use(&calls);
	assert_int_equal(io_write_file(path, "new", 3, 0600), ERR_IO);
	calls.rename = rename;
	calls.write = full_write;
	io_use(&calls);
	assert_int_equal(io_write_file(path, "new", 3, 0600), ERR_IO);
	assert_non_null(strstr(err_message(), "make room"));
	io_use(NULL);
	assert_int_equal(io_read_file(path, &read), 0);
	assert_string_equal(buf_text(&read), "old");
	assert_int_equal(io_list(folder, count_entry, names), 0);
	assert_string_equal(names, "file ");
}

static int no_rename_new(const char *from, const char *to)
{
	(void)from, (void)to;
	errno = EINVAL;
	return -1;
}

static int no_link(const char *from, const char *to)
{
	(void)from, (void)to;
	errno = EPERM;
	return -1;
}

static void assert_holds(const char *path, const char *expected)
{
	AUTO_BUF read = buf_init(100);

	assert_int_equal(io_read_file(path, &read), 0);
	assert_string_equal(buf_text(&read), expected);
}

/* With the rename that replaces nothing, with links where the file system lacks it, and with a
 * look before where it lacks both. */
static void a_new_name_replaces_nothing(void **state)
{
	(void)state;
	const struct io_calls ways[] = {{.open = NULL}, {.rename_new = no_rename_new},
		{.rename_new = no_rename_new, .link = no_link}};
	AUTO_TEXT first = io_join(folder, "first");
	AUTO_TEXT second = io_join(folder, "second");
	AUTO_TEXT name = io_join(folder, "name");

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		assert_int_equal(io_write_file(first, "first", 5, 0600), 0);
		assert_int_equal(io_write_file(second, "second", 6, 0600), 0);
		io_use(&ways[i]);
		assert_int_equal(io_rename_new(first, name), 0);
		assert_int_equal(io_rename_new(second, name), ERR_EXISTS);
		assert_int_equal(
			io_rename_new(first, name), i == 2 ? ERR_EXISTS : ERR_NOTFOUND);
		io_use(NULL);
		assert_holds(name, "first");
		assert_holds(second, "second");
		assert_false(io_exists(first));
		assert_int_equal(io_remove(name), 0);
	}
	assert_int_equal(io_remove(second), 0);
}

static void a_file_at_the_ceiling_fits_and_one_byte_more_does_not(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "ten");
	AUTO_BUF fits = buf_init(10);
	AUTO_BUF small = buf_init(9);

	assert_int_equal(io_write_file(path, "0123456789", 10, 0600), 0);
	assert_int_equal(io_read_file(path, &fits), 0);
	assert_int_equal(fits.size, 10);
	assert_int_equal(io_read_file(path, &small), ERR_LIMIT);
	assert_int_equal(io_read_file("/does/not/exist", &small), ERR_NOTFOUND);
}

static void a_file_that_ends_too_early_is_corrupt(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "short");
	char data[5];
	int fd;

	assert_int_equal(io_write_file(path, "1234", 4, 0600), 0);
	assert_int_equal(io_open_read(path, &fd), 0);
	assert_int_equal(io_read_at(fd, 1, data, 3), 0);
	assert_memory_equal(data, "234", 3);
	assert_int_equal(io_read_at(fd, 1, data, 4), ERR_CORRUPT);
	io_close(fd);
}

static void a_lock_is_held_once(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "lock");
	int first, second;

	assert_int_equal(io_lock(path, &first), 0);
	assert_int_equal(io_lock(path, &second), ERR_LOCKED);
	io_close(first);
	assert_int_equal(io_lock(path, &second), 0);
	io_close(second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_written_file_is_the_old_or_the_new_one, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_new_name_replaces_nothing, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_file_at_the_ceiling_fits_and_one_byte_more_does_not, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			a_file_that_ends_too_early_is_corrupt, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_lock_is_held_once, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
