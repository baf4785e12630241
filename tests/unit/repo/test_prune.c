/* SPDX-License-Identifier: Apache-2.0 */
#include "prune_world.h"

#include <inttypes.h>

#include "base/text.h"
#include "storage/faulty.h"

/*
 * Pruning beside a naive model: which snapshots there are, and what each of them has. The
 * storage is memory, and time passes as the test wants it.
 */

static void what_is_forgotten_is_gone_after_two_prunes(void **state)
{
	struct world *world = *state;
	uint64_t seeds[ITEMS];

	pruning_seeds(100, seeds);
	pruning_backup(world, seeds);
	pruning_seeds(200, seeds);
	pruning_backup(world, seeds);
	struct sizes before = pruning_sizes(world);
	pruning_forget(world, 0);
	struct prune_result first = pruning_prune(world);
	assert_true(first.dead_chunks >= ITEMS);
	assert_int_equal(first.freed_files, 0);
	assert_int_equal(first.condemned_packs, 1);
	pruning_assert_whole(world);
	struct prune_result second = pruning_prune(world);
	assert_int_equal(second.freed_files, 1);
	assert_int_equal(second.condemned_packs, 0);
	assert_true(pruning_sizes(world).bytes <= before.bytes * 6 / 10);
	pruning_assert_whole(world);
	pruning_forget(world, 0);
	pruning_prune(world);
	pruning_prune(world);
	assert_int_equal(pruning_sizes(world).packs, 0);
	struct prune_result last = pruning_prune(world);
	assert_int_equal(last.chunks, 0);
}

/* As it was last stored, with some items as others have them. */
static void some_seeds(struct world *world, uint64_t out[ITEMS])
{
	pruning_seeds(fixture_random(&world->seed) % 40, out);
	if (world->count > 0)
		memcpy(out, world->kept[fixture_random(&world->seed) % world->count].seeds,
			sizeof(world->kept[0].seeds));
	for (size_t i = 0; i < 2; i++)
		out[fixture_random(&world->seed) % ITEMS] = fixture_random(&world->seed) % 40;
}

static uint64_t seed_of_run(void)
{
	const char *text = getenv("GARNER_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 10) : 20261125;

	print_message("GARNER_SEED=%" PRIu64 "\n", seed);
	return seed;
}

static size_t cases_of_run(size_t otherwise)
{
	const char *text = getenv("GARNER_CASES");

	return text ? strtoul(text, NULL, 10) : otherwise;
}

/* Writers that are open while others prune, each with the index of its beginning. */
struct open_writer {
	struct repo *repo;
	struct repo_writer *writer;
};

static void begin(struct world *world, struct open_writer *out)
{
	out->repo = pruning_open(world);
	pruning_later(1);
	assert_int_equal(repo_writer_open(out->repo, &out->writer), 0);
}

static void end(struct open_writer *open)
{
	repo_writer_close(open->writer);
	repo_close(open->repo);
	*open = (struct open_writer){0};
	pruning_later(1);
}

static void step(struct world *world, struct open_writer *open)
{
	uint64_t seeds[ITEMS];
	uint64_t what = fixture_random(&world->seed) % 10;

	if (what < 3 && world->count < SNAPSHOTS_MAX / 2) {
		some_seeds(world, seeds);
		pruning_backup(world, seeds);
	} else if (what < 5 && world->count > 0) {
		pruning_forget(world, fixture_random(&world->seed) % world->count);
	} else if (what == 5 && !open->writer) {
		begin(world, open);
	} else if (what == 6 && open->writer) {
		some_seeds(world, seeds);
		struct fixture_tree tree = pruning_write(open->writer, NULL, seeds);
		if (fixture_random(&world->seed) % 2)
			pruning_finish(world, open->writer, tree, seeds);
		else
			assert_int_equal(repo_writer_commit(open->writer), 0);
	} else if (what == 7 && open->writer) {
		end(open);
	} else {
		pruning_prune(world);
		pruning_assert_whole(world);
	}
}

static void whatever_happens_every_snapshot_stays_whole(void **state)
{
	struct world *world = *state;
	struct open_writer open = {0};

	world->seed = seed_of_run();
	for (size_t i = 0; i < cases_of_run(150); i++)
		step(world, &open);
	if (open.writer)
		end(&open);
	pruning_prune(world);
	pruning_prune(world);
	pruning_prune(world);
	pruning_assert_whole(world);
	uint64_t fresh = pruning_fresh_size(world), size = pruning_sizes(world).bytes;
	print_message("%zu snapshots, %" PRIu64 " bytes, fresh %" PRIu64 "\n", world->count,
		size, fresh);
	assert_true(size <= fresh * 17 / 10);
}

static void a_writer_of_before_may_use_what_was_dead(void **state)
{
	struct world *world = *state;
	struct open_writer open;
	uint64_t seeds[ITEMS], others[ITEMS];

	pruning_seeds(1, seeds);
	pruning_seeds(300, others);
	pruning_backup(world, seeds);
	pruning_backup(world, others);
	begin(world, &open);
	pruning_forget(world, 0);
	struct prune_result result = pruning_prune(world);
	assert_int_equal(result.condemned_packs, 1);
	assert_int_equal(result.waiting_packs, 1);
	/* It finds all of it, and stores nothing anew. */
	struct fixture_tree tree = pruning_write(open.writer, NULL, seeds);
	result = pruning_prune(world);
	assert_int_equal(result.freed_files, 0);
	pruning_finish(world, open.writer, tree, seeds);
	pruning_prune(world);
	pruning_assert_whole(world);
	end(&open);
	result = pruning_prune(world);
	assert_int_equal(result.freed_files, 1);
	pruning_prune(world);
	pruning_assert_whole(world);
}

static void a_writer_of_after_stores_anew_what_is_condemned(void **state)
{
	struct world *world = *state;
	struct open_writer before, after;
	uint64_t seeds[ITEMS];

	pruning_seeds(1, seeds);
	pruning_backup(world, seeds);
	struct fixture_tree old = world->kept[0].tree;
	begin(world, &before);
	pruning_forget(world, 0);
	pruning_prune(world);
	pruning_later(120);
	begin(world, &after);
	assert_false(repo_has_tree(after.repo, old.id));
	struct object_writer *object = NULL;
	assert_int_equal(object_writer_begin(after.writer, old.id, &object), ERR_CORRUPT);
	struct fixture_tree tree = pruning_write(after.writer, NULL, seeds);
	end(&before);
	assert_int_equal(pruning_prune(world).freed_files, 1);
	pruning_finish(world, after.writer, tree, seeds);
	end(&after);
	pruning_assert_whole(world);
	pruning_prune(world);
	pruning_prune(world);
	pruning_assert_whole(world);
}

static void what_a_killed_writer_left_behind_goes(void **state)
{
	struct world *world = *state;
	const struct fault_plan plan = {
		.verbs = FAULT_PUT, .at = 3, .more = 1000, .fault = {.kind = FAULT_ERROR}};
	struct storage *faulty =
		storage_open_faulty(storage_memory_share(world->storage), &plan);
	struct repo *repo = pruning_open_on(world, faulty);
	struct repo_writer *writer = NULL;
	uint64_t seeds[ITEMS];

	pruning_seeds(1, seeds);
	assert_int_equal(repo_writer_open(repo, &writer), 0); /* its lease is put 1 */
	pruning_write(writer, NULL, seeds);
	assert_int_equal(repo_writer_commit(writer), ERR_IO); /* the index file fails */
	assert_int_equal(pruning_sizes(world).packs, 1);
	pruning_later(1);
	assert_int_equal(pruning_prune(world).freed_files, 0); /* the writer is at work */
	repo_writer_close(writer);
	repo_close(repo);
	assert_int_equal(pruning_prune(world).freed_files, 1);
	assert_int_equal(pruning_sizes(world).packs, 0);
}

static void make_work_for_prunes(struct world *world)
{
	uint64_t seeds[ITEMS];

	for (uint64_t i = 0; i < 4; i++) {
		pruning_seeds(i * 3, seeds);
		pruning_backup(world, seeds);
	}
	pruning_forget(world, 1);
	pruning_forget(world, 0);
}

/* One prune in which the n-th call fails; false where there were not so many. */
static bool prune_with_fault(struct world *world, uint64_t at, enum fault_kind kind)
{
	const struct fault_plan none = {.at = 0};
	const struct fault_plan plan = {.at = at, .more = 1000000, .fault = {.kind = kind}};
	const struct prune_options options = {0};
	struct storage *faulty =
		storage_open_faulty(storage_memory_share(world->storage), &none);
	struct repo *repo = pruning_open_on(world, faulty);
	struct prune_result result;

	pruning_later(1);
	storage_faulty_plan(faulty, &plan);
	int r = repo_prune(repo, &options, &result);
	bool hit = storage_faulty_calls(faulty) >= at;
	prune_result_free(&result);
	if (!hit)
		assert_int_equal(r, 0);
	repo_close(repo);
	/* The lease of one that was killed ends by itself; here the process lives on. */
	pruning_later(3601);
	return hit;
}

/* Both steps, with everything dead from some call on, then what a later prune does. */
static void a_prune_that_ends_anywhere_loses_nothing(void **state)
{
	struct world *world = *state;

	uint64_t every = getenv("GARNER_EVERY_CALL") ? 1 : 7;

	for (uint64_t at = 1; at < 400; at += every) {
		make_work_for_prunes(world);
		if (at % 2)
			pruning_prune(world);
		bool hit = prune_with_fault(world, at, at % 3 ? FAULT_ERROR : FAULT_LATE);
		pruning_assert_whole(world);
		pruning_prune(world);
		pruning_assert_whole(world);
		pruning_prune(world);
		pruning_prune(world);
		pruning_assert_whole(world);
		assert_true(pruning_sizes(world).bytes <= pruning_fresh_size(world) * 17 / 10);
		while (world->count > 0)
			pruning_forget(world, 0);
		pruning_prune(world);
		pruning_prune(world);
		assert_int_equal(pruning_sizes(world).packs, 0);
		if (!hit && at > 60)
			break;
	}
}

static void two_prunes_do_not_run_at_once(void **state)
{
	struct world *world = *state;
	const struct prune_options options = {0};
	struct repo *repo = pruning_open(world);
	const struct fault_plan plan = {
		.verbs = FAULT_REMOVE, .at = 1, .more = 1000, .fault = {.kind = FAULT_ERROR}};
	struct repo *other = pruning_open_on(
		world, storage_open_faulty(storage_memory_share(world->storage), &plan));
	struct prune_result result;

	/* It cannot remove its lease. */
	assert_int_equal(repo_prune(other, &options, &result), 0);
	prune_result_free(&result);
	assert_int_equal(repo_prune(repo, &options, &result), ERR_LOCKED);
	prune_result_free(&result);
	pruning_later(3601);
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	prune_result_free(&result);
	repo_close(repo);
	repo_close(other);
}

static struct fault count_packs(void *context, const struct fault_call *call)
{
	size_t *reads = context;

	*reads += call->verb == FAULT_READ && text_starts_with(call->name, "packs/");
	return (struct fault){.kind = FAULT_NONE};
}

/* Of what lives on, a prune reads only what lies in packs with what has died. */
static void what_lives_is_not_read(void **state)
{
	struct world *world = *state;
	size_t reads = 0;
	const struct fault_plan plan = {.decide = count_packs, .context = &reads};
	const struct prune_options options = {0};
	uint64_t seeds[ITEMS];
	struct prune_result result;

	for (uint64_t i = 0; i < 30; i++) {
		pruning_seeds(1000 * i, seeds);
		pruning_backup(world, seeds);
		if (i % 7 == 6) { /* no tails that are worth merging: each time, all are new */
			pruning_prune(world);
			pruning_prune(world);
		}
	}
	pruning_prune(world);
	pruning_prune(world);
	struct sizes before = pruning_sizes(world);
	struct repo *repo = pruning_open_on(
		world, storage_open_faulty(storage_memory_share(world->storage), &plan));
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	prune_result_free(&result);
	assert_int_equal(reads, 0);
	pruning_forget(world, world->count - 1);
	pruning_later(1);
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	assert_true(result.rewritten_packs <= 1);
	prune_result_free(&result);
	assert_true(reads > 0 && before.packs > 1);
	repo_close(repo);
	pruning_assert_whole(world);
}

static void a_dry_run_changes_nothing(void **state)
{
	struct world *world = *state;
	const struct prune_options options = {.dry_run = true};
	struct prune_result result;

	make_work_for_prunes(world);
	struct sizes before = pruning_sizes(world);
	struct repo *repo = pruning_open(world);
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	assert_true(result.condemned_packs > 0 && result.dead_chunks > 0);
	prune_result_free(&result);
	assert_int_equal(pruning_sizes(world).bytes, before.bytes);
	repo_close(repo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_forgotten_is_gone_after_two_prunes,
			pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(a_writer_of_before_may_use_what_was_dead,
			pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(a_writer_of_after_stores_anew_what_is_condemned,
			pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(
			what_a_killed_writer_left_behind_goes, pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(
			two_prunes_do_not_run_at_once, pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(
			what_lives_is_not_read, pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(
			a_dry_run_changes_nothing, pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(whatever_happens_every_snapshot_stays_whole,
			pruning_setup, pruning_teardown),
		cmocka_unit_test_setup_teardown(a_prune_that_ends_anywhere_loses_nothing,
			pruning_setup, pruning_teardown),
	};

	return cmocka_run_group_tests_name("repo/prune", tests, NULL, NULL);
}
