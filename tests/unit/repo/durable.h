/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPO_DURABLE_H
#define TESTS_REPO_DURABLE_H

#include "base/io.h"
#include "fixture.h"

/*
 * One object whose contents are known for each version of it, for tests of what survives. A
 * function that returns an error has stopped at the first one; what is read and is other than
 * what was written fails the test.
 */

/** Stores the object as it is in a version; `previous` as for object_writer_begin. */
int durable_store(struct repo_writer *writer, const uint8_t *previous, int version,
	uint8_t out_tree[REPO_ID_SIZE]);

/** Reads a tree of durable_store whole. */
int durable_read(struct repo *repo, const uint8_t tree[REPO_ID_SIZE], int version);

/** Reads all snapshots whole, which fixture_snapshot has made with the version as their time;
 * their ids go to `ids` where it is not NULL, at most `most`. */
int durable_read_all(
	struct repo *repo, char (*ids)[SNAPSHOT_ID_TEXT], size_t most, size_t *out_count);

/** Calls that wait for no disk: nobody cuts the power of what is only looked at. */
extern const struct io_calls durable_hasty;

/** Opens a writer, stores a version, commits, makes a snapshot. */
int durable_back_up(struct repo *repo, const uint8_t *previous, int version,
	uint8_t out_tree[REPO_ID_SIZE], char out_id[SNAPSHOT_ID_TEXT]);

/** A repository that has versions 1 and 2, and what is to be known of it. */
struct durable_world {
	struct fixture *fixture;      /* for its key file; borrowed */
	uint8_t tree[REPO_ID_SIZE];   /* of version 2 */
	char first[SNAPSHOT_ID_TEXT]; /* the snapshot of version 1 */
};

/** Makes it in a storage, which is taken over. */
void durable_make(struct durable_world *world, struct storage *storage);

/** What can be done with a repository, from opening it on; the storage is taken over. */
typedef int durable_act(const struct durable_world *world, struct storage *storage);
durable_act durable_act_create;  /* of another one */
durable_act durable_act_back_up; /* of version 3 */
durable_act durable_act_read;    /* of all snapshots */
durable_act durable_act_check;   /* with all data; ERR_CORRUPT where it finds a fault */
durable_act durable_act_forget;  /* of the first snapshot */
durable_act durable_act_prune;   /* once it is forgotten, which is done where it was not */
durable_act durable_act_repair;

/** Takes an index file away and spoils a byte of a pack: repair brings all of it back. The
 * storage is taken over. */
void durable_damage(struct storage *storage);

/** The writers have ended, as if this process had. The storage is taken over. */
void durable_end_writers(struct storage *storage);

/** How many snapshots were forgotten and are there; nothing else may be wrong with the chain.
 */
size_t durable_put_back(struct repo *repo);

/** Version 2 is there, and at least so many snapshots, all whole, and a check finds nothing.
 * The storage is taken over. */
void durable_assert_intact(
	const struct durable_world *world, struct storage *storage, size_t least);

#endif
