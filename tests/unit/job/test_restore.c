/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/restore.h"
#include "job/storages.h"
#include "script.h"

static const struct source_object objects[] = {
	{.id = "o1",
		.kind = "folder",
		.name = "one",
		.display_name = "One",
		.owner = {"", "", "", false, false, false, false}},
};

static struct script_folder folders[] = {
	{.object = "o1", .id = "f1", .parent_id = "", .name = "in"},
	{.object = "o1", .id = "f2", .parent_id = "f1", .name = "sub"},
	{.object = "o1", .id = "f3", .parent_id = "", .name = "empty"},
};

/* Of the test that runs: items by name and text, all in the folder "in". */
static struct script_item items[12];

struct world {
	struct fixture *fixture;
	char *to;
	struct repo *repo;
	struct snapshot *snapshot;
};

static int setup(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));
	void *fixture = NULL;
	int r = fixture_setup(&fixture);

	world->fixture = fixture;
	world->to = io_join(world->fixture->folder, "to");
	script_clear();
	script.objects = objects;
	script.object_count = SCRIPT_COUNT(objects);
	script.folders = folders;
	script.folder_count = SCRIPT_COUNT(folders);
	script.items = items;
	fixture_add_job(world->fixture, "all");
	*state = world;
	return r;
}

static int teardown(void **state)
{
	struct world *world = *state;
	void *fixture = world->fixture;

	snapshot_free(world->snapshot);
	repo_close(world->repo);
	mem_free(world->to);
	mem_free(world);
	return fixture_teardown(&fixture);
}

/* Adds an item to the script; its name is its id. */
static void add(const char *folder, const char *name, const char *text)
{
	assert_true(script.item_count < SCRIPT_COUNT(items));
	items[script.item_count++] = (struct script_item){.object = "o1",
		.folder = folder,
		.id = name,
		.name = name,
		.tag = "1",
		.text = text};
}

/* Runs the job, and takes its newest snapshot. */
static void back_up(struct world *world)
{
	if (fixture_run(world->fixture) < 0)
		fail_msg("%s", err_message());
	AUTO_TEXT id = fixture_snapshot_id(world->fixture);
	repo_close(world->repo);
	snapshot_free(world->snapshot);
	assert_int_equal(storages_open(world->fixture->installation, "disk", &world->repo), 0);
	assert_int_equal(repo_snapshot(world->repo, id, &world->snapshot), 0);
}

static void back_up_three(struct world *world)
{
	add("f1", "a.eml", "aaa");
	add("f1", "b.eml", "bb");
	add("f2", "c.eml", "c");
	back_up(world);
}

static int restore_with(struct world *world, const char *path, enum restore_conflict conflict,
	struct restore_result *result)
{
	const struct restore_options options = {
		.path = path, .folder = world->to, .conflict = conflict};

	return restore_to_folder(world->repo, world->snapshot, &options, result);
}

static void restore(struct world *world, const char *path)
{
	struct restore_result result;

	if (restore_with(world, path, RESTORE_SKIP, &result) < 0)
		fail_msg("%s", err_message());
}

struct tree {
	char *text;
	const char *folder, *below;
};

static int list_entry(void *context, const struct io_entry *entry)
{
	struct tree *tree = context;
	AUTO_TEXT path = io_join(tree->folder, entry->name);
	AUTO_TEXT shown = mem_printf("%s%s", tree->below, entry->name);

	if (entry->is_folder) {
		AUTO_TEXT below = mem_printf("%s/", shown);
		struct tree inner = {mem_printf("%s%s\n", tree->text, below), path, below};
		assert_int_equal(io_list(path, list_entry, &inner), 0);
		mem_replace(&tree->text, inner.text);
		return 0;
	}
	AUTO_BUF bytes = buf_init(1 << 20);
	assert_int_equal(io_read_file(path, &bytes), 0);
	mem_replace(&tree->text, mem_printf("%s%s=%s\n", tree->text, shown, buf_text(&bytes)));
	return 0;
}

/* Each folder and file below the target, in order, hidden ones too. */
static void assert_tree(struct world *world, const char *expected)
{
	struct tree tree = {mem_strdup(""), world->to, ""};

	assert_int_equal(io_list(world->to, list_entry, &tree), 0);
	assert_string_equal(tree.text, expected);
	mem_free(tree.text);
}

static void put_at(struct world *world, const char *path, const char *text)
{
	AUTO_TEXT whole = io_join(world->to, path);
	AUTO_TEXT folder = mem_strndup(whole, (size_t)(strrchr(whole, '/') - whole));

	assert_int_equal(io_make_folders(folder, 0700), 0);
	assert_int_equal(io_write_file(whole, text, strlen(text), 0600), 0);
}

static void what_lies_below_the_path_is_written_and_nothing_else(void **state)
{
	struct world *world = *state;

	back_up_three(world);
	restore(world, "folder/one");
	assert_tree(world, "empty/\nin/\nin/a.eml=aaa\nin/b.eml=bb\nin/sub/\nin/sub/c.eml=c\n");
}

static void any_depth_of_path_is_fine_and_so_are_slashes_at_its_end(void **state)
{
	struct world *world = *state;
	static const char *const cases[][2] = {
		{"", "folder/\nfolder/one/\nfolder/one/empty/\nfolder/one/in/\n"
		     "folder/one/in/a.eml=aaa\nfolder/one/in/b.eml=bb\n"
		     "folder/one/in/sub/\nfolder/one/in/sub/c.eml=c\n"},
		{"folder", "one/\none/empty/\none/in/\none/in/a.eml=aaa\none/in/b.eml=bb\n"
			   "one/in/sub/\none/in/sub/c.eml=c\n"},
		{"folder/one/in", "a.eml=aaa\nb.eml=bb\nsub/\nsub/c.eml=c\n"},
		{"folder/one/in/", "a.eml=aaa\nb.eml=bb\nsub/\nsub/c.eml=c\n"},
		{"folder/one/in//", "a.eml=aaa\nb.eml=bb\nsub/\nsub/c.eml=c\n"},
		{"folder/one/in/sub", "c.eml=c\n"},
		{"folder/one/in/b.eml", "b.eml=bb\n"},
		{"folder/one/empty", ""},
	};

	back_up_three(world);
	for (size_t i = 0; i < SCRIPT_COUNT(cases); i++) {
		AUTO_TEXT to = mem_printf("%s/%zu", world->fixture->folder, i);
		mem_replace(&world->to, STEAL(to));
		restore(world, cases[i][0]);
		assert_tree(world, cases[i][1]);
	}
}

static void what_is_not_there_is_told_and_no_folder_made(void **state)
{
	struct world *world = *state;
	struct restore_result result;

	back_up_three(world);
	assert_int_equal(
		restore_with(world, "folder/one/out", RESTORE_SKIP, &result), ERR_NOTFOUND);
	assert_int_equal(restore_with(world, "mailbox", RESTORE_SKIP, &result), ERR_NOTFOUND);
	assert_false(io_exists(world->to));
}

static void files_get_the_time_of_the_item_and_are_for_their_owner(void **state)
{
	struct world *world = *state;
	AUTO_TEXT path = io_join(world->to, "a.eml");
	struct stat status;

	back_up_three(world);
	restore(world, "folder/one/in");
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mtime, 1000000000);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_file_that_is_there_stays_where_one_skips(void **state)
{
	struct world *world = *state;
	struct restore_result result;

	back_up_three(world);
	put_at(world, "a.eml", "mine");
	assert_int_equal(restore_with(world, "folder/one/in", RESTORE_SKIP, &result), 0);
	assert_int_equal(result.items, 2);
	assert_int_equal(result.bytes, 3);
	assert_int_equal(result.skipped, 1);
	assert_tree(world, "a.eml=mine\nb.eml=bb\nsub/\nsub/c.eml=c\n");
}

static void it_goes_where_one_replaces(void **state)
{
	struct world *world = *state;
	struct restore_result result;

	back_up_three(world);
	put_at(world, "a.eml", "mine");
	assert_int_equal(restore_with(world, "folder/one/in", RESTORE_REPLACE, &result), 0);
	assert_int_equal(result.items, 3);
	assert_int_equal(result.skipped, 0);
	assert_tree(world, "a.eml=aaa\nb.eml=bb\nsub/\nsub/c.eml=c\n");
}

static void it_gets_a_second_name_where_one_copies(void **state)
{
	struct world *world = *state;
	struct restore_result result;

	add("f1", "a.tar.gz", "1");
	add("f1", ".hidden", "2");
	add("f1", "plain", "3");
	back_up(world);
	put_at(world, "plain (2)", "mine");
	restore(world, "folder/one/in");
	assert_int_equal(restore_with(world, "folder/one/in", RESTORE_COPY, &result), 0);
	assert_int_equal(result.items, 3);
	assert_tree(world, ".hidden=2\n.hidden (2)=2\na.tar (2).gz=1\na.tar.gz=1\nplain=3\n"
			   "plain (2)=mine\nplain (3)=3\nsub/\n");
}

static void the_longest_name_can_be_copied_too(void **state)
{
	struct world *world = *state;
	struct restore_result result;
	AUTO_TEXT plain = mem_alloc(400);
	AUTO_TEXT wide = mem_alloc(400);

	memset(plain, 'x', 300);
	memcpy(plain + 300, ".eml", 5);
	for (size_t i = 0; i < 150; i++)
		memcpy(wide + 2 * i, "ä", 2);
	add("f1", plain, "1");
	add("f1", wide, "2");
	back_up(world);
	restore(world, "folder/one/in");
	assert_int_equal(restore_with(world, "folder/one/in", RESTORE_COPY, &result), 0);
	assert_int_equal(restore_with(world, "folder/one/in", RESTORE_COPY, &result), 0);
	assert_int_equal(result.items, 2);
	assert_int_equal(fixture_count_files(world->to), 6);
}

static int check_name(void *context, const struct io_entry *entry)
{
	size_t *good = context;

	*good += text_is_utf8(entry->name, strlen(entry->name)) && strlen(entry->name) <= 255;
	return 0;
}

static void odd_names_become_files_of_this_folder_and_no_other(void **state)
{
	struct world *world = *state;
	AUTO_TEXT longest = mem_alloc(1001);
	size_t good = 0;

	memset(longest, 'y', 1000);
	add("f1", "../../escape", "1");
	add("f1", "/etc/passwd", "2");
	add("f1", "..", "3");
	add("f1", ".", "4");
	add("f1", "line\nbreak\x01", "5");
	add("f1", "not utf-8 \xff\xfe", "6");
	add("f1", longest, "7");
	add("f1", "Case", "8");
	add("f1", "case", "9");
	add("f1", "100%", "10");
	add("f1", "%2E", "11");
	back_up(world);
	restore(world, "folder/one/in");
	assert_int_equal(fixture_count_files(world->to), 11);
	assert_int_equal(io_list(world->to, check_name, &good), 0);
	assert_int_equal(good, 12); /* with sub */
	assert_int_equal(fixture_count_files(world->fixture->folder), 0);
}

static void names_that_are_alike_get_a_number(void **state)
{
	struct world *world = *state;

	add("f1", "1", "first");
	items[0].name = "same.eml";
	add("f1", "2", "second");
	items[1].name = "same.eml";
	back_up(world);
	restore(world, "folder/one/in");
	assert_int_equal(fixture_count_files(world->to), 2);
}

static void a_folder_and_a_file_never_take_each_others_place(void **state)
{
	struct world *world = *state;
	struct restore_result result;

	back_up_three(world);
	put_at(world, "a.eml/mine", "mine");
	put_at(world, "sub", "mine too");
	assert_int_equal(
		restore_with(world, "folder/one/in", RESTORE_REPLACE, &result), ERR_EXISTS);
	assert_int_equal(result.items, 1);
	assert_int_equal(result.failed, 3); /* a.eml, sub, sub/c.eml */
	assert_non_null(strstr(result.first_failure, "/to/"));
	assert_tree(world, "a.eml/\na.eml/mine=mine\nb.eml=bb\nsub=mine too\n");
}

static void a_dry_run_counts_and_writes_nothing(void **state)
{
	struct world *world = *state;
	struct restore_result result;
	struct restore_options options = {
		.path = "folder/one", .folder = world->to, .dry_run = true};

	back_up_three(world);
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result), 0);
	assert_int_equal(result.items, 3);
	assert_int_equal(result.bytes, 6);
	assert_false(io_exists(world->to));
	put_at(world, "in/a.eml", "mine");
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result), 0);
	assert_int_equal(result.items, 2);
	assert_int_equal(result.skipped, 1);
	assert_tree(world, "in/\nin/a.eml=mine\n");
}

static ssize_t full_write(int fd, const void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static int open_file(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static void a_full_disk_ends_it_and_leaves_no_half_of_a_file(void **state)
{
	struct world *world = *state;
	struct restore_result result;
	const struct io_calls calls = {.open = open_file,
		.write = full_write,
		.pread = pread,
		.fdatasync = fdatasync,
		.fsync = fsync,
		.rename = rename};

	back_up_three(world);
	put_at(world, "a.eml", "mine");
	io_use(&calls);
	int r = restore_with(world, "folder/one/in", RESTORE_REPLACE, &result);
	io_use(NULL);
	assert_int_equal(r, ERR_IO);
	assert_non_null(strstr(err_message(), "make room"));
	assert_tree(world, "a.eml=mine\n");
}

struct stopping {
	struct cancel cancel;
	uint64_t items;
};

static void stop(void *context, uint64_t count, uint64_t bytes)
{
	struct stopping *stopping = context;

	(void)bytes;
	stopping->items = count;
	if (count == 1)
		cancel_wish(&stopping->cancel);
}

static void what_is_restored_before_it_is_stopped_stays(void **state)
{
	struct world *world = *state;
	struct restore_result result;
	struct stopping stopping = {0};
	const struct restore_options options = {.path = "folder/one/in",
		.folder = world->to,
		.cancel = &stopping.cancel,
		.progress = stop,
		.context = &stopping};

	back_up_three(world);
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result),
		ERR_CANCELLED);
	assert_int_equal(result.items, 1);
	assert_int_equal(stopping.items, 1);
}

/* Changes a byte in the middle of the biggest file of the repository. */
struct biggest {
	const char *folder;
	char *path;
	uint64_t size;
};

static int find_biggest(void *context, const struct io_entry *entry)
{
	struct biggest *biggest = context;
	AUTO_TEXT path = io_join(biggest->folder, entry->name);

	if (entry->is_folder) {
		struct biggest inner = {path, STEAL(biggest->path), biggest->size};
		assert_int_equal(io_list(path, find_biggest, &inner), 0);
		biggest->path = inner.path;
		biggest->size = inner.size;
	} else if (entry->size > biggest->size) {
		biggest->size = entry->size;
		mem_replace(&biggest->path, STEAL(path));
	}
	return 0;
}

/* More of the largest file than its parity gives back. */
static void damage(struct world *world)
{
	enum { PLACES = 8 };
	struct biggest biggest = {.folder = world->fixture->place};

	assert_int_equal(io_list(biggest.folder, find_biggest, &biggest), 0);
	int fd = open(biggest.path, O_RDWR);
	for (int i = 1; i < PLACES; i++) {
		off_t at = (off_t)biggest.size / PLACES * i;
		char byte;
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 1;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
	}
	close(fd);
	mem_free(biggest.path);
}

/* A text of this size that no compression makes small. */
static char *noise(size_t size)
{
	char *text = mem_alloc(size + 1);
	uint32_t x = 1;

	for (size_t i = 0; i < size; i++) {
		x = x * 1664525 + 1013904223;
		text[i] = (char)('!' + (x >> 24) % 90);
	}
	return text;
}

static void an_item_that_is_damaged_is_counted_and_the_others_restored(void **state)
{
	struct world *world = *state;
	struct restore_result result;
	AUTO_TEXT big = noise(3000000);

	add("f1", "big.bin", big);
	back_up(world);
	add("f1", "small.eml", "small");
	back_up(world);
	damage(world);
	put_at(world, "big.bin", "mine");
	assert_int_equal(
		restore_with(world, "folder/one/in", RESTORE_REPLACE, &result), ERR_CORRUPT);
	assert_int_equal(result.items, 1);
	assert_int_equal(result.failed, 1);
	assert_non_null(strstr(result.first_failure, "big.bin"));
	assert_non_null(strstr(err_message(), "could not be restored"));
	assert_tree(world, "big.bin=mine\nsmall.eml=small\nsub/\n");
}

static void a_target_that_is_a_file_is_told(void **state)
{
	struct world *world = *state;
	struct restore_result result;

	back_up_three(world);
	assert_int_equal(io_write_file(world->to, "mine", 4, 0600), 0);
	assert_true(restore_with(world, "", RESTORE_REPLACE, &result) < 0);
	assert_non_null(strstr(err_message(), world->to));
	assert_false(io_is_folder(world->to));
}

static void name_left_out(void *context, const char *path)
{
	char **names = context;

	mem_replace(names, mem_printf("%s%s\n", *names, path));
}

static void F2_T18_of_what_a_trial_stored_the_first_items_of_each_folder_come_back(void **state)
{
	struct world *world = *state;
	AUTO_TEXT names = mem_strdup("");
	struct restore_result result;
	struct restore_options options = {.path = "folder/one",
		.folder = world->to,
		.is_limited = true,
		.left_out = name_left_out,
		.context = &names};

	/* Stored in another order than that of the listing. */
	add("f1", "c.eml", "c");
	back_up_three(world);
	world->snapshot->objects[0].trial_items = 2;
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result),
		ERR_PARTIAL);
	assert_int_equal(result.items, 3);
	assert_int_equal(result.left_out, 1);
	assert_string_equal(names, "folder/one/in/c.eml\n");
	assert_tree(world, "empty/\nin/\nin/a.eml=aaa\nin/b.eml=bb\nin/sub/\nin/sub/c.eml=c\n");
	/* One item by its path is not handed out either. */
	options.path = "folder/one/in/c.eml";
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result),
		ERR_PARTIAL);
	assert_int_equal(result.items, 0);
	assert_int_equal(result.left_out, 1);
	/* With a key all comes back, and without a mark too. */
	options.is_limited = false;
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result), 0);
	options.is_limited = true;
	world->snapshot->objects[0].trial_items = 0;
	options.path = "";
	assert_int_equal(restore_to_folder(world->repo, world->snapshot, &options, &result), 0);
	assert_int_equal(result.items, 4);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_lies_below_the_path_is_written_and_nothing_else),
		TEST(any_depth_of_path_is_fine_and_so_are_slashes_at_its_end),
		TEST(what_is_not_there_is_told_and_no_folder_made),
		TEST(files_get_the_time_of_the_item_and_are_for_their_owner),
		TEST(a_file_that_is_there_stays_where_one_skips),
		TEST(it_goes_where_one_replaces),
		TEST(it_gets_a_second_name_where_one_copies),
		TEST(the_longest_name_can_be_copied_too),
		TEST(odd_names_become_files_of_this_folder_and_no_other),
		TEST(names_that_are_alike_get_a_number),
		TEST(a_folder_and_a_file_never_take_each_others_place),
		TEST(a_dry_run_counts_and_writes_nothing),
		TEST(a_full_disk_ends_it_and_leaves_no_half_of_a_file),
		TEST(what_is_restored_before_it_is_stopped_stays),
		TEST(an_item_that_is_damaged_is_counted_and_the_others_restored),
		TEST(a_target_that_is_a_file_is_told),
		TEST(F2_T18_of_what_a_trial_stored_the_first_items_of_each_folder_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
