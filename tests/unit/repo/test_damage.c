/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "repo/check.h"

/*
 * Bytes changed, files cut, files exchanged: what is read is what was written, or an error.
 */

static const struct fixture_item items[] = {
	{"a", "a first message with some text in it, some text in it"},
	{"b", "a second message with some text in it, and more of it"},
	{"c", ""},
};
enum { ITEM_COUNT = 3 };

static int collect(void *context, const void *data, size_t size)
{
	return buf_append(context, data, size);
}

struct reading {
	struct repo *repo;
	size_t seen;
};

static int read_item(void *context, const struct tree_item *item)
{
	struct reading *reading = context;
	AUTO_BUF out = buf_init(1000);
	int r = repo_read(reading->repo, &item->content, collect, &out);

	if (r < 0)
		return r;
	assert_true(reading->seen < ITEM_COUNT);
	assert_string_equal(item->id, items[reading->seen].id);
	const char *text = items[reading->seen++].text;
	assert_int_equal(out.size, strlen(text));
	if (out.size > 0)
		assert_memory_equal(out.data, text, out.size);
	return 0;
}

static int read_folder(void *context, const struct tree_folder *folder)
{
	struct reading *reading = context;

	assert_string_equal(folder->name, "in");
	return repo_items(reading->repo, folder, read_item, reading);
}

/* Reads all that is in the repository; what it reads must be right. */
static int read_all(const struct fixture *fixture, const struct repo_secret *secret)
{
	struct reading reading = {0};
	struct snapshot *snapshot = NULL;
	int r = repo_open(storage_open_folder(fixture->place), secret, &reading.repo);

	if (r < 0)
		return r;
	r = repo_snapshot(reading.repo, "latest", &snapshot);
	if (r == 0) {
		assert_int_equal(snapshot->object_count, 1);
		assert_int_equal(snapshot->created_s, 77);
		assert_string_equal(snapshot->objects[0].name, "ada");
		r = repo_folders(
			reading.repo, snapshot->objects[0].tree, read_folder, &reading);
	}
	if (r == 0)
		assert_int_equal(reading.seen, ITEM_COUNT);
	snapshot_free(snapshot);
	repo_close(reading.repo);
	return r;
}

struct files {
	char **paths;
	size_t count, capacity;
};

static int note_file(void *context, const char *path, uint64_t size)
{
	struct files *files = context;

	(void)size;
	mem_grow(&files->paths, &files->capacity, files->count + 1, sizeof(*files->paths));
	files->paths[files->count++] = mem_strdup(path);
	return 0;
}

struct listing {
	const char *folder;
	struct files *files;
};

static int list_entry(void *context, const struct io_entry *entry)
{
	const struct listing *listing = context;
	AUTO_TEXT path = io_join(listing->folder, entry->name);
	struct listing below = {path, listing->files};

	if (entry->is_folder)
		return io_list(path, list_entry, &below);
	return note_file(listing->files, path, entry->size);
}

static struct files list_files(const struct fixture *fixture)
{
	struct files files = {0};
	struct listing listing = {fixture->place, &files};

	assert_int_equal(io_list(fixture->place, list_entry, &listing), 0);
	return files;
}

static void free_files(struct files *files)
{
	for (size_t i = 0; i < files->count; i++)
		mem_free(files->paths[i]);
	mem_free(files->paths);
}

static void overwrite(const char *path, uint64_t at, uint8_t byte)
{
	int fd = open(path, O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, &byte, 1, (off_t)at), 1);
	close(fd);
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

/* Of the two, one is enough. */
static bool is_config(const char *path)
{
	return strstr(path, "/repository/config") != NULL;
}

static void assert_clean(int r)
{
	if (r != ERR_CORRUPT && r != ERR_PASSWORD && r != ERR_NOREPO)
		fail_msg("%d: %s", r, err_message());
	assert_true(err_message()[0] != '\0');
}

static void every_changed_byte_of_every_file_is_seen_or_mended(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	struct repo_secret secret = fixture_secret(fixture);
	struct files files = list_files(fixture);

	assert_true(files.count == 6); /* config and its copy, key, pack, index, snapshot */
	assert_int_equal(read_all(fixture, &secret), 0);
	for (size_t i = 0; i < files.count; i++) {
		AUTO_BUF file = buf_init(1 << 20);
		assert_int_equal(io_read_file(files.paths[i], &file), 0);
		for (size_t at = 0; at < file.size; at += fixture_step()) {
			overwrite(files.paths[i], at, file.data[at] ^ (uint8_t)(1 << at % 8));
			int r = read_all(fixture, &secret);
			/* What stands twice, or is given back by parity, is read all the same.
			 */
			if (r != 0)
				assert_clean(r);
			overwrite(files.paths[i], at, file.data[at]);
		}
	}
	assert_int_equal(read_all(fixture, &secret), 0);
	free_files(&files);
	fixture_free(fixture);
}

static void every_length_of_every_file_is_seen_or_mended(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	struct repo_secret secret = fixture_secret(fixture);
	struct files files = list_files(fixture);

	for (size_t i = 0; i < files.count; i++) {
		AUTO_BUF file = buf_init(1 << 20);
		assert_int_equal(io_read_file(files.paths[i], &file), 0);
		for (size_t size = 0; size < file.size; size += fixture_step()) {
			assert_int_equal(truncate(files.paths[i], (off_t)size), 0);
			int r = read_all(fixture, &secret);
			if (r != 0)
				assert_clean(r);
			assert_int_equal(
				io_write_file(files.paths[i], file.data, file.size, 0600), 0);
		}
	}
	free_files(&files);
	fixture_free(fixture);
}

static void missing_file_is_seen(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	struct repo_secret secret = fixture_secret(fixture);
	struct files files = list_files(fixture);

	for (size_t i = 0; i < files.count; i++) {
		AUTO_BUF file = buf_init(1 << 20);
		assert_int_equal(io_read_file(files.paths[i], &file), 0);
		assert_int_equal(io_remove(files.paths[i]), 0);
		int r = read_all(fixture, &secret);
		if (strstr(files.paths[i], "/snapshots/"))
			assert_int_equal(r, ERR_NOTFOUND);
		else if (is_config(files.paths[i]))
			assert_int_equal(r, 0);
		else
			assert_clean(r);
		assert_int_equal(io_write_file(files.paths[i], file.data, file.size, 0600), 0);
	}
	free_files(&files);
	fixture_free(fixture);
}

static void files_of_another_repository_are_refused(void **state)
{
	(void)state;
	struct fixture *fixture = make(), *other = make();
	struct repo_secret secret = fixture_secret(fixture);
	struct files files = list_files(fixture), others = list_files(other);

	for (size_t i = 0; i < files.count; i++) {
		AUTO_BUF own = buf_init(1 << 20), foreign = buf_init(1 << 20);
		assert_int_equal(io_read_file(files.paths[i], &own), 0);
		assert_int_equal(io_read_file(others.paths[i], &foreign), 0);
		assert_int_equal(
			io_write_file(files.paths[i], foreign.data, foreign.size, 0600), 0);
		int r = read_all(fixture, &secret);
		if (is_config(files.paths[i]))
			assert_int_equal(r, 0);
		else
			assert_clean(r);
		assert_int_equal(io_write_file(files.paths[i], own.data, own.size, 0600), 0);
	}
	assert_int_equal(read_all(fixture, &secret), 0);
	free_files(&files);
	free_files(&others);
	fixture_free(fixture);
	fixture_free(other);
}

static void noise_in_any_place_is_seen(void **state)
{
	(void)state;
	struct fixture *fixture = make();
	struct repo_secret secret = fixture_secret(fixture);
	struct files files = list_files(fixture);
	uint64_t seed = 20261125;

	for (int turn = 0; turn < 500; turn++) {
		AUTO_BUF file = buf_init(1 << 20);
		const char *path = files.paths[fixture_random(&seed) % files.count];
		assert_int_equal(io_read_file(path, &file), 0);
		size_t from = (size_t)fixture_random(&seed) % file.size;
		size_t size = (size_t)fixture_random(&seed) % (file.size - from) + 1;
		AUTO_BUF changed = buf_init(1 << 20);
		assert_int_equal(buf_append(&changed, file.data, file.size), 0);
		fixture_fill(changed.data + from, size, fixture_random(&seed));
		assert_int_equal(io_write_file(path, changed.data, changed.size, 0600), 0);
		int r = read_all(fixture, &secret);
		if (r != 0)
			assert_clean(r);
		assert_int_equal(io_write_file(path, file.data, file.size, 0600), 0);
	}
	free_files(&files);
	fixture_free(fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_changed_byte_of_every_file_is_seen_or_mended),
		cmocka_unit_test(every_length_of_every_file_is_seen_or_mended),
		cmocka_unit_test(missing_file_is_seen),
		cmocka_unit_test(files_of_another_repository_are_refused),
		cmocka_unit_test(noise_in_any_place_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
