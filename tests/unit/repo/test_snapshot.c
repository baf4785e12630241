/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/sealed_file.h"
#include "repo/snapshot_file.h"

static const struct fixture_item items[] = {{"a", "text"}};

static void snapshot_reads_back_as_it_was_given(void **state)
{
	struct fixture *fixture = *state;
	char kind[] = "shared_mailbox", name[] = "Büro@contoso.example", job[] = "every hour";
	struct repo_object objects[2] = {
		{.kind = kind,
			.name = name,
			.kept = true,
			.stored_s = -5,
			.items = 7,
			.bytes = 9},
		{.kind = kind, .name = job, .stored_s = 1795000000, .items = 1},
	};
	struct snapshot made = {
		.created_s = 1795000001, .job = job, .objects = objects, .object_count = 2};
	struct snapshot *read = NULL;

	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	memcpy(objects[0].tree, tree.id, REPO_ID_SIZE);
	memcpy(objects[1].tree, tree.id, REPO_ID_SIZE);
	assert_int_equal(repo_writer_snapshot(fixture->writer, &made), 0);
	fixture_reopen(fixture);
	assert_int_equal(repo_snapshot(fixture->repo, made.id, &read), 0);
	assert_string_equal(read->id, made.id);
	assert_int_equal(read->created_s, 1795000001);
	assert_string_equal(read->job, "every hour");
	assert_int_equal(read->object_count, 2);
	assert_string_equal(read->objects[0].kind, "shared_mailbox");
	assert_string_equal(read->objects[0].name, "Büro@contoso.example");
	assert_true(read->objects[0].kept);
	assert_false(read->objects[1].kept);
	assert_int_equal(read->objects[0].stored_s, -5);
	assert_int_equal(read->objects[0].items, 7);
	assert_int_equal(read->objects[0].bytes, 9);
	assert_memory_equal(read->objects[1].tree, made.objects[0].tree, REPO_ID_SIZE);
	snapshot_free(read);
}

static void snapshots_come_oldest_first_and_latest_is_the_last(void **state)
{
	struct fixture *fixture = *state;
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	static const int64_t moments[] = {30, 10, 20};
	struct snapshot **snapshots = NULL, *latest = NULL;
	char id[SNAPSHOT_ID_TEXT];
	size_t count = 0;

	for (size_t i = 0; i < 3; i++)
		assert_int_equal(fixture_snapshot(fixture->writer, tree.id, moments[i], id), 0);
	assert_int_equal(repo_snapshots(fixture->repo, &snapshots, &count), 0);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(snapshots[i]->created_s, 10 + 10 * i);
		snapshot_free(snapshots[i]);
	}
	mem_free(snapshots);
	assert_int_equal(repo_snapshot(fixture->repo, "latest", &latest), 0);
	assert_int_equal(latest->created_s, 30);
	snapshot_free(latest);
}

static void none_at_all_is_an_empty_list_and_no_latest(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot **snapshots = NULL, *snapshot = NULL;
	size_t count = 7;

	assert_int_equal(repo_snapshots(fixture->repo, &snapshots, &count), 0);
	assert_int_equal(count, 0);
	mem_free(snapshots);
	assert_int_equal(repo_snapshot(fixture->repo, "latest", &snapshot), ERR_NOTFOUND);
}

static void start_of_an_id_is_enough_where_it_is_the_only_one(void **state)
{
	struct fixture *fixture = *state;
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	struct snapshot *snapshot = NULL;
	char id[SNAPSHOT_ID_TEXT], start[SNAPSHOT_ID_TEXT];

	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 1, id), 0);
	memcpy(start, id, sizeof(start));
	start[8] = '\0';
	assert_int_equal(repo_snapshot(fixture->repo, start, &snapshot), 0);
	assert_string_equal(snapshot->id, id);
	snapshot_free(snapshot);
	start[3] = '\0';
	assert_int_equal(repo_snapshot(fixture->repo, start, &snapshot), ERR_INVALID);
	assert_int_equal(repo_snapshot(fixture->repo, "zzzz", &snapshot), ERR_NOTFOUND);
	assert_int_equal(repo_snapshot(fixture->repo, "", &snapshot), ERR_INVALID);
}

static void tree_that_is_not_there_makes_no_snapshot(void **state)
{
	struct fixture *fixture = *state;
	struct repo_content tree = {.id = {1}, .size = 5};
	struct repo_stats stats;
	char id[SNAPSHOT_ID_TEXT];

	assert_int_equal(fixture_snapshot(fixture->writer, tree.id, 1, id), ERR_CORRUPT);
	assert_non_null(strstr(err_message(), "mailbox:ada"));
	assert_int_equal(repo_stats(fixture->repo, &stats), 0);
	assert_int_equal(stats.snapshots, 0);
}

/* Writes two objects with these marks, and reads the snapshot back. */
static struct snapshot *mark(struct fixture *fixture, uint32_t first, uint32_t second)
{
	char kind[] = "mailbox", name[] = "ada", other[] = "bob", job[] = "night";
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	struct repo_object objects[2] = {
		{.kind = kind, .name = name, .trial_items = first},
		{.kind = kind, .name = other, .trial_items = second},
	};
	struct snapshot made = {.job = job, .objects = objects, .object_count = 2};
	struct snapshot *read = NULL;

	memcpy(objects[0].tree, tree.id, REPO_ID_SIZE);
	memcpy(objects[1].tree, tree.id, REPO_ID_SIZE);
	assert_int_equal(repo_writer_snapshot(fixture->writer, &made), 0);
	fixture_reopen(fixture);
	assert_int_equal(repo_snapshot(fixture->repo, made.id, &read), 0);
	return read;
}

static void F2_the_mark_of_a_trial_reads_back_object_by_object(void **state)
{
	struct fixture *fixture = *state;
	static const uint32_t marks[][2] = {{0, 5}, {7, 0}, {1, UINT32_MAX}, {0, 0}};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct snapshot *read = mark(fixture, marks[i][0], marks[i][1]);
		assert_int_equal(read->objects[0].trial_items, marks[i][0]);
		assert_int_equal(read->objects[1].trial_items, marks[i][1]);
		assert_string_equal(read->objects[1].name, "bob");
		snapshot_free(read);
	}
}

static void tree_of_an_earlier_commit_serves_as_previous_without_a_snapshot(void **state)
{
	struct fixture *fixture = *state;
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	static const struct fixture_item more[] = {{"a", "text"}, {"b", "more"}};

	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_reopen(fixture);
	struct fixture_tree next = fixture_object(fixture->writer, tree.id, more + 1, 1);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	fixture_assert_object(fixture->repo, next.id, more, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		WITH(snapshot_reads_back_as_it_was_given),
		WITH(snapshots_come_oldest_first_and_latest_is_the_last),
		WITH(none_at_all_is_an_empty_list_and_no_latest),
		WITH(start_of_an_id_is_enough_where_it_is_the_only_one),
		WITH(tree_that_is_not_there_makes_no_snapshot),
		WITH(F2_the_mark_of_a_trial_reads_back_object_by_object),
		WITH(tree_of_an_earlier_commit_serves_as_previous_without_a_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
