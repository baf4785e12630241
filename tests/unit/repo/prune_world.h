/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPO_PRUNE_WORLD_H
#define TESTS_REPO_PRUNE_WORLD_H

#include "fixture.h"

#include "repo/prune.h"

/*
 * A repository in memory beside a naive model of it: which snapshots there are, and what each
 * of them has. Time passes as the test wants it.
 */

enum { ITEMS = 6, TEXT = 3000, SNAPSHOTS_MAX = 64 };

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

struct sizes {
	uint64_t packs, bytes;
};

int pruning_setup(void **state);
int pruning_teardown(void **state);
void pruning_later(int64_t seconds);

/** Another opening of the repository; of one on a storage of the test's own, taken over. */
struct repo *pruning_open(struct world *world);
struct repo *pruning_open_on(struct world *world, struct storage *storage);

/** ITEMS seeds of texts, one behind the other. */
void pruning_seeds(uint64_t from, uint64_t out[ITEMS]);

/** An object with a text of each seed, and its snapshot, which the model gets. */
struct fixture_tree pruning_write(
	struct repo_writer *writer, const uint8_t *previous, const uint64_t seeds[ITEMS]);
void pruning_finish(struct world *world, struct repo_writer *writer, struct fixture_tree tree,
	const uint64_t seeds[ITEMS]);

/** A whole run; a snapshot forgotten, by its place in the model; a prune, which must go well.
 */
void pruning_backup(struct world *world, const uint64_t seeds[ITEMS]);
void pruning_forget(struct world *world, size_t at);
struct prune_result pruning_prune(struct world *world);

/** All that the model has is there, and the repository is in order. */
void pruning_assert_whole(struct world *world);

/** Of the packs; and how many bytes they would have in a repository that never had more. */
struct sizes pruning_sizes(struct world *world);
uint64_t pruning_fresh_size(struct world *world);

#endif
