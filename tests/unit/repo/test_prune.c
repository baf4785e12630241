/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/text.h"
#include "repo/check.h"
#include "repo/history.h"
#include "repo/prune.h"
#include "storage/faulty.h"

/*
 * Pruning beside a naive model: which snapshots there are, and what each of them has. The
 * storage is memory, and time passes as the test wants it.
 */

enum { ITEMS = 6, TEXT = 3000, SNAPSHOTS_MAX = 64 };

static int64_t now_us;

static int64_t now(void *context)
{
	(void)context;
	return now_us;
}

static void pass(void *context, int64_t us)
{
	(void)context;
	now_us += us;
}

static const struct clock test_clock = {now, now, pass, NULL};

struct kept {
	char id[SNAPSHOT_ID_TEXT];
	struct fixture_tree tree;
	uint64_t seeds[ITEMS];
};

struct world {
	struct fixture *fixture; /* for its key */
	struct storage *storage;
	struct kept kept[SNAPSHOTS_MAX];
	size_t count;
	uint64_t seed;
};

static void later(int64_t seconds)
{
	now_us += seconds * 1000000;
}

static int setup(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));
	const struct repo_options options = repo_options_default();
	struct repo *repo = NULL;

	now_us = 1000000000000000;
	clock_use(&test_clock);
	world->fixture = fixture_new();
	world->storage = storage_open_memory();
	struct repo_secret secret = fixture_secret(world->fixture);
	assert_int_equal(
		repo_create(storage_memory_share(world->storage), &secret, &options, &repo), 0);
	repo_close(repo);
	*state = world;
	return 0;
}

static int teardown(void **state)
{
	struct world *world = *state;

	storage_close(world->storage);
	fixture_free(world->fixture);
	mem_free(world);
	clock_use(NULL);
	return 0;
}

static struct repo *open_on(struct world *world, struct storage *storage)
{
	struct repo_secret secret = fixture_secret(world->fixture);
	struct repo *repo = NULL;

	assert_int_equal(repo_open(storage, &secret, &repo), 0);
	return repo;
}

static struct repo *open_repo(struct world *world)
{
	return open_on(world, storage_memory_share(world->storage));
}

/* Text that compresses by half, of a length of its own. */
static void text_of(uint64_t seed, char out[2 * TEXT + 1])
{
	size_t size = TEXT + fixture_random(&(uint64_t){seed}) % TEXT;

	for (size_t i = 0; i < size; i++)
		out[i] = (char)('a' + fixture_random(&seed) % 16);
	out[size] = '\0';
}

struct texts {
	char bytes[ITEMS][2 * TEXT + 1];
	char ids[ITEMS][4];
	struct fixture_item items[ITEMS];
};

static struct texts *texts_of(const uint64_t seeds[ITEMS])
{
	struct texts *texts = mem_alloc(sizeof(*texts));

	for (size_t i = 0; i < ITEMS; i++) {
		text_of(seeds[i], texts->bytes[i]);
		snprintf(texts->ids[i], sizeof(texts->ids[i]), "%zu", i);
		texts->items[i] = (struct fixture_item){texts->ids[i], texts->bytes[i]};
	}
	return texts;
}

static struct fixture_tree write_tree(
	struct repo_writer *writer, const uint8_t *previous, const uint64_t seeds[ITEMS])
{
	struct texts *texts = texts_of(seeds);
	struct fixture_tree tree = fixture_object(writer, previous, texts->items, ITEMS);

	mem_free(texts);
	return tree;
}

static void finish(struct world *world, struct repo_writer *writer, struct fixture_tree tree,
	const uint64_t seeds[ITEMS])
{
	struct kept *kept = &world->kept[world->count++];

	assert_int_equal(fixture_snapshot(writer, tree.id, clock_now_s(), kept->id), 0);
	kept->tree = tree;
	memcpy(kept->seeds, seeds, sizeof(kept->seeds));
}

static void backup(struct world *world, const uint64_t seeds[ITEMS])
{
	struct repo *repo = open_repo(world);
	struct repo_writer *writer = NULL;

	later(1);
	assert_int_equal(repo_writer_open(repo, &writer), 0);
	const uint8_t *previous =
		world->count > 0 && seeds[0] % 2 ? world->kept[world->count - 1].tree.id : NULL;
	finish(world, writer, write_tree(writer, previous, seeds), seeds);
	repo_writer_close(writer);
	repo_close(repo);
	later(1);
}

static void forget(struct world *world, size_t at)
{
	struct repo *repo = open_repo(world);

	assert_int_equal(
		repo_forget(repo, (const char(*)[SNAPSHOT_ID_TEXT]) & world->kept[at].id, 1),
		0);
	world->kept[at] = world->kept[--world->count];
	repo_close(repo);
	later(1);
}

static struct prune_result prune(struct world *world)
{
	const struct prune_options options = {0};
	struct repo *repo = open_repo(world);
	struct prune_result result;

	later(1);
	int r = repo_prune(repo, &options, &result);
	if (r < 0)
		fail_msg("%s", err_message());
	const struct prune_result copy = result;
	prune_result_free(&result);
	repo_close(repo);
	later(1);
	return copy;
}

static void fault(void *context, const struct check_fault *fault)
{
	(void)context;
	print_message("%s\n", fault->text);
}

/* All that the model has is there, and the repository is in order. */
static void assert_whole(struct world *world)
{
	const struct check_options options = {.data_percent = 100, .fault = fault};
	struct repo *repo = open_repo(world);
	struct snapshot **snapshots = NULL;
	struct check_result result;
	size_t count = 0;

	for (size_t i = 0; i < world->count; i++) {
		struct texts *texts = texts_of(world->kept[i].seeds);
		fixture_assert_object(repo, world->kept[i].tree.id, texts->items, ITEMS);
		mem_free(texts);
	}
	assert_int_equal(repo_snapshots(repo, &snapshots, &count), 0);
	assert_int_equal(count, world->count);
	for (size_t i = 0; i < count; i++)
		snapshot_free(snapshots[i]);
	mem_free(snapshots);
	assert_int_equal(repo_check(repo, &options, &result), 0);
	assert_int_equal(result.faults, 0);
	repo_close(repo);
}

struct sizes {
	uint64_t packs, bytes;
};

static int add_size(void *context, const struct storage_entry *entry)
{
	struct sizes *sizes = context;

	sizes->packs++;
	sizes->bytes += entry->size;
	return 0;
}

static struct sizes sizes_of(struct world *world)
{
	struct sizes sizes = {0};

	assert_int_equal(storage_list(world->storage, "packs", add_size, &sizes), 0);
	return sizes;
}

static void seeds_of(uint64_t from, uint64_t out[ITEMS])
{
	for (size_t i = 0; i < ITEMS; i++)
		out[i] = from + i;
}

static void what_is_forgotten_is_gone_after_two_prunes(void **state)
{
	struct world *world = *state;
	uint64_t seeds[ITEMS];

	seeds_of(100, seeds);
	backup(world, seeds);
	seeds_of(200, seeds);
	backup(world, seeds);
	struct sizes before = sizes_of(world);
	forget(world, 0);
	struct prune_result first = prune(world);
	assert_true(first.dead_chunks >= ITEMS);
	assert_int_equal(first.freed_files, 0);
	assert_int_equal(first.condemned_packs, 1);
	assert_whole(world);
	struct prune_result second = prune(world);
	assert_int_equal(second.freed_files, 1);
	assert_int_equal(second.condemned_packs, 0);
	assert_true(sizes_of(world).bytes <= before.bytes * 6 / 10);
	assert_whole(world);
	forget(world, 0);
	prune(world);
	prune(world);
	assert_int_equal(sizes_of(world).packs, 0);
	struct prune_result last = prune(world);
	assert_int_equal(last.chunks, 0);
}

/* A repository that holds what the model has, and nothing else was ever in it. */
static uint64_t fresh_size(struct world *world)
{
	struct world fresh = {.fixture = world->fixture, .storage = storage_open_memory()};
	const struct repo_options options = repo_options_default();
	struct repo_secret secret = fixture_secret(world->fixture);
	struct repo *repo = NULL;
	struct repo_writer *writer = NULL;

	assert_int_equal(
		repo_create(storage_memory_share(fresh.storage), &secret, &options, &repo), 0);
	assert_int_equal(repo_writer_open(repo, &writer), 0);
	for (size_t i = 0; i < world->count; i++)
		finish(&fresh, writer, write_tree(writer, NULL, world->kept[i].seeds),
			world->kept[i].seeds);
	repo_writer_close(writer);
	repo_close(repo);
	uint64_t size = sizes_of(&fresh).bytes;
	storage_close(fresh.storage);
	return size;
}

/* As it was last stored, with some items as others have them. */
static void some_seeds(struct world *world, uint64_t out[ITEMS])
{
	seeds_of(fixture_random(&world->seed) % 40, out);
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
	out->repo = open_repo(world);
	later(1);
	assert_int_equal(repo_writer_open(out->repo, &out->writer), 0);
}

static void end(struct open_writer *open)
{
	repo_writer_close(open->writer);
	repo_close(open->repo);
	*open = (struct open_writer){0};
	later(1);
}

static void step(struct world *world, struct open_writer *open)
{
	uint64_t seeds[ITEMS];
	uint64_t what = fixture_random(&world->seed) % 10;

	if (what < 3 && world->count < SNAPSHOTS_MAX / 2) {
		some_seeds(world, seeds);
		backup(world, seeds);
	} else if (what < 5 && world->count > 0) {
		forget(world, fixture_random(&world->seed) % world->count);
	} else if (what == 5 && !open->writer) {
		begin(world, open);
	} else if (what == 6 && open->writer) {
		some_seeds(world, seeds);
		struct fixture_tree tree = write_tree(open->writer, NULL, seeds);
		if (fixture_random(&world->seed) % 2)
			finish(world, open->writer, tree, seeds);
		else
			assert_int_equal(repo_writer_commit(open->writer), 0);
	} else if (what == 7 && open->writer) {
		end(open);
	} else {
		prune(world);
		assert_whole(world);
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
	prune(world);
	prune(world);
	prune(world);
	assert_whole(world);
	uint64_t fresh = fresh_size(world), size = sizes_of(world).bytes;
	print_message("%zu snapshots, %" PRIu64 " bytes, fresh %" PRIu64 "\n", world->count,
		size, fresh);
	assert_true(size <= fresh * 17 / 10);
}

static void a_writer_of_before_may_use_what_was_dead(void **state)
{
	struct world *world = *state;
	struct open_writer open;
	uint64_t seeds[ITEMS], others[ITEMS];

	seeds_of(1, seeds);
	seeds_of(300, others);
	backup(world, seeds);
	backup(world, others);
	begin(world, &open);
	forget(world, 0);
	struct prune_result result = prune(world);
	assert_int_equal(result.condemned_packs, 1);
	assert_int_equal(result.waiting_packs, 1);
	/* It finds all of it, and stores nothing anew. */
	struct fixture_tree tree = write_tree(open.writer, NULL, seeds);
	result = prune(world);
	assert_int_equal(result.freed_files, 0);
	finish(world, open.writer, tree, seeds);
	prune(world);
	assert_whole(world);
	end(&open);
	result = prune(world);
	assert_int_equal(result.freed_files, 1);
	prune(world);
	assert_whole(world);
}

static void a_writer_of_after_stores_anew_what_is_condemned(void **state)
{
	struct world *world = *state;
	struct open_writer before, after;
	uint64_t seeds[ITEMS];

	seeds_of(1, seeds);
	backup(world, seeds);
	struct fixture_tree old = world->kept[0].tree;
	begin(world, &before);
	forget(world, 0);
	prune(world);
	later(120);
	begin(world, &after);
	assert_false(repo_has_tree(after.repo, old.id));
	struct object_writer *object = NULL;
	assert_int_equal(object_writer_begin(after.writer, old.id, &object), ERR_CORRUPT);
	struct fixture_tree tree = write_tree(after.writer, NULL, seeds);
	end(&before);
	assert_int_equal(prune(world).freed_files, 1);
	finish(world, after.writer, tree, seeds);
	end(&after);
	assert_whole(world);
	prune(world);
	prune(world);
	assert_whole(world);
}

static void what_a_killed_writer_left_behind_goes(void **state)
{
	struct world *world = *state;
	const struct fault_plan plan = {
		.verbs = FAULT_PUT, .at = 3, .more = 1000, .fault = {.kind = FAULT_ERROR}};
	struct storage *faulty =
		storage_open_faulty(storage_memory_share(world->storage), &plan);
	struct repo *repo = open_on(world, faulty);
	struct repo_writer *writer = NULL;
	uint64_t seeds[ITEMS];

	seeds_of(1, seeds);
	assert_int_equal(repo_writer_open(repo, &writer), 0); /* its lease is put 1 */
	write_tree(writer, NULL, seeds);
	assert_int_equal(repo_writer_commit(writer), ERR_IO); /* the index file fails */
	assert_int_equal(sizes_of(world).packs, 1);
	later(1);
	assert_int_equal(prune(world).freed_files, 0); /* the writer is at work */
	repo_writer_close(writer);
	repo_close(repo);
	assert_int_equal(prune(world).freed_files, 1);
	assert_int_equal(sizes_of(world).packs, 0);
}

static void make_work_for_prunes(struct world *world)
{
	uint64_t seeds[ITEMS];

	for (uint64_t i = 0; i < 4; i++) {
		seeds_of(i * 3, seeds);
		backup(world, seeds);
	}
	forget(world, 1);
	forget(world, 0);
}

/* One prune in which the n-th call fails; false where there were not so many. */
static bool prune_with_fault(struct world *world, uint64_t at, enum fault_kind kind)
{
	const struct fault_plan none = {.at = 0};
	const struct fault_plan plan = {.at = at, .more = 1000000, .fault = {.kind = kind}};
	const struct prune_options options = {0};
	struct storage *faulty =
		storage_open_faulty(storage_memory_share(world->storage), &none);
	struct repo *repo = open_on(world, faulty);
	struct prune_result result;

	later(1);
	storage_faulty_plan(faulty, &plan);
	int r = repo_prune(repo, &options, &result);
	bool hit = storage_faulty_calls(faulty) >= at;
	prune_result_free(&result);
	if (!hit)
		assert_int_equal(r, 0);
	repo_close(repo);
	/* The lease of one that was killed ends by itself; here the process lives on. */
	later(3601);
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
			prune(world);
		bool hit = prune_with_fault(world, at, at % 3 ? FAULT_ERROR : FAULT_LATE);
		assert_whole(world);
		prune(world);
		assert_whole(world);
		prune(world);
		prune(world);
		assert_whole(world);
		assert_true(sizes_of(world).bytes <= fresh_size(world) * 17 / 10);
		while (world->count > 0)
			forget(world, 0);
		prune(world);
		prune(world);
		assert_int_equal(sizes_of(world).packs, 0);
		if (!hit && at > 60)
			break;
	}
}

static void two_prunes_do_not_run_at_once(void **state)
{
	struct world *world = *state;
	const struct prune_options options = {0};
	struct repo *repo = open_repo(world);
	const struct fault_plan plan = {
		.verbs = FAULT_REMOVE, .at = 1, .more = 1000, .fault = {.kind = FAULT_ERROR}};
	struct repo *other = open_on(
		world, storage_open_faulty(storage_memory_share(world->storage), &plan));
	struct prune_result result;

	/* It cannot remove its lease. */
	assert_int_equal(repo_prune(other, &options, &result), 0);
	prune_result_free(&result);
	assert_int_equal(repo_prune(repo, &options, &result), ERR_LOCKED);
	prune_result_free(&result);
	later(3601);
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
		seeds_of(1000 * i, seeds);
		backup(world, seeds);
		if (i % 7 == 6) { /* no tails that are worth merging: each time, all are new */
			prune(world);
			prune(world);
		}
	}
	prune(world);
	prune(world);
	struct sizes before = sizes_of(world);
	struct repo *repo = open_on(
		world, storage_open_faulty(storage_memory_share(world->storage), &plan));
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	prune_result_free(&result);
	assert_int_equal(reads, 0);
	forget(world, world->count - 1);
	later(1);
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	assert_true(result.rewritten_packs <= 1);
	prune_result_free(&result);
	assert_true(reads > 0 && before.packs > 1);
	repo_close(repo);
	assert_whole(world);
}

static void a_dry_run_changes_nothing(void **state)
{
	struct world *world = *state;
	const struct prune_options options = {.dry_run = true};
	struct prune_result result;

	make_work_for_prunes(world);
	struct sizes before = sizes_of(world);
	struct repo *repo = open_repo(world);
	assert_int_equal(repo_prune(repo, &options, &result), 0);
	assert_true(result.condemned_packs > 0 && result.dead_chunks > 0);
	prune_result_free(&result);
	assert_int_equal(sizes_of(world).bytes, before.bytes);
	repo_close(repo);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			what_is_forgotten_is_gone_after_two_prunes, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_writer_of_before_may_use_what_was_dead, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_writer_of_after_stores_anew_what_is_condemned, setup, teardown),
		cmocka_unit_test_setup_teardown(
			what_a_killed_writer_left_behind_goes, setup, teardown),
		cmocka_unit_test_setup_teardown(two_prunes_do_not_run_at_once, setup, teardown),
		cmocka_unit_test_setup_teardown(what_lives_is_not_read, setup, teardown),
		cmocka_unit_test_setup_teardown(a_dry_run_changes_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(
			whatever_happens_every_snapshot_stays_whole, setup, teardown),
		cmocka_unit_test_setup_teardown(
			a_prune_that_ends_anywhere_loses_nothing, setup, teardown),
	};

	return cmocka_run_group_tests_name("repo/prune", tests, NULL, NULL);
}
