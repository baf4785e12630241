/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_DATABASE_H
#define TESTS_DATABASE_H

#include <stdbool.h>

/*
 * A database for one test: a SQLite file, or, where the environment has GARNER_TEST_DATABASE, a
 * new database on that server (a URL with a user who may make one).
 */

struct database {
	char folder[64]; /* for anything else of the test */
	char *location;
	char name[32]; /* on the server */
	bool is_postgres;
};

/** 0, or what setup functions return. */
int database_make(struct database *out);

/** Drops it, whoever is still connected, and the folder with the files in it. */
int database_drop(struct database *database);

#endif
