/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <unistd.h>

#include "base/io.h"
#include "repo/history.h"
#include "repo/snapshot_file.h"

static const struct fixture_item items[] = {{"a", "text"}};

/* A repository with snapshots of one object, all made at second 77. */
enum { MADE = 4 };
static char ids[MADE][SNAPSHOT_ID_TEXT];

static int setup(void **state)
{
	fixture_setup(state);
	struct fixture *fixture = *state;

	for (int i = 0; i < MADE; i++) {
		struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
		assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 77, ids[i]), 0);
	}
	return 0;
}

static char *path_of(const struct fixture *fixture, const char *id)
{
	AUTO_TEXT folder = io_join(fixture->place, "snapshots");

	return io_join(folder, id);
}

static void assert_list(const struct fixture *fixture, const char *const *expected)
{
	struct snapshot **snapshots = NULL;
	size_t count = 0, i = 0;

	assert_int_equal(repo_snapshots(fixture->repo, &snapshots, &count), 0);
	for (; i < count; i++) {
		assert_non_null(expected[i]);
		assert_string_equal(snapshots[i]->id, expected[i]);
		snapshot_free(snapshots[i]);
	}
	assert_null(expected[i]);
	mem_free(snapshots);
}

static size_t check(const struct fixture *fixture, struct history_finding *out_first)
{
	struct history_finding *findings = NULL;
	size_t count = 0;

	assert_int_equal(repo_chain_check(fixture->repo, &findings, &count), 0);
	if (count > 0)
		*out_first = findings[0];
	mem_free(findings);
	return count;
}

static void only_head(const struct fixture *fixture, char out[SNAPSHOT_ID_TEXT])
{
	char(*heads)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0;

	assert_int_equal(repo_heads(fixture->repo, &heads, &count), 0);
	assert_int_equal(count, 1);
	memcpy(out, heads[0], SNAPSHOT_ID_TEXT);
	mem_free(heads);
}

static size_t count_files(const struct fixture *fixture)
{
	struct snapshot_chain chain;
	size_t damaged = 0;

	assert_int_equal(snapshot_chain_load(fixture->repo, &chain, &damaged), 0);
	assert_int_equal(damaged, 0);
	size_t count = chain.count;
	snapshot_chain_free(&chain);
	return count;
}

static void within_a_second_the_chain_says_the_order(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *latest = NULL;
	struct history_finding finding;
	char head[SNAPSHOT_ID_TEXT];

	assert_list(fixture, (const char *[]){ids[0], ids[1], ids[2], ids[3], NULL});
	assert_int_equal(repo_snapshot(fixture->repo, "latest", &latest), 0);
	assert_string_equal(latest->id, ids[3]);
	snapshot_free(latest);
	only_head(fixture, head);
	assert_string_equal(head, ids[3]);
	assert_int_equal(check(fixture, &finding), 0);
}

static void a_deleted_snapshot_is_named(void **state)
{
	struct fixture *fixture = *state;
	struct history_finding finding;
	AUTO_TEXT path = path_of(fixture, ids[1]);

	assert_int_equal(unlink(path), 0);
	assert_int_equal(check(fixture, &finding), 1);
	assert_int_equal(finding.fault, HISTORY_MISSING);
	assert_string_equal(finding.id, ids[1]);
	assert_string_equal(finding.by, ids[2]);
	assert_list(fixture, (const char *[]){ids[0], ids[2], ids[3], NULL});
}

static void a_forgotten_snapshot_is_not_missed(void **state)
{
	struct fixture *fixture = *state;
	struct history_finding finding;
	struct snapshot *read = NULL;
	AUTO_TEXT path = path_of(fixture, ids[0]);
	char gone[2][SNAPSHOT_ID_TEXT], head[SNAPSHOT_ID_TEXT];

	memcpy(gone[0], ids[0], SNAPSHOT_ID_TEXT);
	memcpy(gone[1], ids[2], SNAPSHOT_ID_TEXT);
	assert_int_equal(repo_forget(fixture->repo, gone, 2), 0);
	assert_false(io_exists(path));
	assert_list(fixture, (const char *[]){ids[1], ids[3], NULL});
	assert_int_equal(check(fixture, &finding), 0);
	assert_int_equal(count_files(fixture), 3);
	only_head(fixture, head);
	assert_int_equal(snapshot_read(fixture->repo, head, &read), ERR_NOTFOUND);
	assert_int_equal(repo_forget(fixture->repo, gone, 1), ERR_NOTFOUND);
	/* And who comes next is chained to the note. */
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 78, gone[0]), 0);
	assert_int_equal(check(fixture, &finding), 0);
	AUTO_TEXT note = path_of(fixture, head);
	assert_int_equal(unlink(note), 0);
	assert_int_equal(check(fixture, &finding), 3);
}

static void one_id_that_is_not_there_forgets_nothing(void **state)
{
	struct fixture *fixture = *state;
	char wanted[2][SNAPSHOT_ID_TEXT] = {{0}, "00112233445566778899aabbccddeeff"};

	memcpy(wanted[0], ids[0], SNAPSHOT_ID_TEXT);
	assert_int_equal(repo_forget(fixture->repo, wanted, 2), ERR_NOTFOUND);
	assert_int_equal(count_files(fixture), MADE);
}

static void what_was_forgotten_and_put_back_is_told_and_does_not_count(void **state)
{
	struct fixture *fixture = *state;
	struct history_finding finding;
	AUTO_TEXT path = path_of(fixture, ids[1]);
	AUTO_BUF bytes = buf_init(1 << 20);

	assert_int_equal(io_read_file(path, &bytes), 0);
	assert_int_equal(repo_forget(fixture->repo, &ids[1], 1), 0);
	assert_int_equal(io_write_file(path, bytes.data, bytes.size, 0600), 0);
	assert_int_equal(check(fixture, &finding), 1);
	assert_int_equal(finding.fault, HISTORY_PUT_BACK);
	assert_string_equal(finding.id, ids[1]);
	assert_list(fixture, (const char *[]){ids[0], ids[2], ids[3], NULL});
	/* The next one that forgets ends what was begun. */
	assert_int_equal(repo_forget(fixture->repo, &ids[0], 1), 0);
	assert_false(io_exists(path));
	assert_int_equal(check(fixture, &finding), 0);
}

static void an_older_state_that_was_put_back_is_noticed_by_who_remembers(void **state)
{
	struct fixture *fixture = *state;
	struct history_finding finding;
	char head[SNAPSHOT_ID_TEXT];
	bool known = false;
	AUTO_TEXT path = path_of(fixture, ids[3]);

	only_head(fixture, head);
	assert_int_equal(repo_knows(fixture->repo, head, &known), 0);
	assert_true(known);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(check(fixture, &finding), 0); /* nobody speaks of the newest one */
	assert_int_equal(repo_knows(fixture->repo, head, &known), 0);
	assert_false(known);
	/* Forgotten in order, it is known. */
	assert_int_equal(repo_forget(fixture->repo, &ids[2], 1), 0);
	assert_int_equal(repo_knows(fixture->repo, ids[2], &known), 0);
	assert_true(known);
	assert_int_equal(repo_knows(fixture->repo, "latest", &known), ERR_INVALID);
}

static void notes_are_taken_over_once_they_are_many(void **state)
{
	struct fixture *fixture = *state;
	struct history_finding finding;
	char first[SNAPSHOT_ID_TEXT];
	bool known = false;

	memcpy(first, ids[0], SNAPSHOT_ID_TEXT);
	for (int i = 0; i < 40; i++) {
		struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
		assert_int_equal(repo_forget(fixture->repo, &ids[i % MADE], 1), 0);
		assert_int_equal(
			fixture_snapshot(fixture->writer, tree.id, 77, ids[i % MADE]), 0);
	}
	assert_true(count_files(fixture) <= MADE + 16);
	assert_int_equal(check(fixture, &finding), 0);
	assert_int_equal(repo_knows(fixture->repo, first, &known), 0);
	assert_true(known);
}

static void two_writers_that_do_not_see_each_other_make_two_heads(void **state)
{
	struct fixture *fixture = *state;
	char(*heads)[SNAPSHOT_ID_TEXT] = NULL;
	char id[SNAPSHOT_ID_TEXT];
	size_t count = 0;
	AUTO_TEXT path = path_of(fixture, ids[3]);
	AUTO_BUF bytes = buf_init(1 << 20);
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);

	assert_int_equal(io_read_file(path, &bytes), 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 77, id), 0);
	assert_int_equal(io_write_file(path, bytes.data, bytes.size, 0600), 0);
	assert_int_equal(repo_heads(fixture->repo, &heads, &count), 0);
	assert_int_equal(count, 2);
	mem_free(heads);
	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 77, id), 0);
	only_head(fixture, ids[0]);
	assert_string_equal(ids[0], id);
}

static void a_flipped_byte_of_a_snapshot_is_mended_in_reading(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT path = path_of(fixture, ids[0]);
	AUTO_BUF bytes = buf_init(1 << 20);

	assert_int_equal(io_read_file(path, &bytes), 0);
	for (size_t i = 0; i < bytes.size; i++) {
		struct snapshot *read = NULL;

		bytes.data[i] ^= 0x55;
		assert_int_equal(io_write_file(path, bytes.data, bytes.size, 0600), 0);
		assert_int_equal(snapshot_read(fixture->repo, ids[0], &read), 0);
		assert_string_equal(read->job, "nightly");
		snapshot_free(read);
		bytes.data[i] ^= 0x55;
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, setup, fixture_teardown)
		WITH(within_a_second_the_chain_says_the_order),
		WITH(a_deleted_snapshot_is_named),
		WITH(a_forgotten_snapshot_is_not_missed),
		WITH(one_id_that_is_not_there_forgets_nothing),
		WITH(what_was_forgotten_and_put_back_is_told_and_does_not_count),
		WITH(an_older_state_that_was_put_back_is_noticed_by_who_remembers),
		WITH(notes_are_taken_over_once_they_are_many),
		WITH(two_writers_that_do_not_see_each_other_make_two_heads),
		WITH(a_flipped_byte_of_a_snapshot_is_mended_in_reading),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
