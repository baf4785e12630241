/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "repo/spill.h"

/*
 * Sorting against a sorted array, in memory and with runs in a file.
 */

enum { KEYS = 5000 };

static void put(struct spill *spill, uint32_t key, uint32_t value)
{
	char text[32];
	const struct spill_entry entry = {text,
		(size_t)snprintf(text, sizeof(text), "key %06u", key), &value, sizeof(value),
		(uint8_t)(value % 7)};

	assert_int_equal(spill_put(spill, &entry), 0);
}

static void assert_sorted(struct spill *spill, const uint32_t *values)
{
	struct spill_entry entry;
	char text[32];

	assert_int_equal(spill_sort(spill), 0);
	for (uint32_t key = 0; key < KEYS; key++) {
		if (values[key] == 0)
			continue;
		size_t size = (size_t)snprintf(text, sizeof(text), "key %06u", key);
		assert_int_equal(spill_next(spill, &entry), 1);
		assert_int_equal(entry.key_size, size);
		assert_memory_equal(entry.key, text, size);
		assert_int_equal(entry.value_size, sizeof(values[key]));
		assert_memory_equal(entry.value, &values[key], sizeof(values[key]));
		assert_int_equal(entry.mark, values[key] % 7);
	}
	assert_int_equal(spill_next(spill, &entry), 0);
	assert_int_equal(spill_next(spill, &entry), 0);
}

static void the_last_value_of_each_key_comes_by_its_key(void **state)
{
	static const size_t memories[] = {0, 1, 2000, 20000, 300000};
	uint64_t random = 5;

	(void)state;
	for (size_t i = 0; i < sizeof(memories) / sizeof(memories[0]); i++) {
		struct spill *spill = spill_new(memories[i]);
		uint32_t *values = mem_array(KEYS, sizeof(*values));
		uint32_t puts = memories[i] == 1 ? 300 : 20000;
		for (uint32_t j = 1; j <= puts; j++) {
			uint32_t key = (uint32_t)(fixture_random(&random) % KEYS);
			put(spill, key, values[key] = j);
		}
		assert_int_equal(spill_count(spill), puts);
		assert_sorted(spill, values);
		spill_clear(spill);
		memset(values, 0, KEYS * sizeof(*values));
		put(spill, 17, values[17] = 3);
		assert_sorted(spill, values);
		spill_free(spill);
		mem_free(values);
	}
}

static void nothing_comes_of_nothing(void **state)
{
	const uint32_t none[KEYS] = {0};
	struct spill *spill = spill_new(0);

	(void)state;
	assert_sorted(spill, none);
	spill_free(spill);
}

static void rising_keys_are_known_as_such(void **state)
{
	struct spill *spill = spill_new(1000);

	(void)state;
	for (uint32_t i = 0; !spill_is_full(spill); i++)
		put(spill, i, i);
	assert_true(spill_is_rising(spill));
	put(spill, 900, 1); /* the others are in the file now */
	assert_false(spill_is_rising(spill));
	spill_clear(spill);
	put(spill, 5, 1);
	assert_true(spill_is_rising(spill));
	put(spill, 5, 1);
	assert_false(spill_is_rising(spill));
	spill_free(spill);
}

static void large_entries_are_as_good_as_small_ones(void **state)
{
	struct spill *spill = spill_new(3 << 20);
	char *bytes = mem_alloc(SPILL_ENTRY_MAX);
	struct spill_entry entry = {bytes, 3, bytes + 3, SPILL_ENTRY_MAX - 3, 0};

	(void)state;
	fixture_fill(bytes, SPILL_ENTRY_MAX, 1);
	for (unsigned i = 10; i-- > 0;) {
		bytes[0] = (char)i;
		entry.value_size = (size_t)(SPILL_ENTRY_MAX - 3) / (1 + i % 3);
		assert_int_equal(spill_put(spill, &entry), 0);
	}
	assert_int_equal(spill_sort(spill), 0);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(spill_next(spill, &entry), 1);
		assert_int_equal(*(const char *)entry.key, (char)i);
		assert_int_equal(entry.value_size, (SPILL_ENTRY_MAX - 3) / (1 + i % 3));
		assert_memory_equal(entry.value, bytes + 3, entry.value_size);
	}
	assert_int_equal(spill_next(spill, &entry), 0);
	spill_clear(spill);
	entry = (struct spill_entry){bytes, 4, bytes + 4, SPILL_ENTRY_MAX - 3, 0};
	assert_int_equal(spill_put(spill, &entry), ERR_INVALID);
	spill_free(spill);
	mem_free(bytes);
}

static ssize_t full_disk(int fd, const void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static int open_for_test(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static int put_until_error(struct spill *spill)
{
	uint32_t value = 0;
	int r = 0;

	for (uint32_t i = 0; i < 1000 && r == 0; i++) {
		const struct spill_entry entry = {&i, sizeof(i), &value, sizeof(value), 0};
		r = spill_put(spill, &entry);
	}
	return r;
}

static void a_full_disk_is_told_with_what_to_do(void **state)
{
	const struct io_calls calls = {.open = open_for_test,
		.write = full_disk,
		.pread = pread,
		.fdatasync = fdatasync,
		.fsync = fsync,
		.rename = rename};
	struct spill *spill = spill_new(1000);

	(void)state;
	io_use(&calls);
	assert_int_equal(put_until_error(spill), ERR_IO);
	io_use(NULL);
	assert_non_null(strstr(err_message(), "TMPDIR"));
	assert_non_null(strstr(err_message(), "No space left"));
	spill_free(spill);
}

static void the_folder_for_temporary_files_is_named(void **state)
{
	AUTO_TEXT before = mem_strdup(getenv("TMPDIR"));
	struct spill *spill = spill_new(1000);

	(void)state;
	struct fixture *fixture = fixture_new();
	setenv("TMPDIR", "/nowhere", 1);
	assert_true(put_until_error(spill) < 0);
	assert_non_null(strstr(err_message(), "/nowhere"));
	spill_free(spill);

	setenv("TMPDIR", fixture->folder, 1);
	spill = spill_new(1000);
	assert_int_equal(put_until_error(spill), 0);
	DIR *folder = opendir(fixture->folder);
	for (const struct dirent *entry; (entry = readdir(folder));)
		assert_null(strstr(entry->d_name, "sort")); /* it has no name */
	closedir(folder);
	spill_free(spill);
	fixture_free(fixture);
	if (before)
		setenv("TMPDIR", before, 1);
	else
		unsetenv("TMPDIR");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_value_of_each_key_comes_by_its_key),
		cmocka_unit_test(nothing_comes_of_nothing),
		cmocka_unit_test(rising_keys_are_known_as_such),
		cmocka_unit_test(large_entries_are_as_good_as_small_ones),
		cmocka_unit_test(a_full_disk_is_told_with_what_to_do),
		cmocka_unit_test(the_folder_for_temporary_files_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
