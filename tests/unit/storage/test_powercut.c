/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "powercut.h"
#include "storage/storage.h"

enum { SEEDS = 10, TEXT_MAX = 100000 };

struct fixture {
	char *folder; /* removed at the end */
	char *place;  /* recorded */
	char *state;
	struct powercut *record;
};

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
	(void)stat, (void)type, (void)walk;
	return remove(path);
}

static void remove_folder(const char *path)
{
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int set_up(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof(*fixture));

	fixture->folder = mem_strdup("/tmp/garner-powercut-XXXXXX");
	assert_non_null(mkdtemp(fixture->folder));
	fixture->place = io_join(fixture->folder, "place");
	fixture->state = io_join(fixture->folder, "state");
	assert_int_equal(io_make_folders(fixture->place, 0700), 0);
	*state = fixture;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *fixture = *state;

	remove_folder(fixture->folder);
	if (fixture->record)
		powercut_free(fixture->record);
	mem_free(fixture->folder);
	mem_free(fixture->place);
	mem_free(fixture->state);
	mem_free(fixture);
	return 0;
}

/* What the file `name` holds in a state; "-" where it is not there. */
static char *held(const struct fixture *fixture, size_t at, uint64_t seed, const char *name)
{
	AUTO_TEXT path = io_join(fixture->state, name);
	AUTO_BUF text = buf_init(TEXT_MAX);

	powercut_state(fixture->record, at, seed, fixture->state);
	int r = io_read_file(path, &text);
	remove_folder(fixture->state);
	if (r == ERR_NOTFOUND)
		return mem_strdup("-");
	assert_int_equal(r, 0);
	for (size_t i = 0; i < text.size; i++)
		text.data[i] = text.data[i] ? text.data[i] : '0';
	return mem_strndup(text.size ? (const char *)text.data : "", text.size);
}

/* All that the file can hold at the end of the record, each once, in no order. */
static char *all_held(const struct fixture *fixture, const char *name)
{
	AUTO_BUF all = buf_init(TEXT_MAX);

	assert_int_equal(buf_append_text(&all, "|"), 0);
	for (uint64_t seed = 0; seed < 200; seed++) {
		AUTO_TEXT text = held(fixture, powercut_events(fixture->record), seed, name);
		AUTO_TEXT item = mem_printf("|%s|", text);
		if (!strstr(buf_text(&all), item))
			assert_int_equal(buf_append_text(&all, item + 0), 0);
	}
	return mem_strdup(buf_text(&all));
}

static int create(const struct fixture *fixture, const char *name)
{
	AUTO_TEXT path = io_join(fixture->place, name);
	int fd;

	assert_int_equal(io_create(path, 0600, &fd), 0);
	return fd;
}

static void a_write_is_lost_torn_or_out_of_order_until_its_fdatasync(void **state)
{
	struct fixture *fixture = *state;

	fixture->record = powercut_begin(fixture->place);
	int fd = create(fixture, "file");
	assert_int_equal(io_write(fd, "ab", 2), 0);
	assert_int_equal(io_sync(fd), 0);
	assert_int_equal(io_write(fd, "cde", 3), 0);
	assert_int_equal(io_write(fd, "f", 1), 0);
	assert_int_equal(io_sync_folder(fixture->place), 0);
	io_close(fd);
	powercut_end(fixture->record);
	AUTO_TEXT all = all_held(fixture, "file");
	assert_non_null(strstr(all, "|ab|"));
	assert_non_null(strstr(all, "|abc|"));
	assert_non_null(strstr(all, "|ab0de|"));
	assert_non_null(strstr(all, "|ab000f|"));
	assert_non_null(strstr(all, "|abcdef|"));
	assert_null(strstr(all, "|-|"));
	assert_null(strstr(all, "|a|"));
	AUTO_TEXT sure = held(fixture, powercut_events(fixture->record), 0, "file");
	assert_string_equal(sure, "ab");
	AUTO_TEXT last = held(fixture, powercut_events(fixture->record), 1, "file");
	assert_string_equal(last, "abcdef");
}

static void a_name_is_unsure_until_its_folder_is_synced(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT old_path = io_join(fixture->place, "old");
	AUTO_TEXT new_path = io_join(fixture->place, "new");
	AUTO_TEXT gone_path = io_join(fixture->place, "gone");

	assert_int_equal(io_write_file(old_path, "was there", 9, 0600), 0);
	assert_int_equal(io_write_file(gone_path, "removed", 7, 0600), 0);
	fixture->record = powercut_begin(fixture->place);
	int fd = create(fixture, "new");
	assert_int_equal(io_write(fd, "text", 4), 0);
	assert_int_equal(io_sync(fd), 0);
	io_close(fd);
	assert_int_equal(rename(old_path, old_path), 0); /* not recorded: nothing of it */
	assert_int_equal(io_remove(gone_path), 0);
	powercut_end(fixture->record);
	AUTO_TEXT names = all_held(fixture, "new");
	assert_string_equal(names, "||-||text|");
	AUTO_TEXT gone = all_held(fixture, "gone");
	assert_string_equal(gone, "||removed||-|");
	AUTO_TEXT kept = all_held(fixture, "old");
	assert_string_equal(kept, "||was there|");
}

static void a_file_that_is_written_anew_is_the_old_or_the_new_one(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT path = io_join(fixture->place, "file");

	assert_int_equal(io_write_file(path, "old", 3, 0600), 0);
	fixture->record = powercut_begin(fixture->place);
	assert_int_equal(io_write_file(path, "new one", 7, 0600), 0);
	powercut_mark(fixture->record);
	powercut_end(fixture->record);
	for (size_t at = 0; at <= powercut_events(fixture->record); at++) {
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			AUTO_TEXT text = held(fixture, at, seed, "file");
			assert_true(text_equal(text, "new one") ||
				    (text_equal(text, "old") &&
					    powercut_marks(fixture->record, at) == 0));
		}
	}
}

/* The objects of the recorded runs: number i is i bytes and more, of one letter. */
static char *object_text(size_t number)
{
	size_t size = number * 700;
	char *text = mem_alloc(size + 1);

	memset(text, 'a' + (int)(number % 26), size);
	return text;
}

static char *object_name(size_t number)
{
	return mem_printf("packs/%c/object-%zu", number % 2 ? 'x' : 'y', number);
}

typedef int put_fn(struct fixture *fixture, struct storage *storage, size_t number);

static int put_well(struct fixture *fixture, struct storage *storage, size_t number)
{
	AUTO_TEXT name = object_name(number);
	AUTO_TEXT text = object_text(number);

	(void)fixture;
	return storage_put(storage, name, text, strlen(text));
}

/* As put_well, but the data are not made durable before they have their name. */
static int put_without_sync(struct fixture *fixture, struct storage *storage, size_t number)
{
	AUTO_TEXT name = object_name(number);
	AUTO_TEXT text = object_text(number);
	AUTO_TEXT path = io_join(fixture->place, name);
	AUTO_TEXT temporary = mem_printf("%s.new", path);
	AUTO_TEXT folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	int fd = -1;

	(void)storage;
	int r = io_make_folders(folder, 0700);
	if (r == 0)
		r = io_create(temporary, 0600, &fd);
	if (r == 0)
		r = io_write(fd, text, strlen(text));
	if (r == 0)
		r = io_rename_new(temporary, path);
	io_close(fd);
	return r;
}

/* How many objects of those that were put are in a state of the place; -1 where one of them is
 * there and not whole. */
static int whole_objects(struct fixture *fixture, size_t count)
{
	struct storage *storage = storage_open_folder(fixture->state);
	int whole = 0;

	for (size_t i = 0; i < count && whole >= 0; i++) {
		AUTO_TEXT name = object_name(i);
		AUTO_TEXT text = object_text(i);
		AUTO_BUF read = buf_init(TEXT_MAX);
		int r = storage_read_all(storage, name, &read);
		if (r == ERR_NOTFOUND)
			continue;
		assert_int_equal(r, 0);
		bool same = read.size == strlen(text) &&
			    memcmp(read.data ? (void *)read.data : "", text, read.size) == 0;
		whole = same ? whole + 1 : -1;
	}
	storage_close(storage);
	return whole;
}

/* No leftover keeps anybody from going on. */
static void assert_usable(struct fixture *fixture)
{
	struct storage *storage = storage_open_folder(fixture->state);

	assert_int_equal(storage_put(storage, "packs/x/later", "later", 5), 0);
	assert_int_equal(storage_clean(storage, INT64_MAX), 0);
	storage_close(storage);
}

/* Nobody cuts the power of what is only looked at. */
static int sync_nothing(int fd)
{
	(void)fd;
	return 0;
}

static const struct io_calls hasty = {.fdatasync = sync_nothing, .fsync = sync_nothing};

/* In how many states something that was put is missing or not whole. */
static int count_damages(struct fixture *fixture, put_fn *put)
{
	enum { OBJECTS = 5 };
	struct storage *storage = storage_open_folder(fixture->place);
	int damages = 0;

	fixture->record = powercut_begin(fixture->place);
	for (size_t i = 0; i < OBJECTS; i++) {
		assert_int_equal(put(fixture, storage, i), 0);
		powercut_mark(fixture->record);
	}
	powercut_end(fixture->record);
	storage_close(storage);
	assert_true(powercut_events(fixture->record) > 5 * OBJECTS);
	io_use(&hasty);
	for (size_t at = 0; at <= powercut_events(fixture->record); at++) {
		for (uint64_t seed = 0; seed < SEEDS; seed++) {
			int marks = (int)powercut_marks(fixture->record, at);
			powercut_state(fixture->record, at, seed, fixture->state);
			damages += whole_objects(fixture, OBJECTS) < marks;
			assert_usable(fixture);
			remove_folder(fixture->state);
		}
	}
	io_use(NULL);
	return damages;
}

static void what_was_put_is_whole_after_a_cut_at_any_moment(void **state)
{
	assert_int_equal(count_damages(*state, put_well), 0);
}

static void a_put_that_syncs_too_late_is_found(void **state)
{
	assert_true(count_damages(*state, put_without_sync) > 0);
}

struct worker {
	struct fixture *fixture;
	struct storage *storage;
	size_t from;
};

static void *put_four(void *context)
{
	struct worker *worker = context;

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			put_well(worker->fixture, worker->storage, worker->from + i), 0);
	return NULL;
}

static void threads_that_put_into_new_folders_lose_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct storage *storage = storage_open_folder(fixture->place);
	struct worker workers[] = {{fixture, storage, 0}, {fixture, storage, 4}};
	pthread_t threads[2];

	fixture->record = powercut_begin(fixture->place);
	for (int i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, put_four, &workers[i]), 0);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	powercut_mark(fixture->record);
	powercut_end(fixture->record);
	storage_close(storage);
	for (uint64_t seed = 0; seed < SEEDS; seed++) {
		powercut_state(fixture->record, powercut_events(fixture->record), seed,
			fixture->state);
		assert_int_equal(whole_objects(fixture, 8), 8);
		remove_folder(fixture->state);
	}
}

/* As another process does that has not come to the fsync of the folder. */
static void put_alone(const struct fixture *fixture, const char *name)
{
	int fd = create(fixture, name);

	assert_int_equal(io_write(fd, "theirs", 6), 0);
	assert_int_equal(io_sync(fd), 0);
	io_close(fd);
}

static void what_others_have_put_is_settled_before_something_counts_on_it(void **state)
{
	struct fixture *fixture = *state;
	struct storage *storage = storage_open_folder(fixture->place);
	AUTO_TEXT folder = io_join(fixture->place, "index");

	assert_int_equal(io_make_folders(folder, 0700), 0);
	fixture->record = powercut_begin(fixture->place);
	put_alone(fixture, "index/one");
	size_t before = powercut_events(fixture->record);
	assert_int_equal(storage_settle(storage, "index"), 0);
	assert_int_equal(storage_settle(storage, "nothing"), 0);
	powercut_end(fixture->record);
	storage_close(storage);

	AUTO_TEXT lost = held(fixture, before, 0, "index/one");
	AUTO_TEXT kept = held(fixture, powercut_events(fixture->record), 0, "index/one");
	assert_string_equal(lost, "-");
	assert_string_equal(kept, "theirs");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		WITH(a_write_is_lost_torn_or_out_of_order_until_its_fdatasync),
		WITH(a_name_is_unsure_until_its_folder_is_synced),
		WITH(a_file_that_is_written_anew_is_the_old_or_the_new_one),
		WITH(what_was_put_is_whole_after_a_cut_at_any_moment),
		WITH(a_put_that_syncs_too_late_is_found),
		WITH(threads_that_put_into_new_folders_lose_nothing),
		WITH(what_others_have_put_is_settled_before_something_counts_on_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
