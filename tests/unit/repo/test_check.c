/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "repo/check.h"

static const struct fixture_item items[] = {
	{"one.eml", "the first"}, {"two.eml", "the second"}};

static void note(void *context, const struct check_fault *fault)
{
	assert_int_equal(buf_append_text(context, fault->text), 0);
	assert_int_equal(buf_append_text(context, "\n"), 0);
}

static struct check_result check(struct fixture *fixture, int percent, struct buf *faults)
{
	struct check_options options = {.data_percent = percent,
		.turn = -1,
		.fault = faults ? note : NULL,
		.context = faults};
	struct check_result result;

	assert_int_equal(repo_check(fixture->repo, &options, &result), 0);
	return result;
}

static void make(struct fixture *fixture)
{
	char id[SNAPSHOT_ID_TEXT];
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 2);

	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 1, id), 0);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 2, id), 0);
}

static int take_first_file(void *context, const struct io_entry *entry)
{
	char **path = context;
	AUTO_TEXT below = io_join(*path, entry->name);

	mem_replace(path, STEAL(below));
	if (entry->is_folder)
		(void)!io_list(*path, take_first_file, path);
	return 1;
}

/* The first file of a folder of the repository. The caller frees it. */
static char *first_file(struct fixture *fixture, const char *folder)
{
	char *path = io_join(fixture->place, folder);

	assert_int_equal(io_list(path, take_first_file, &path), 1);
	return path;
}

static void flip(const char *path, uint64_t at)
{
	uint8_t byte;
	int fd = open(path, O_RDWR);

	assert_true(fd >= 0);
	assert_int_equal(pread(fd, &byte, 1, (off_t)at), 1);
	byte ^= 1;
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

static void sound_repository_has_no_faults(void **state)
{
	struct fixture *fixture = *state;

	make(fixture);
	struct check_result result = check(fixture, 100, NULL);
	assert_int_equal(result.faults, 0);
	assert_int_equal(result.snapshots, 2);
	assert_int_equal(result.packs, 1);
	assert_int_equal(result.chunks, 4);
	assert_true(result.bytes_read > 0);
	assert_true(check(fixture, 0, NULL).bytes_read < result.bytes_read);
}

static void empty_repository_has_no_faults(void **state)
{
	assert_int_equal(check(*state, 100, NULL).faults, 0);
}

static void flipped_byte_is_found_and_hits_nothing_that_parity_gives_back(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF faults = buf_init(1 << 16);

	make(fixture);
	AUTO_TEXT pack = first_file(fixture, "packs");
	flip(pack, 3); /* in the block of contents */
	assert_int_equal(check(fixture, 0, NULL).faults, 0);
	struct check_result result = check(fixture, 100, &faults);
	assert_int_equal(result.faults, 1);
	assert_int_equal(result.mendable, 1);
	assert_non_null(strstr(buf_text(&faults), "block 0 is damaged"));
	assert_non_null(strstr(buf_text(&faults), "its parity gives it back"));
}

static void lost_block_is_found_and_what_it_hits_is_named(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF faults = buf_init(1 << 16);

	make(fixture);
	AUTO_TEXT pack = first_file(fixture, "packs");
	for (uint64_t at = 1; at < 36; at += 16)
		flip(pack, at); /* more parts than there is parity for */
	struct check_result result = check(fixture, 100, &faults);
	assert_int_equal(result.mendable, 0);
	assert_non_null(strstr(buf_text(&faults), "is damaged"));
	assert_non_null(strstr(buf_text(&faults), "mailbox:ada, in/one.eml"));
	assert_non_null(strstr(buf_text(&faults), "mailbox:ada, in/two.eml"));
}

static void every_byte_of_a_pack_is_looked_at(void **state)
{
	struct fixture *fixture = *state;

	make(fixture);
	AUTO_TEXT pack = first_file(fixture, "packs");
	AUTO_BUF file = buf_init(1 << 20);
	assert_int_equal(io_read_file(pack, &file), 0);
	for (size_t at = 0; at < file.size; at += fixture_step()) {
		flip(pack, at);
		assert_true(check(fixture, 100, NULL).faults > 0);
		flip(pack, at);
	}
	assert_int_equal(check(fixture, 100, NULL).faults, 0);
}

static void missing_and_short_packs_are_faults_without_reading_data(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF faults = buf_init(1 << 16);
	AUTO_BUF file = buf_init(1 << 20);

	make(fixture);
	AUTO_TEXT pack = first_file(fixture, "packs");
	assert_int_equal(io_read_file(pack, &file), 0);
	assert_int_equal(truncate(pack, (off_t)file.size - 1), 0);
	assert_true(check(fixture, 0, &faults).faults > 0);
	assert_non_null(strstr(buf_text(&faults), "bytes and should have"));
	buf_clear(&faults);
	assert_int_equal(io_remove(pack), 0);
	fixture_reopen(fixture);
	assert_true(check(fixture, 0, &faults).faults > 0);
	assert_non_null(strstr(buf_text(&faults), "is missing"));
}

static void damaged_snapshot_is_a_fault_and_others_are_checked(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF faults = buf_init(1 << 16);

	make(fixture);
	AUTO_TEXT snapshot = first_file(fixture, "snapshots");
	flip(snapshot, 20);
	struct check_result result = check(fixture, 0, &faults);
	assert_int_equal(result.faults, 1);
	assert_int_equal(result.snapshots, 2);
	assert_non_null(strstr(buf_text(&faults), "nothing is lost"));
	for (uint64_t at = 50; at < 120; at += 16)
		flip(snapshot, at);
	buf_clear(&faults);
	result = check(fixture, 0, &faults);
	assert_int_equal(result.snapshots, 1);
	assert_int_equal(result.mendable, 0);
	assert_non_null(strstr(buf_text(&faults), "snapshot is damaged"));
}

static void missing_index_is_a_fault_of_what_it_named(void **state)
{
	struct fixture *fixture = *state;
	AUTO_BUF faults = buf_init(1 << 16);

	make(fixture);
	AUTO_TEXT index = first_file(fixture, "index");
	assert_int_equal(io_remove(index), 0);
	fixture_reopen(fixture);
	assert_int_equal(
		check(fixture, 0, &faults).faults, 1); /* one tree, in both snapshots */
	assert_non_null(strstr(buf_text(&faults), "mailbox:ada, its folders are damaged"));
}

static void wish_to_stop_is_obeyed(void **state)
{
	struct fixture *fixture = *state;
	struct cancel cancel = {0};
	struct check_options options = {.data_percent = 100, .cancel = &cancel};
	struct check_result result;

	make(fixture);
	cancel_wish(&cancel);
	assert_int_equal(repo_check(fixture->repo, &options, &result), ERR_CANCELLED);
}

static void progress(void *context, uint64_t done, uint64_t total)
{
	uint64_t *last = context;

	assert_true(done >= *last && done <= total);
	*last = done;
}

static void share_of_the_packs_is_read(void **state)
{
	struct fixture *fixture = *state;
	uint64_t last = 0;
	struct check_options options = {
		.data_percent = 50, .turn = -1, .progress = progress, .context = &last};
	struct check_result half, all;

	for (int i = 0; i < 10; i++) {
		AUTO_TEXT text = mem_printf("content %d", i);
		fixture_put_text(fixture->writer, text);
		assert_int_equal(repo_writer_commit(fixture->writer), 0);
	}
	assert_int_equal(repo_check(fixture->repo, &options, &half), 0);
	assert_true(last > 0);
	last = 0;
	options.data_percent = 100;
	assert_int_equal(repo_check(fixture->repo, &options, &all), 0);
	assert_int_equal(half.packs, 10);
	assert_int_equal(half.packs_read, 5);
	assert_int_equal(all.packs_read, 10);
	assert_int_equal(half.bytes_read * 2, all.bytes_read);
	/* Turns that follow each other read all, whatever day it is. */
	options.progress = NULL;
	options.data_percent = 30;
	for (options.turn = 0; options.turn < 4; options.turn++) {
		assert_int_equal(repo_check(fixture->repo, &options, &half), 0);
		assert_int_equal(half.packs_read, 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		WITH(sound_repository_has_no_faults),
		WITH(empty_repository_has_no_faults),
		WITH(flipped_byte_is_found_and_hits_nothing_that_parity_gives_back),
		WITH(lost_block_is_found_and_what_it_hits_is_named),
		WITH(every_byte_of_a_pack_is_looked_at),
		WITH(missing_and_short_packs_are_faults_without_reading_data),
		WITH(damaged_snapshot_is_a_fault_and_others_are_checked),
		WITH(missing_index_is_a_fault_of_what_it_named),
		WITH(wish_to_stop_is_obeyed),
		WITH(share_of_the_packs_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
