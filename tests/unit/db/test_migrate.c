/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../database.h"
#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"

static struct database database;
static const char *path;
static struct db *db;

/* The second builds on the first, and neither can run twice. */
static const char *const scripts[] = {
	"CREATE TABLE step (name TEXT); INSERT INTO step VALUES ('first');",
	"ALTER TABLE step ADD COLUMN number INTEGER; INSERT INTO step VALUES ('second', 2);",
};

static int open_db(void **state)
{
	(void)state;
	int r = database_make(&database);

	path = database.location;
	return r < 0 ? r : db_open(path, &db);
}

static int close_db(void **state)
{
	(void)state;
	db_close(db);
	return database_drop(&database);
}

static int64_t number_of(const char *sql)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(db, &rows, sql, ""), 1);
	return db_int(rows, 0);
}

static void scripts_run_once_and_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(db_migrate(db, scripts, 2), 0);
	assert_int_equal(db_migrate(db, scripts, 2), 0);
	assert_int_equal(number_of("SELECT count(*) FROM step"), 2);
	assert_int_equal(number_of("SELECT max(version) FROM schema_version"), 2);
}

static void a_newer_program_runs_what_is_new(void **state)
{
	(void)state;
	assert_int_equal(db_migrate(db, scripts, 1), 0);
	assert_int_equal(number_of("SELECT count(*) FROM step"), 1);
	assert_int_equal(db_migrate(db, scripts, 2), 0);
	assert_int_equal(number_of("SELECT count(*) FROM step WHERE number = 2"), 1);
}

static void no_scripts_are_fine(void **state)
{
	(void)state;
	assert_int_equal(db_migrate(db, NULL, 0), 0);
}

static void a_database_of_a_newer_program_is_refused_untouched(void **state)
{
	(void)state;
	assert_int_equal(db_migrate(db, scripts, 2), 0);
	assert_int_equal(db_migrate(db, scripts, 1), ERR_INVALID);
	assert_non_null(strstr(err_message(), "newer version"));
	assert_int_equal(number_of("SELECT max(version) FROM schema_version"), 2);
}

static void a_script_that_fails_leaves_nothing_of_itself(void **state)
{
	(void)state;
	const char *const broken[] = {scripts[0],
		"CREATE TABLE half (a BIGINT); INSERT INTO half "
		"VALUES (1); INSERT INTO absent VALUES (1);"};

	assert_true(db_migrate(db, broken, 2) < 0);
	assert_non_null(strstr(err_message(), "absent"));
	assert_int_equal(number_of("SELECT max(version) FROM schema_version"), 1);
	AUTO_ROWS none = NULL;
	assert_true(db_one(db, &none, "SELECT a FROM half", "") < 0);
	assert_int_equal(db_migrate(db, scripts, 2), 0);
}

static void a_version_that_cannot_be_is_corrupt(void **state)
{
	(void)state;
	assert_int_equal(db_migrate(db, NULL, 0), 0);
	assert_int_equal(
		db_run(db, "INSERT INTO schema_version VALUES (?1)", "i", (int64_t)-1), 0);
	assert_int_equal(db_migrate(db, scripts, 2), ERR_CORRUPT);
}

static void a_script_may_differ_between_the_databases(void **state)
{
	(void)state;
	static const char differs[] = DB_VARIANTS(
		"CREATE TABLE kind (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT);",
		"CREATE TABLE kind (id BIGSERIAL PRIMARY KEY, name TEXT);") "INSERT INTO kind "
									    "(name) VALUES "
									    "('?1');";
	const char *const both[] = {scripts[0], differs};

	assert_int_equal(db_migrate(db, both, 2), 0);
	assert_int_equal(number_of("SELECT count(*) FROM kind"), database.is_postgres);
}

static void *migrate(void *context)
{
	int *result = context;
	struct db *own;

	*result = db_open(path, &own);
	if (*result == 0)
		*result = db_migrate(own, scripts, 2);
	db_close(own);
	return NULL;
}

static void programs_that_start_at_once_run_each_script_once(void **state)
{
	(void)state;
	enum { PROGRAMS = 6 };
	pthread_t threads[PROGRAMS];
	int results[PROGRAMS];

	for (int i = 0; i < PROGRAMS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, migrate, &results[i]), 0);
	for (int i = 0; i < PROGRAMS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
	assert_int_equal(number_of("SELECT count(*) FROM step"), 2);
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, open_db, close_db)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DB(scripts_run_once_and_in_their_order),
		WITH_DB(a_newer_program_runs_what_is_new),
		WITH_DB(no_scripts_are_fine),
		WITH_DB(a_database_of_a_newer_program_is_refused_untouched),
		WITH_DB(a_script_that_fails_leaves_nothing_of_itself),
		WITH_DB(a_version_that_cannot_be_is_corrupt),
		WITH_DB(a_script_may_differ_between_the_databases),
		WITH_DB(programs_that_start_at_once_run_each_script_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
