/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPO_FIXTURE_H
#define TESTS_REPO_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/mem.h"
#include "repo/repo.h"
#include "repo/writer.h"
#include "storage/storage.h"

/*
 * A repository in a temporary folder, and short ways to write and read it.
 */

struct fixture {
	char *folder; /* all of it, removed at the end */
	char *place;  /* of the repository */
	char *key_file;
	struct repo *repo;
	struct repo_writer *writer;
};

/** Makes the folder and the key file, and no repository. */
struct fixture *fixture_new(void);
void fixture_free(struct fixture *fixture);

/** As cmocka's set-up and tear-down, with a repository and a writer. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

struct repo_secret fixture_secret(const struct fixture *fixture);

/** repo_create in a folder, as it is best on this machine. */
int fixture_create(const char *place, const struct repo_secret *secret, struct repo **out);

/** Closes what is open, and opens the repository and a writer anew. */
void fixture_reopen(struct fixture *fixture);
void fixture_close(struct fixture *fixture);

/** Writes a content; it must go well. */
struct repo_content fixture_put(struct repo_writer *writer, const void *data, size_t size);
struct repo_content fixture_put_text(struct repo_writer *writer, const char *text);

/** Whether a content reads back as these bytes; it must be readable. */
void fixture_assert_content(
	struct repo *repo, const struct repo_content *content, const void *data, size_t size);

/** An object with one folder "in" that has these items, each a text with its id as its name. */
/** The id of a tree. */
struct fixture_tree {
	uint8_t id[REPO_ID_SIZE];
};

struct fixture_item {
	const char *id, *text;
};
struct fixture_tree fixture_object(struct repo_writer *writer, const uint8_t *previous,
	const struct fixture_item *items, size_t count);

/** Whether a tree that fixture_object made is whole, contents and all. */
void fixture_assert_object(struct repo *repo, const uint8_t tree[REPO_ID_SIZE],
	const struct fixture_item *items, size_t count);

/** A snapshot of one object "mailbox:ada" with that tree. */
int fixture_snapshot(struct repo_writer *writer, const uint8_t tree[REPO_ID_SIZE],
	int64_t created_s, char out_id[SNAPSHOT_ID_TEXT]);

/** Pseudo-random bytes from a seed, the same everywhere. */
uint64_t fixture_random(uint64_t *seed);
void fixture_fill(void *out, size_t size, uint64_t seed);

/** 1; with GARNER_CALL_STEP=N it is N, for builds that are slow: of places and calls that a
 * test takes in turn each N-th is enough. */
size_t fixture_step(void);

/** Copies a folder with all in it; removes one. */
void fixture_copy_folder(const char *from, const char *to);
void fixture_remove_folder(const char *path);

#endif
