/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPO_DURABLE_H
#define TESTS_REPO_DURABLE_H

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

/** Opens a writer, stores a version, commits, makes a snapshot. */
int durable_back_up(struct repo *repo, const uint8_t *previous, int version,
	uint8_t out_tree[REPO_ID_SIZE], char out_id[SNAPSHOT_ID_TEXT]);

#endif
