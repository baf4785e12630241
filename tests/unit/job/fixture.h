/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JOB_FIXTURE_H
#define TESTS_JOB_FIXTURE_H

#include "../cmocka_all.h"

#include "base/json.h"
#include "job/installation.h"
#include "job/run.h"
#include "repo/repo.h"

/*
 * An installation in a temporary folder, with a connection "docs" to the folder at `source`, a
 * storage "disk", and no job yet.
 */

struct fixture {
	char *folder; /* all of it, removed at the end */
	char *state, *source, *place;
	struct installation *installation;
};

/* As cmocka's set-up and tear-down. */
int fixture_setup(void **state);
int fixture_setup_empty(void **state); /* without connection and storage */
int fixture_teardown(void **state);

/** Another user of the same state folder. The caller closes it. */
struct installation *fixture_open(const struct fixture *fixture);

/** Writes, or removes, a file below `source`; folders are made. */
void fixture_put(const struct fixture *fixture, const char *path, const char *text);
void fixture_remove(const struct fixture *fixture, const char *path);

/** A job "nightly" of docs to disk. */
void fixture_add_job(const struct fixture *fixture, const char *objects);

/** Runs it, without options. */
int fixture_run(const struct fixture *fixture);

/** What is to be said of it. The caller frees it. */
struct json *fixture_report(const struct fixture *fixture);

/** Each object of the report in a line: "folder:a stored 1/2 code", items new and in all. */
char *fixture_objects(const struct fixture *fixture);

/** Fails unless the report has this state, code of a reason (NULL: none), and objects as
 * fixture_objects gives them. */
void fixture_assert_report(const struct fixture *fixture, const char *state, const char *code,
	const char *objects);

/** The id of the last snapshot as the report names it; "" where it names none. */
char *fixture_snapshot_id(const struct fixture *fixture);

/** Each item of the last run's snapshot in a line: "folder/a/x.txt=text", objects that are only
 * kept as "folder/b kept". The caller frees it. */
char *fixture_stored(const struct fixture *fixture);

/** The notices that stand, or all: "code object\n" each, newest first. */
char *fixture_notices(const struct fixture *fixture, bool all);

/** How many files lie directly in a folder. */
size_t fixture_count_files(const char *folder);

#endif
