/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "license_client/identity.h"
#include "license_client/statefile.h"

static struct statefile_folder folder;

static int make_folder(void **state)
{
	char path[] = "/tmp/license-statefile-XXXXXX";

	(void)state;
	assert_non_null(mkdtemp(path));
	folder = (struct statefile_folder){.path = mem_strdup(path), .key = {1, 2, 3}};
	return 0;
}

static int remove_one(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return io_remove(path);
}

static int remove_folder(void **state)
{
	(void)state;
	int r = io_list(folder.path, remove_one, folder.path);
	rmdir(folder.path);
	mem_free(folder.path);
	return r;
}

static int read_back(const char *name)
{
	AUTO_BUF bytes = buf_init(1000);

	return statefile_read(&folder, name, &bytes);
}

static void a_file_is_read_as_it_was_written_and_is_the_owners(void **state)
{
	(void)state;
	AUTO_BUF bytes = buf_init(1000);
	AUTO_TEXT path = io_join(folder.path, "some");
	struct stat status;

	assert_int_equal(statefile_write(&folder, "some", "a\0b", 3), 0);
	assert_int_equal(statefile_read(&folder, "some", &bytes), 0);
	assert_int_equal(bytes.size, 3);
	assert_memory_equal(bytes.data, "a\0b", 3);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(read_back("other"), ERR_NOTFOUND);
}

static void E5_every_changed_byte_is_noticed(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder.path, "some");
	AUTO_BUF good = buf_init(1000);

	assert_int_equal(statefile_write(&folder, "some", "content", 7), 0);
	assert_int_equal(io_read_file(path, &good), 0);
	for (size_t i = 0; i < good.size; i++) {
		good.data[i] ^= 1;
		assert_int_equal(io_write_file(path, good.data, good.size, 0600), 0);
		assert_int_equal(read_back("some"), ERR_CORRUPT);
		good.data[i] ^= 1;
		assert_int_equal(io_write_file(path, good.data, i, 0600), 0);
		assert_int_equal(read_back("some"), ERR_CORRUPT);
	}
}

static void E5_a_file_of_another_name_or_instance_is_noticed(void **state)
{
	(void)state;
	AUTO_TEXT from = io_join(folder.path, "some");
	AUTO_TEXT to = io_join(folder.path, "other");

	assert_int_equal(statefile_write(&folder, "some", "content", 7), 0);
	folder.key[31] ^= 1;
	assert_int_equal(read_back("some"), ERR_CORRUPT);
	folder.key[31] ^= 1;
	assert_int_equal(read_back("some"), 0);
	assert_int_equal(io_rename(from, to), 0);
	assert_int_equal(read_back("other"), ERR_CORRUPT);
}

static void a_new_version_of_a_file_has_another_stamp(void **state)
{
	(void)state;
	struct statefile_stamp none = statefile_stamp(&folder, "some");
	assert_int_equal(none.size, -1);

	assert_int_equal(statefile_write(&folder, "some", "a", 1), 0);
	struct statefile_stamp first = statefile_stamp(&folder, "some");
	struct statefile_stamp again = statefile_stamp(&folder, "some");
	assert_true(statefile_stamp_equal(&first, &again));
	assert_false(statefile_stamp_equal(&first, &none));
	assert_int_equal(statefile_write(&folder, "some", "b", 1), 0);
	struct statefile_stamp second = statefile_stamp(&folder, "some");
	assert_false(statefile_stamp_equal(&first, &second));
}

static int64_t slept_us;

static int64_t still(void *context)
{
	(void)context;
	return 0;
}

static void count_sleep(void *context, int64_t us)
{
	(void)context;
	slept_us += us;
}

static void a_lock_is_waited_for_some_seconds_and_not_for_ever(void **state)
{
	(void)state;
	const struct clock clock = {.now_us = still, .boot_us = still, .sleep_us = count_sleep};
	int first, second;

	assert_int_equal(statefile_lock(&folder, &first), 0);
	clock_use(&clock);
	assert_int_equal(statefile_lock(&folder, &second), ERR_LOCKED);
	clock_use(NULL);
	assert_in_range(slept_us, 1000000, 10000000);
	io_close(first);
	assert_int_equal(statefile_lock(&folder, &second), 0);
	io_close(second);
}

static void an_identity_stays_the_same(void **state)
{
	(void)state;
	struct identity first, second;

	assert_int_equal(identity_load(&folder, &first), 0);
	assert_int_equal(strlen(first.id), 32);
	assert_int_equal(identity_load(&folder, &second), 0);
	assert_string_equal(first.id, second.id);
	assert_memory_equal(&first.key, &second.key, sizeof(first.key));
}

static void a_damaged_identity_says_what_to_do(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder.path, "identity");
	AUTO_BUF bytes = buf_init(4096);
	struct identity identity;

	assert_int_equal(identity_load(&folder, &identity), 0);
	assert_int_equal(io_read_file(path, &bytes), 0);
	bytes.data[20] ^= 1;
	assert_int_equal(io_write_file(path, bytes.data, bytes.size, 0600), 0);
	assert_int_equal(identity_load(&folder, &identity), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "activate again"));
	assert_int_equal(io_remove(path), 0);
	assert_int_equal(identity_load(&folder, &identity), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			a_file_is_read_as_it_was_written_and_is_the_owners, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			E5_every_changed_byte_is_noticed, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			E5_a_file_of_another_name_or_instance_is_noticed, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			a_new_version_of_a_file_has_another_stamp, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_lock_is_waited_for_some_seconds_and_not_for_ever, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			an_identity_stays_the_same, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			a_damaged_identity_says_what_to_do, make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
