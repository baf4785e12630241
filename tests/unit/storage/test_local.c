/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "storage/storage.h"

struct place {
	char *folder; /* removed at the end */
	struct storage *storage;
};

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat;
	(void)type;
	(void)walk;
	return remove(path);
}

static int set_up(void **state)
{
	struct place *place = mem_alloc(sizeof(*place));

	place->folder = mem_strdup("/tmp/garner-test-XXXXXX");
	assert_non_null(mkdtemp(place->folder));
	AUTO_TEXT below = io_join(place->folder, "new/store");
	place->storage = storage_open_folder(below);
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	storage_close(place->storage);
	(void)nftw(place->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	mem_free(place->folder);
	mem_free(place);
	return 0;
}

static void put(struct place *place, const char *name, const char *text)
{
	assert_int_equal(storage_put(place->storage, name, text, strlen(text)), 0);
}

static int note(void *context, const struct storage_entry *entry)
{
	AUTO_TEXT text = mem_printf("%s:%d ", entry->name, (int)entry->size);

	return buf_append_text(context, text);
}

static void assert_list(struct place *place, const char *folder, const char *expected)
{
	AUTO_BUF out = buf_init(1000);

	assert_int_equal(storage_list(place->storage, folder, note, &out), 0);
	assert_string_equal(out.size ? buf_text(&out) : "", expected);
}

static void object_reads_back_whole_and_in_pieces(void **state)
{
	struct place *place = *state;
	struct storage_range range = {2, 3};
	AUTO_BUF all = buf_init(100);
	char piece[3];
	uint64_t size;

	put(place, "packs/ab/abcd", "hello world");
	assert_int_equal(storage_size(place->storage, "packs/ab/abcd", &size), 0);
	assert_int_equal(size, 11);
	assert_int_equal(storage_read(place->storage, "packs/ab/abcd", &range, piece), 0);
	assert_memory_equal(piece, "llo", 3);
	assert_int_equal(storage_read_all(place->storage, "packs/ab/abcd", &all), 0);
	assert_int_equal(all.size, 11);
	assert_memory_equal(all.data, "hello world", 11);
}

static void reading_past_the_end_is_corrupt_and_names_the_object(void **state)
{
	struct place *place = *state;
	struct storage_range range = {8, 4};
	char piece[4];

	put(place, "a", "hello world");
	assert_int_equal(storage_read(place->storage, "a", &range, piece), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "store/a"));
}

static void object_is_written_once(void **state)
{
	struct place *place = *state;
	AUTO_BUF all = buf_init(100);

	put(place, "config", "first");
	assert_int_equal(storage_put(place->storage, "config", "second", 6), ERR_EXISTS);
	assert_int_equal(storage_read_all(place->storage, "config", &all), 0);
	assert_memory_equal(all.data, "first", 5);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct place *place = *state;
	struct storage_range range = {0, 1};
	AUTO_BUF all = buf_init(100);
	char piece[1];
	uint64_t size;

	assert_int_equal(storage_size(place->storage, "x", &size), ERR_NOTFOUND);
	assert_int_equal(storage_read(place->storage, "x", &range, piece), ERR_NOTFOUND);
	assert_int_equal(storage_read_all(place->storage, "x", &all), ERR_NOTFOUND);
	assert_int_equal(storage_remove(place->storage, "x"), 0);
	assert_list(place, "", "");
	assert_list(place, "packs", "");
}

static void list_is_sorted_and_goes_down(void **state)
{
	struct place *place = *state;

	put(place, "packs/b/two", "22");
	put(place, "packs/a/one", "1");
	put(place, "config", "");
	put(place, "index/x", "333");
	assert_list(place, "packs", "packs/a/one:1 packs/b/two:2 ");
	assert_list(place, "", "config:0 index/x:3 packs/a/one:1 packs/b/two:2 ");
	assert_int_equal(storage_remove(place->storage, "packs/a/one"), 0);
	assert_list(place, "packs", "packs/b/two:2 ");
}

static int stop(void *context, const struct storage_entry *entry)
{
	(void)entry;
	++*(int *)context;
	return 7;
}

static void visitor_ends_a_list(void **state)
{
	struct place *place = *state;
	int calls = 0;

	put(place, "a/1", "");
	put(place, "a/2", "");
	assert_int_equal(storage_list(place->storage, "", stop, &calls), 7);
	assert_int_equal(calls, 1);
}

/* The order of the calls that make an object durable. */
static char calls_made[64];

static void made(char call)
{
	size_t size = strlen(calls_made);

	assert_true(size + 1 < sizeof(calls_made));
	calls_made[size] = call;
	calls_made[size + 1] = '\0';
}

static bool write_fails;

static ssize_t noted_write(int fd, const void *data, size_t size)
{
	made('w');
	if (!write_fails)
		return write(fd, data, size);
	errno = ENOSPC;
	return -1;
}

static int noted_fdatasync(int fd)
{
	made('d');
	return fdatasync(fd);
}

static int noted_fsync(int fd)
{
	made('f');
	return fsync(fd);
}

static int noted_rename_new(const char *from, const char *to)
{
	made('r');
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static const struct io_calls noted = {
	.write = noted_write,
	.fdatasync = noted_fdatasync,
	.fsync = noted_fsync,
	.rename_new = noted_rename_new,
};

static void object_is_durable_before_it_has_its_name_and_the_name_after(void **state)
{
	struct place *place = *state;

	put(place, "packs/first", "makes the folders");
	calls_made[0] = '\0';
	io_use(&noted);
	put(place, "packs/second", "text");
	io_use(NULL);
	assert_string_equal(calls_made, "wdrf");
}

static void full_disk_names_the_path_and_leaves_nothing(void **state)
{
	struct place *place = *state;
	AUTO_TEXT temporary = io_join(storage_place(place->storage), "tmp");

	write_fails = true;
	io_use(&noted);
	int r = storage_put(place->storage, "packs/one", "text", 4);
	io_use(NULL);
	write_fails = false;
	assert_int_equal(r, ERR_IO);
	assert_non_null(strstr(err_message(), storage_place(place->storage)));
	assert_non_null(strstr(err_message(), strerror(ENOSPC)));
	assert_list(place, "", "");
	assert_int_equal(rmdir(temporary), 0); /* it is empty */
}

/* Each of the calls fails in its turn. */
static struct {
	int countdown; /* calls until the one that fails; 0: none */
	int error;
	bool hit;
} fault;

static bool fails(void)
{
	if (fault.countdown == 0 || --fault.countdown > 0)
		return false;
	fault.hit = true;
	errno = fault.error;
	return true;
}

static int faulty_open(const char *path, int flags, mode_t mode)
{
	return fails() ? -1 : open(path, flags, mode);
}

/* A few bytes at a time, as a disk that is nearly full may do. */
static ssize_t short_write(int fd, const void *data, size_t size)
{
	return fails() ? -1 : write(fd, data, size > 3 ? 3 : size);
}

static ssize_t short_pread(int fd, void *data, size_t size, off_t offset)
{
	return fails() ? -1 : pread(fd, data, size > 2 ? 2 : size, offset);
}

static int faulty_fdatasync(int fd)
{
	return fails() ? -1 : fdatasync(fd);
}

static int faulty_fsync(int fd)
{
	return fails() ? -1 : fsync(fd);
}

static int faulty_rename_new(const char *from, const char *to)
{
	return fails() ? -1 : renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static int faulty_mkdir(const char *path, mode_t mode)
{
	return fails() ? -1 : mkdir(path, mode);
}

static const struct io_calls faulty = {
	.open = faulty_open,
	.write = short_write,
	.pread = short_pread,
	.fdatasync = faulty_fdatasync,
	.fsync = faulty_fsync,
	.rename_new = faulty_rename_new,
	.mkdir = faulty_mkdir,
};

static void assert_whole_or_not_there(struct place *place, int result)
{
	AUTO_BUF all = buf_init(100);
	int r = storage_read_all(place->storage, "packs/a/one", &all);

	assert_true(r == 0 || (result < 0 && r == ERR_NOTFOUND));
	if (r == 0)
		assert_string_equal(buf_text(&all), "hello world");
}

/* At each call of a put: an error that names the system's words, no part of an object under its
 * name, no file left over, and the next put goes well. */
static void put_that_fails_at_any_call_leaves_no_part(void **state)
{
	static const int errors[] = {EIO, ENOSPC};
	struct place *place = *state;
	AUTO_TEXT temporary = io_join(storage_place(place->storage), "tmp");
	int n;

	for (size_t i = 0; i < 2; i++) {
		n = 0;
		do {
			struct storage *again =
				storage_open_folder(storage_place(place->storage));
			fault.countdown = ++n;
			fault.error = errors[i];
			fault.hit = false;
			io_use(&faulty);
			int r = storage_put(again, "packs/a/one", "hello world", 11);
			fault.countdown = 0;
			io_use(NULL);
			assert_int_equal(r, fault.hit ? ERR_IO : 0);
			if (r < 0)
				assert_non_null(strstr(err_message(), strerror(errors[i])));
			assert_whole_or_not_there(place, r);
			assert_true(rmdir(temporary) == 0 || errno == ENOENT);
			storage_close(again);
			again = storage_open_folder(storage_place(place->storage));
			assert_int_equal(storage_put(again, "packs/a/two", "later", 5), 0);
			assert_int_equal(storage_remove(again, "packs/a/one"), 0);
			assert_int_equal(storage_remove(again, "packs/a/two"), 0);
			storage_close(again);
			assert_true(rmdir(temporary) == 0);
		} while (fault.hit);
		assert_true(n > 12);
	}
}

static void read_that_fails_or_is_short_at_any_call_is_an_error_or_right(void **state)
{
	struct place *place = *state;
	struct storage_range range = {2, 7};
	int n = 0;

	put(place, "a", "hello world");
	do {
		char piece[7];
		AUTO_BUF all = buf_init(100);
		fault.countdown = ++n;
		fault.error = EIO;
		fault.hit = false;
		io_use(&faulty);
		int r = storage_read(place->storage, "a", &range, piece);
		if (r == 0)
			assert_memory_equal(piece, "llo wor", 7);
		r = r < 0 ? r : storage_read_all(place->storage, "a", &all);
		fault.countdown = 0;
		io_use(NULL);
		assert_int_equal(r, fault.hit ? ERR_IO : 0);
		if (r == 0)
			assert_string_equal(buf_text(&all), "hello world");
	} while (fault.hit);
	assert_true(n > 8);
}

static void clean_removes_old_leftovers_and_no_others(void **state)
{
	struct place *place = *state;
	AUTO_TEXT temporary = io_join(storage_place(place->storage), "tmp/leftover");

	put(place, "a", "1");
	assert_int_equal(io_write_file(temporary, "half", 4, 0600), 0);
	assert_list(place, "", "a:1 ");
	assert_int_equal(storage_clean(place->storage, clock_now_s() - 60), 0);
	assert_true(io_exists(temporary));
	assert_int_equal(storage_clean(place->storage, clock_now_s() + 60), 0);
	assert_false(io_exists(temporary));
	assert_list(place, "", "a:1 ");
}

static int visit_nothing(void *context, const struct storage_entry *entry)
{
	(void)context, (void)entry;
	return 0;
}

static void assert_gone(struct place *place)
{
	AUTO_BUF out = buf_init(100);
	uint64_t size;
	int64_t now_s;

	assert_int_equal(storage_put(place->storage, "packs/ab/two", "two", 3), ERR_IO);
	assert_non_null(strstr(err_message(), "new/store is gone; see whether its disk"));
	assert_int_equal(storage_put(place->storage, "packs/one-more", "two", 3), ERR_IO);
	assert_non_null(strstr(err_message(), "is gone"));
	assert_int_equal(storage_read_all(place->storage, "packs/one", &out), ERR_IO);
	assert_int_equal(storage_size(place->storage, "packs/one", &size), ERR_IO);
	assert_int_equal(storage_list(place->storage, "packs", visit_nothing, NULL), ERR_IO);
	assert_int_equal(storage_now(place->storage, &now_s), ERR_IO);
}

static void a_place_that_was_taken_away_is_not_taken_for_an_empty_one(void **state)
{
	struct place *place = *state;
	AUTO_TEXT there = io_join(place->folder, "new/store");
	AUTO_TEXT away = io_join(place->folder, "away");
	AUTO_BUF out = buf_init(100);

	put(place, "packs/one", "one");
	assert_int_equal(rename(there, away), 0);
	assert_gone(place);
	assert_false(io_exists(there));
	assert_int_equal(mkdir(there, 0700), 0); /* as a disk that was unmounted leaves it */
	assert_gone(place);
	assert_int_equal(rmdir(there), 0); /* nothing was written to it */
	assert_int_equal(rename(away, there), 0);
	assert_int_equal(storage_read_all(place->storage, "packs/one", &out), 0);
	put(place, "packs/ab/two", "two");
	assert_int_equal(
		storage_size(place->storage, "packs/none", &(uint64_t){0}), ERR_NOTFOUND);
}

static void clean_of_a_place_that_is_not_there_is_fine(void **state)
{
	struct place *place = *state;

	assert_int_equal(storage_clean(place->storage, clock_now_s()), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		WITH(object_reads_back_whole_and_in_pieces),
		WITH(reading_past_the_end_is_corrupt_and_names_the_object),
		WITH(object_is_written_once),
		WITH(what_is_not_there_is_not_found),
		WITH(list_is_sorted_and_goes_down),
		WITH(visitor_ends_a_list),
		WITH(object_is_durable_before_it_has_its_name_and_the_name_after),
		WITH(full_disk_names_the_path_and_leaves_nothing),
		WITH(put_that_fails_at_any_call_leaves_no_part),
		WITH(read_that_fails_or_is_short_at_any_call_is_an_error_or_right),
		WITH(clean_removes_old_leftovers_and_no_others),
		WITH(clean_of_a_place_that_is_not_there_is_fine),
		WITH(a_place_that_was_taken_away_is_not_taken_for_an_empty_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
