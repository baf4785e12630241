/* SPDX-License-Identifier: Apache-2.0 */
#include "prune_world.h"

#include <stdio.h>

#include "base/clock.h"
#include "repo/check.h"
#include "repo/history.h"

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

void pruning_later(int64_t seconds)
{
	now_us += seconds * 1000000;
}

int pruning_setup(void **state)
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

int pruning_teardown(void **state)
{
	struct world *world = *state;

	storage_close(world->storage);
	fixture_free(world->fixture);
	mem_free(world);
	clock_use(NULL);
	return 0;
}

struct repo *pruning_open_on(struct world *world, struct storage *storage)
{
	struct repo_secret secret = fixture_secret(world->fixture);
	struct repo *repo = NULL;

	assert_int_equal(repo_open(storage, &secret, &repo), 0);
	return repo;
}

struct repo *pruning_open(struct world *world)
{
	return pruning_open_on(world, storage_memory_share(world->storage));
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

struct fixture_tree pruning_write(
	struct repo_writer *writer, const uint8_t *previous, const uint64_t seeds[ITEMS])
{
	struct texts *texts = texts_of(seeds);
	struct fixture_tree tree = fixture_object(writer, previous, texts->items, ITEMS);

	mem_free(texts);
	return tree;
}

void pruning_finish(struct world *world, struct repo_writer *writer, struct fixture_tree tree,
	const uint64_t seeds[ITEMS])
{
	struct kept *kept = &world->kept[world->count++];

	assert_int_equal(fixture_snapshot(writer, tree.id, clock_now_s(), kept->id), 0);
	kept->tree = tree;
	memcpy(kept->seeds, seeds, sizeof(kept->seeds));
}

void pruning_backup(struct world *world, const uint64_t seeds[ITEMS])
{
	struct repo *repo = pruning_open(world);
	struct repo_writer *writer = NULL;

	pruning_later(1);
	assert_int_equal(repo_writer_open(repo, &writer), 0);
	const uint8_t *previous =
		world->count > 0 && seeds[0] % 2 ? world->kept[world->count - 1].tree.id : NULL;
	pruning_finish(world, writer, pruning_write(writer, previous, seeds), seeds);
	repo_writer_close(writer);
	repo_close(repo);
	pruning_later(1);
}

void pruning_forget(struct world *world, size_t at)
{
	struct repo *repo = pruning_open(world);

	assert_int_equal(
		repo_forget(repo, (const char(*)[SNAPSHOT_ID_TEXT]) & world->kept[at].id, 1),
		0);
	world->kept[at] = world->kept[--world->count];
	repo_close(repo);
	pruning_later(1);
}

struct prune_result pruning_prune(struct world *world)
{
	const struct prune_options options = {0};
	struct repo *repo = pruning_open(world);
	struct prune_result result;

	pruning_later(1);
	int r = repo_prune(repo, &options, &result);
	if (r < 0)
		fail_msg("%s", err_message());
	const struct prune_result copy = result;
	prune_result_free(&result);
	repo_close(repo);
	pruning_later(1);
	return copy;
}

static void fault(void *context, const struct check_fault *fault)
{
	(void)context;
	print_message("%s\n", fault->text);
}

/* All that the model has is there, and the repository is in order. */
void pruning_assert_whole(struct world *world)
{
	const struct check_options options = {.data_percent = 100, .fault = fault};
	struct repo *repo = pruning_open(world);
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

static int add_size(void *context, const struct storage_entry *entry)
{
	struct sizes *sizes = context;

	sizes->packs++;
	sizes->bytes += entry->size;
	return 0;
}

struct sizes pruning_sizes(struct world *world)
{
	struct sizes sizes = {0};

	assert_int_equal(storage_list(world->storage, "packs", add_size, &sizes), 0);
	return sizes;
}

void pruning_seeds(uint64_t from, uint64_t out[ITEMS])
{
	for (size_t i = 0; i < ITEMS; i++)
		out[i] = from + i;
}

/* A repository that holds what the model has, and nothing else was ever in it. */
uint64_t pruning_fresh_size(struct world *world)
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
		pruning_finish(&fresh, writer,
			pruning_write(writer, NULL, world->kept[i].seeds),
			world->kept[i].seeds);
	repo_writer_close(writer);
	repo_close(repo);
	uint64_t size = pruning_sizes(&fresh).bytes;
	storage_close(fresh.storage);
	return size;
}
