/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/text.h"
#include "powercut.h"
#include "repo/check.h"
#include "repo/history.h"
#include "repo/prune.h"

/*
 * The power is cut at every moment of the life of a repository: what was reported as stored is
 * there, whole, and the next run goes well without anybody's help. GARNER_SEEDS says how many
 * states are made for each moment.
 */

enum { SEEDS = 3, REPORTS_MAX = 32, FORGOTTEN_VERSION = 1, LAST_VERSION = 3 };

enum report_kind {
	REPORT_CREATED,
	REPORT_TREE,       /* a commit came back: the tree is stored */
	REPORT_SNAPSHOT,   /* a snapshot came back */
	REPORT_FORGETTING, /* that of version 1 is about to be forgotten */
	REPORT_FORGOTTEN,
	REPORT_PRUNING, /* what version 1 alone had may go from now on */
};

/* What was reported, in order; number i is made with mark i. */
struct report {
	enum report_kind kind;
	int version;
	uint8_t tree[REPO_ID_SIZE];
};

struct life {
	struct fixture *fixture;
	char *state; /* the folder in which states are made */
	struct powercut *record;
	struct report reports[REPORTS_MAX];
	size_t count;
};

static void report(
	struct life *life, enum report_kind kind, int version, const uint8_t tree[REPO_ID_SIZE])
{
	assert_true(life->count < REPORTS_MAX);
	struct report *report = &life->reports[life->count++];
	report->kind = kind;
	report->version = version;
	if (tree)
		memcpy(report->tree, tree, REPO_ID_SIZE);
	powercut_mark(life->record);
}

static struct repo *open_repo(const struct fixture *fixture, const char *place)
{
	struct repo_secret secret = fixture_secret(fixture);
	struct repo *repo = NULL;

	assert_int_equal(repo_open(storage_open_folder(place), &secret, &repo), 0);
	return repo;
}

static void live_version(
	struct life *life, int version, uint8_t tree[REPO_ID_SIZE], char id[SNAPSHOT_ID_TEXT])
{
	struct repo *repo = open_repo(life->fixture, life->fixture->place);
	struct repo_writer *writer = NULL;
	const uint8_t *previous = version > 1 ? tree : NULL;

	assert_int_equal(repo_writer_open(repo, &writer), 0);
	assert_int_equal(durable_store(writer, previous, version, tree), 0);
	if (version != LAST_VERSION) { /* whose snapshot has to commit */
		assert_int_equal(repo_writer_commit(writer), 0);
		report(life, REPORT_TREE, version, tree);
	}
	assert_int_equal(fixture_snapshot(writer, tree, version, id), 0);
	report(life, REPORT_SNAPSHOT, version, tree);
	repo_writer_close(writer);
	repo_close(repo);
}

static void forget(struct life *life, const char id[SNAPSHOT_ID_TEXT])
{
	struct repo *repo = open_repo(life->fixture, life->fixture->place);
	char ids[1][SNAPSHOT_ID_TEXT];

	memcpy(ids[0], id, SNAPSHOT_ID_TEXT);
	report(life, REPORT_FORGETTING, FORGOTTEN_VERSION, NULL);
	assert_int_equal(repo_forget(repo, (const char(*)[SNAPSHOT_ID_TEXT])ids, 1), 0);
	report(life, REPORT_FORGOTTEN, FORGOTTEN_VERSION, NULL);
	repo_close(repo);
}

/* Twice: packs are condemned, and dropped and removed a second later by the storage's clock. */
static void prune(struct life *life)
{
	const struct prune_options how = {0};
	struct prune_result results[2] = {0};

	report(life, REPORT_PRUNING, FORGOTTEN_VERSION, NULL);
	for (size_t i = 0; i < 2; i++) {
		usleep(1100000); /* what is of this second may be in use */
		struct repo *repo = open_repo(life->fixture, life->fixture->place);
		assert_int_equal(repo_prune(repo, &how, &results[i]), 0);
		repo_close(repo);
	}
	assert_true(results[0].condemned_packs > 0);
	assert_true(results[1].freed_files > 0);
	for (size_t i = 0; i < 2; i++)
		prune_result_free(&results[i]);
}

static void record(struct life *life)
{
	struct repo_secret secret = fixture_secret(life->fixture);
	const char *place = life->fixture->place;
	uint8_t tree[REPO_ID_SIZE];
	char first[SNAPSHOT_ID_TEXT], id[SNAPSHOT_ID_TEXT];
	struct repo *repo = NULL;

	assert_int_equal(io_make_folders(place, 0700), 0);
	life->record = powercut_begin(place);
	assert_int_equal(fixture_create(place, &secret, &repo), 0);
	report(life, REPORT_CREATED, 0, NULL);
	repo_close(repo);
	live_version(life, 1, tree, first);
	live_version(life, 2, tree, id);
	forget(life, first);
	live_version(life, LAST_VERSION, tree, id);
	prune(life);
	powercut_end(life->record);
}

static bool is_reported(const struct life *life, size_t marks, enum report_kind kind)
{
	for (size_t i = 0; i < marks; i++)
		if (life->reports[i].kind == kind)
			return true;
	return false;
}

/* How many snapshots have to be there: those that were reported, but for what was, or was
 * being, forgotten. */
static size_t sure_snapshots(const struct life *life, size_t marks)
{
	size_t count = 0;

	for (size_t i = 0; i < marks; i++)
		count += life->reports[i].kind == REPORT_SNAPSHOT;
	return is_reported(life, marks, REPORT_FORGETTING) ? count - 1 : count;
}

static void print_fault(void *context, const struct check_fault *fault)
{
	(void)context;
	print_error("%s\n", fault->text);
}

/* No fault but that the removal of a snapshot's file did not end. */
static void assert_checked(struct repo *repo, size_t put_back)
{
	struct check_options options = {
		.data_percent = 100, .turn = -1, .fault = put_back ? NULL : print_fault};
	struct check_result result;

	assert_int_equal(repo_check(repo, &options, &result), 0);
	assert_int_equal(result.faults, put_back);
}

/* All that was reported is there and reads whole. */
static void assert_stored(const struct life *life, struct repo *repo, size_t marks)
{
	size_t count = 0;

	for (size_t i = 0; i < marks; i++) {
		const struct report *report = &life->reports[i];
		if (report->kind != REPORT_TREE && report->kind != REPORT_SNAPSHOT)
			continue;
		if (report->version == FORGOTTEN_VERSION &&
			is_reported(life, marks, REPORT_PRUNING))
			continue;
		assert_true(repo_has_tree(repo, report->tree));
		assert_int_equal(durable_read(repo, report->tree, report->version), 0);
	}
	assert_int_equal(durable_read_all(repo, NULL, 0, &count), 0);
	size_t sure = sure_snapshots(life, marks);
	/* One more may have been made, or not be forgotten yet, when the power was cut. */
	assert_true(count >= sure && count <= sure + 1);
	size_t put_back = durable_put_back(repo);
	/* A removal that did not end is ended by the next one. */
	assert_true(put_back == 0 || is_reported(life, marks, REPORT_FORGETTING));
	assert_checked(repo, put_back);
}

/* What a run does: a repository that never came to be is made anew. */
static struct repo *open_state(const struct life *life, size_t marks)
{
	struct repo_secret secret = fixture_secret(life->fixture);
	struct repo *repo = NULL;
	int r = repo_open(storage_open_folder(life->state), &secret, &repo);

	if (r == ERR_NOREPO) {
		assert_int_equal(marks, 0);
		r = fixture_create(life->state, &secret, &repo);
	}
	if (r < 0)
		print_error("%s\n", err_message());
	assert_int_equal(r, 0);
	return repo;
}

/* The next run stores the last version, from whatever it knows to be stored. */
static void run_again(const struct life *life, size_t marks)
{
	const uint8_t *previous = NULL;
	uint8_t tree[REPO_ID_SIZE];
	char id[SNAPSHOT_ID_TEXT];
	size_t before = 0, count = 0;

	for (size_t i = 0; i < marks; i++)
		if (life->reports[i].kind == REPORT_TREE)
			previous = life->reports[i].tree;
	struct repo *repo = open_repo(life->fixture, life->state);
	assert_int_equal(repo_forget(repo, NULL, 0), 0); /* goes on with what was forgotten */
	assert_int_equal(durable_read_all(repo, NULL, 0, &before), 0);
	assert_int_equal(durable_back_up(repo, previous, LAST_VERSION, tree, id), 0);
	repo_close(repo);
	repo = open_repo(life->fixture, life->state);
	assert_int_equal(durable_read_all(repo, NULL, 0, &count), 0);
	assert_int_equal(count, before + 1);
	assert_int_equal(durable_put_back(repo), 0);
	assert_checked(repo, 0);
	repo_close(repo);
}

static void cut(const struct life *life, size_t at, uint64_t seed)
{
	size_t marks = powercut_marks(life->record, at);

	powercut_state(life->record, at, seed, life->state);
	struct repo *repo = open_state(life, marks);
	assert_stored(life, repo, marks);
	repo_close(repo);
	run_again(life, marks);
	fixture_remove_folder(life->state);
}

/* The state that is looked at, for whoever reads of a failure. */
static char moment[200];

static int print_moment(void **state)
{
	(void)state;
	if (moment[0])
		print_error("it was cut %s\n", moment);
	io_use(NULL);
	return 0;
}

static uint64_t seeds(void)
{
	const char *text = getenv("GARNER_SEEDS");

	return text ? strtoull(text, NULL, 10) : SEEDS;
}

static void what_was_reported_as_stored_survives_a_cut_at_any_moment(void **state)
{
	struct life life = {.fixture = fixture_new()};

	(void)state;
	life.state = io_join(life.fixture->folder, "state");
	record(&life);
	io_use(&durable_hasty);
	for (size_t at = 0; at <= powercut_events(life.record); at += fixture_step()) {
		AUTO_TEXT event = powercut_describe(life.record, at);
		for (uint64_t seed = 0; seed < seeds(); seed++) {
			(void)snprintf(moment, sizeof(moment),
				"at %zu, seed %" PRIu64 ", after: %s", at, seed, event);
			cut(&life, at, seed);
		}
	}
	io_use(NULL);
	moment[0] = 0;
	print_message("# %zu moments, %" PRIu64 " states of each\n",
		powercut_events(life.record) + 1, seeds());
	assert_true(powercut_events(life.record) > 60);
	powercut_free(life.record);
	mem_free(life.state);
	fixture_free(life.fixture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
			what_was_reported_as_stored_survives_a_cut_at_any_moment, print_moment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
