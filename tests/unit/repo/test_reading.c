/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/lease.h"
#include "repo/reading.h"
#include "repo/repo_priv.h"
#include "storage/faulty.h"

static size_t at_work(struct repo *repo)
{
	struct lease *leases = NULL;
	size_t count = 0;

	assert_int_equal(leases_at_work(repo->storage, &repo->keys, false, &leases, &count), 0);
	mem_free(leases);
	return count;
}

static void who_reads_is_at_work_until_the_end(void **state)
{
	struct fixture *fixture = *state;
	struct repo_reading *reading = NULL;
	size_t before = at_work(fixture->repo);

	assert_int_equal(repo_reading_begin(fixture->repo, &reading), 0);
	assert_int_equal(at_work(fixture->repo), before + 1);
	repo_reading_end(reading);
	assert_int_equal(at_work(fixture->repo), before);
}

static void a_storage_that_takes_nothing_can_be_read(void **state)
{
	struct fixture *fixture = *state;
	const struct fixture_item items[] = {{"one.eml", "the first"}};
	struct fixture_tree tree = fixture_object(fixture->writer, NULL, items, 1);
	const struct fault_plan plan = {
		.verbs = FAULT_PUT, .at = 1, .more = 1000, .fault = {.kind = FAULT_ERROR}};
	struct repo_secret secret = fixture_secret(fixture);
	struct repo_reading *reading = NULL;
	struct repo *repo = NULL;

	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	struct storage *faulty =
		storage_open_faulty(storage_open_folder(fixture->place), &plan);
	assert_int_equal(repo_open(faulty, &secret, &repo), 0);
	assert_int_equal(repo_reading_begin(repo, &reading), 0);
	fixture_assert_object(repo, tree.id, items, 1);
	repo_reading_end(reading);
	repo_close(repo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			who_reads_is_at_work_until_the_end, fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(a_storage_that_takes_nothing_can_be_read,
			fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
