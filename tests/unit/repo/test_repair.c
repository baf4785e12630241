/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/text.h"
#include "repo/check.h"
#include "repo/lease.h"
#include "repo/repair.h"
#include "repo/repo_priv.h"
#include "storage/storage.h"

/*
 * Damage of every kind: what parity gives back is restored all the same, found by a check and
 * given back by a repair, byte for byte; what is lost is named, and all else stays.
 */

static const struct fixture_item items[] = {
	{"a", "a first message with some text in it, some text in it"},
	{"b", "a second message with some text in it, and more of it"},
	{"c", ""},
};
enum { ITEM_COUNT = 3 };

struct files {
	char **paths;
	size_t count, capacity;
};

struct listing {
	const char *folder;
	struct files *files;
};

static int list_entry(void *context, const struct io_entry *entry)
{
	const struct listing *listing = context;
	struct files *files = listing->files;
	AUTO_TEXT path = io_join(listing->folder, entry->name);
	struct listing below = {path, files};

	if (entry->is_folder)
		return io_list(path, list_entry, &below);
	mem_grow(&files->paths, &files->capacity, files->count + 1, sizeof(*files->paths));
	files->paths[files->count++] = STEAL(path);
	return 0;
}

/* Files below a folder of the repository; "" is all. */
static struct files list_files(const struct fixture *fixture, const char *folder)
{
	struct files files = {0};
	AUTO_TEXT place =
		*folder ? io_join(fixture->place, folder) : mem_strdup(fixture->place);
	struct listing listing = {place, &files};

	assert_int_equal(io_list(place, list_entry, &listing), 0);
	return files;
}

static void free_files(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		mem_free(files->paths[i]);
	mem_free(files->paths);
}

static struct buf read_file(const char *path)
{
	struct buf file = buf_init(1 << 24);

	assert_int_equal(io_read_file(path, &file), 0);
	return file;
}

static void write_file(const char *path, const struct buf *file)
{
	assert_int_equal(io_write_file(path, file->data, file->size, 0600), 0);
}

static void overwrite(const char *path, size_t at, uint8_t byte)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
}

static struct repo *open_damaged(const struct fixture *fixture)
{
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *repo = NULL;

	assert_int_equal(
		repo_open_damaged(storage_open_folder(fixture->place), &secret, &repo), 0);
	return repo;
}

/* Each text on a line. */
static void note_fault(void *context, const struct check_fault *fault)
{
	assert_int_equal(buf_printf(context, "%s\n", fault->text), 0);
}

static struct check_result check(const struct fixture *fixture, int percent, struct buf *faults)
{
	struct check_options options = {.data_percent = percent,
		.turn = -1,
		.fault = faults ? note_fault : NULL,
		.context = faults};
	struct check_result result;
	struct repo *repo = open_damaged(fixture);

	assert_int_equal(repo_check(repo, &options, &result), 0);
	repo_close(repo);
	return result;
}

static void note_repair(void *context, const struct repair_note *note)
{
	assert_int_equal(buf_printf(context, "%s\n", note->text), 0);
}

static int repair(const struct fixture *fixture, bool dry_run, struct buf *notes,
	struct repair_result *out)
{
	const struct repair_options options = {
		.dry_run = dry_run, .note = notes ? note_repair : NULL, .context = notes};
	struct repo *repo = open_damaged(fixture);
	int r = repo_repair(repo, &options, out);

	repo_close(repo);
	return r;
}

/* Whether the newest snapshot has all items as they were. */
static void assert_restores(const struct fixture *fixture)
{
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *repo = NULL;
	struct snapshot *snapshot = NULL;

	int r = repo_open(storage_open_folder(fixture->place), &secret, &repo);
	if (r != 0)
		fail_msg("%s", err_message());
	assert_int_equal(repo_snapshot(repo, "latest", &snapshot), 0);
	fixture_assert_object(repo, snapshot->objects[0].tree, items, ITEM_COUNT);
	snapshot_free(snapshot);
	repo_close(repo);
}

static struct fixture *make(void)
{
	void *state = NULL;
	char id[SNAPSHOT_ID_TEXT];

	fixture_setup(&state);
	struct fixture *fixture = state;
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, ITEM_COUNT);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 77, id), 0);
	fixture_close(fixture);
	return fixture;
}

static void changed_byte(const struct fixture *fixture, const char *path, size_t at)
{
	bool is_key = strstr(path, "/keys/") != NULL;
	AUTO_BUF file = read_file(path), hurt = read_file(path);
	struct repair_result result;

	hurt.data[at] ^= (uint8_t)(1 << at % 8);
	overwrite(path, at, hurt.data[at]);
	assert_restores(fixture);
	struct check_result found = check(fixture, 100, NULL);
	if (found.faults == 0 || found.faults != found.mendable)
		fail_msg("%s, byte %zu: %d faults", path, at, (int)found.faults);
	/* The rest takes its time: writes are durable. */
	if (at % 37 == 0 || at + 10 > file.size) {
		assert_int_equal(repair(fixture, true, NULL, &result), 0);
		AUTO_BUF same = read_file(path);
		assert_memory_equal(same.data, hurt.data, hurt.size);
		assert_int_equal(repair(fixture, false, NULL, &result), 0);
		assert_int_equal(result.mended, 1);
		assert_int_equal(result.made + result.lost_files + result.lost_items, 0);
		assert_int_equal(check(fixture, 100, NULL).faults, 0);
		if (is_key) /* under another name */
			assert_false(io_exists(path));
		else {
			AUTO_BUF back = read_file(path);
			assert_int_equal(back.size, file.size);
			assert_memory_equal(back.data, file.data, file.size);
		}
	}
	if (is_key && !io_exists(path)) {
		struct files others = list_files(fixture, "keys");
		for (size_t i = 0; i < others.count; i++)
			assert_int_equal(io_remove(others.paths[i]), 0);
		free_files(&others);
	}
	if (is_key)
		write_file(path, &file);
	else
		overwrite(path, at, file.data[at]);
}

static void every_changed_byte_of(const char *folder)
{
	struct fixture *fixture = make();
	struct files files = list_files(fixture, "");
	size_t seen = 0;

	assert_int_equal(check(fixture, 100, NULL).faults, 0);
	for (size_t i = 0; i < files.count; i++) {
		AUTO_BUF file = read_file(files.paths[i]);
		const char *name = files.paths[i] + strlen(fixture->place) + 1;
		if (!text_starts_with(name, folder))
			continue;
		for (size_t at = 0; at < file.size; at += fixture_step())
			changed_byte(fixture, files.paths[i], at);
		seen++;
	}
	assert_true(seen > 0);
	free_files(&files);
	fixture_free(fixture);
}

static void every_changed_byte_of_config_is_given_back(void **state)
{
	(void)state;
	every_changed_byte_of("config");
}

static void every_changed_byte_of_a_key_is_given_back(void **state)
{
	(void)state;
	every_changed_byte_of("keys");
}

static void every_changed_byte_of_a_pack_is_given_back(void **state)
{
	(void)state;
	every_changed_byte_of("packs");
}

static void every_changed_byte_of_an_index_file_is_given_back(void **state)
{
	(void)state;
	every_changed_byte_of("index");
}

static void every_changed_byte_of_a_snapshot_is_given_back(void **state)
{
	(void)state;
	every_changed_byte_of("snapshots");
}

static void lose_end(const char *path, size_t size)
{
	AUTO_BUF file = read_file(path);

	assert_true(size <= file.size);
	memset(file.data + file.size - size, 0, size);
	write_file(path, &file);
}

/* The last sector holds parity, sums and both trailers: the data is there yet. */
static void lost_ends_of_files_are_made_anew(void **state)
{
	(void)state;
	static const char *const folders[] = {"packs", "index", "snapshots"};
	struct fixture *fixture = make();
	struct repair_result result;

	for (size_t i = 0; i < 3; i++) {
		struct files files = list_files(fixture, folders[i]);
		AUTO_BUF before = read_file(files.paths[0]);
		lose_end(files.paths[0], 400);
		assert_true(check(fixture, 100, NULL).faults > 0);
		assert_int_equal(repair(fixture, false, NULL, &result), 0);
		AUTO_BUF after = read_file(files.paths[0]);
		assert_int_equal(after.size, before.size);
		assert_memory_equal(after.data, before.data, before.size);
		free_files(&files);
	}
	assert_restores(fixture);
	/* Of a pack the index knows where its data ends, so it may be cut off behind that. */
	struct files packs = list_files(fixture, "packs");
	AUTO_BUF pack = read_file(packs.paths[0]);
	assert_int_equal(truncate(packs.paths[0], (off_t)pack.size - 400), 0);
	assert_true(check(fixture, 0, NULL).faults > 0);
	assert_int_equal(repair(fixture, false, NULL, &result), 0);
	AUTO_BUF after = read_file(packs.paths[0]);
	assert_int_equal(after.size, pack.size);
	assert_memory_equal(after.data, pack.data, pack.size);
	free_files(&packs);
	fixture_free(fixture);
}

static void lost_index_is_made_anew_from_the_packs(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	AUTO_BUF notes = buf_init(1 << 16);
	struct repair_result result;

	for (int turn = 0; turn < 2; turn++) {
		struct files files = list_files(fixture, "index");
		if (turn == 0) {
			assert_int_equal(io_remove(files.paths[0]), 0);
		} else {
			AUTO_BUF nonsense = buf_init(2000);
			uint8_t *at = buf_reserve(&nonsense, 1000);
			fixture_fill(at, 1000, 3);
			buf_commit(&nonsense, 1000);
			write_file(files.paths[0], &nonsense);
		}
		free_files(&files);
		assert_true(check(fixture, 0, NULL).faults > 0);
		assert_int_equal(repair(fixture, true, NULL, &result), 0);
		assert_int_equal(result.made, 1);
		assert_int_equal(repair(fixture, false, &notes, &result), 0);
		assert_non_null(
			strstr(buf_text(&notes), "the index is made anew from the 1 packs"));
		assert_int_equal(result.lost_files + result.lost_items, 0);
		assert_int_equal(check(fixture, 100, NULL).faults, 0);
		assert_restores(fixture);
	}
	/* And it is one that a writer goes on with. */
	fixture_reopen(fixture);
	char id[SNAPSHOT_ID_TEXT];
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 2);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 99, id), 0);
	fixture_close(fixture);
	assert_int_equal(check(fixture, 100, NULL).faults, 0);
	fixture_free(fixture);
}

/* Two packs; of the first one so much is lost that parity does not help. */
static void what_is_lost_is_named_and_all_else_stays(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	AUTO_BUF faults = buf_init(1 << 16), notes = buf_init(1 << 16);
	struct repair_result result;
	char id[SNAPSHOT_ID_TEXT];
	static const struct fixture_item more[] = {
		{"a", "a first message with some text in it, "
		      "some text in it"},
		{"d", "this one came later, and is in a pack of its own"}};

	struct files packs = list_files(fixture, "packs");
	assert_int_equal(packs.count, 1);
	fixture_reopen(fixture);
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, more, 2);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 78, id), 0);
	fixture_close(fixture);
	AUTO_BUF pack = read_file(packs.paths[0]);
	memset(pack.data, 0, 100); /* the block of texts: seven parts of 16 bytes */
	write_file(packs.paths[0], &pack);

	struct check_result found = check(fixture, 100, &faults);
	assert_true(found.faults > 0 && found.mendable == 0);
	assert_non_null(strstr(buf_text(&faults), "block 0 is damaged"));
	assert_non_null(strstr(buf_text(&faults), "mailbox:ada, in/a cannot be restored"));
	assert_non_null(strstr(buf_text(&faults), "mailbox:ada, in/b cannot be restored"));
	assert_null(strstr(buf_text(&faults), "in/d"));
	assert_int_equal(repair(fixture, true, NULL, &result), ERR_PARTIAL);
	assert_int_equal(repair(fixture, false, &notes, &result), ERR_PARTIAL);
	assert_non_null(strstr(buf_text(&notes), "mailbox:ada, in/a is lost"));
	assert_non_null(strstr(buf_text(&notes), "mailbox:ada, in/b is lost"));
	assert_null(strstr(buf_text(&notes), "in/d"));
	assert_int_equal(result.lost_files, 1);

	buf_clear(&faults);
	found = check(fixture, 100, &faults);
	if (found.faults > 0)
		fail_msg("%s", buf_text(&faults));
	assert_int_equal(found.snapshots, 2);
	fixture_reopen(fixture);
	struct snapshot *snapshot = NULL;
	assert_int_equal(repo_snapshot(fixture->repo, "latest", &snapshot), 0);
	assert_int_equal(snapshot->created_s, 78);
	fixture_assert_object(fixture->repo, snapshot->objects[0].tree, more + 1, 1);
	snapshot_free(snapshot);
	/* What was lost is stored anew by the next run. */
	tree = fixture_object(fixture->writer, NULL, items, ITEM_COUNT);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 79, id), 0);
	fixture_close(fixture);
	assert_restores(fixture);
	assert_int_equal(check(fixture, 100, NULL).faults, 0);
	assert_int_equal(repair(fixture, false, NULL, &result), 0);
	assert_int_equal(result.mended + result.made, 0);
	free_files(&packs);
	fixture_free(fixture);
}

static void missing_pack_is_named_with_what_it_held(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	AUTO_BUF notes = buf_init(1 << 16);
	struct repair_result result;
	struct files packs = list_files(fixture, "packs");

	assert_int_equal(io_remove(packs.paths[0]), 0);
	assert_true(check(fixture, 0, NULL).faults > 0);
	assert_int_equal(repair(fixture, false, &notes, &result), ERR_PARTIAL);
	assert_non_null(strstr(buf_text(&notes), "is missing; all of it is lost"));
	assert_non_null(strstr(buf_text(&notes), "its folders are lost"));
	assert_int_equal(result.lost_files, 1);
	assert_int_equal(check(fixture, 100, NULL).faults, 0);
	free_files(&packs);
	fixture_free(fixture);
}

static void exchanged_files_are_found(void **state)
{
	(void)state;
	static const char *const folders[] = {"packs", "index", "snapshots"};
	struct fixture *fixture = make(), *other = make();

	for (size_t i = 0; i < 3; i++) {
		struct files files = list_files(fixture, folders[i]);
		struct files others = list_files(other, folders[i]);
		AUTO_BUF own = read_file(files.paths[0]), foreign = read_file(others.paths[0]);
		write_file(files.paths[0], &foreign);
		struct check_result found = check(fixture, 100, NULL);
		assert_true(found.faults > found.mendable);
		write_file(files.paths[0], &own);
		assert_int_equal(check(fixture, 100, NULL).faults, 0);
		free_files(&files);
		free_files(&others);
	}
	fixture_free(fixture);
	fixture_free(other);
}

/* One that another one speaks of; the newest is known only by who has seen it. */
static void missing_snapshot_is_found_and_a_lost_one_given_up(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	AUTO_BUF faults = buf_init(1 << 16);
	struct repair_result result;
	char id[SNAPSHOT_ID_TEXT];
	struct files first = list_files(fixture, "snapshots");

	fixture_reopen(fixture);
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, ITEM_COUNT);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 78, id), 0);
	fixture_close(fixture);
	AUTO_BUF file = read_file(first.paths[0]);
	assert_int_equal(io_remove(first.paths[0]), 0);
	assert_int_equal(check(fixture, 0, &faults).faults, 1);
	assert_non_null(strstr(buf_text(&faults), "is missing, and nobody forgot it"));

	memset(file.data, 0, file.size);
	write_file(first.paths[0], &file);
	assert_true(check(fixture, 0, NULL).faults > 0);
	assert_int_equal(repair(fixture, false, NULL, &result), ERR_PARTIAL);
	assert_int_equal(result.lost_files, 1);
	assert_false(io_exists(first.paths[0]));
	struct check_result found = check(fixture, 100, NULL);
	assert_int_equal(found.faults, 0);
	assert_int_equal(found.snapshots, 1);
	free_files(&first);
	fixture_free(fixture);
}

static void repair_waits_for_writers(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	struct repo *repo = open_damaged(fixture);
	struct repair_result result;
	struct lease lease;

	assert_int_equal(lease_begin(repo->storage, &repo->keys, &lease), 0);
	assert_int_equal(repair(fixture, false, NULL, &result), ERR_LOCKED);
	assert_int_equal(lease_end(repo->storage, &lease), 0);
	assert_int_equal(repair(fixture, false, NULL, &result), 0);
	struct files left = list_files(fixture, "writers");
	assert_int_equal(left.count, 0);
	free_files(&left);
	repo_close(repo);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_changed_byte_of_config_is_given_back),
		cmocka_unit_test(every_changed_byte_of_a_key_is_given_back),
		cmocka_unit_test(every_changed_byte_of_a_pack_is_given_back),
		cmocka_unit_test(every_changed_byte_of_an_index_file_is_given_back),
		cmocka_unit_test(every_changed_byte_of_a_snapshot_is_given_back),
		cmocka_unit_test(lost_ends_of_files_are_made_anew),
		cmocka_unit_test(lost_index_is_made_anew_from_the_packs),
		cmocka_unit_test(what_is_lost_is_named_and_all_else_stays),
		cmocka_unit_test(missing_pack_is_named_with_what_it_held),
		cmocka_unit_test(repair_waits_for_writers),
		cmocka_unit_test(exchanged_files_are_found),
		cmocka_unit_test(missing_snapshot_is_found_and_a_lost_one_given_up),
	};

	log_set_level(LOG_ERROR); /* what is mended in memory is told each time */
	return cmocka_run_group_tests(tests, NULL, NULL);
}
