/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../database.h"
#include "base/mem.h"
#include "db/db.h"

/*
 * What only a server can do to us. Runs where GARNER_TEST_DATABASE names one; the tests that
 * end a server start one of their own.
 */

static struct database database;
static struct db *db;

static int open_db(void **state)
{
	(void)state;
	int r = database_make(&database);
	if (r == 0)
		r = db_open(database.location, &db);
	if (r == 0)
		r = db_run(db,
			"CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, value BIGINT)", "");
	if (r == 0)
		r = db_run(db, "INSERT INTO item (id, value) VALUES (1, 0), (2, 0)", "");
	return r;
}

static int close_db(void **state)
{
	(void)state;
	db_close(db);
	return database_drop(&database);
}

static int64_t value_of(struct db *in, int64_t id)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(in, &rows, "SELECT value FROM item WHERE id = ?1", "i", id), 1);
	return db_int(rows, 0);
}

static int add_to(struct db *to, int64_t id)
{
	return db_run(to, "UPDATE item SET value = value + 1 WHERE id = ?1", "i", id);
}

static void a_url_that_cannot_be_read_shows_no_password(void **state)
{
	(void)state;
	static const char *const urls[] = {"postgresql://user:hush@host:80port/name",
		"postgresql://user:hu/sh@host/name", "postgres://user:hush@host/name?hush=hush",
		"postgresql://user:hush%@host/name", "postgresql://user:hush@[::1/name",
		"postgresql://user:12/hush@host/name", "postgresql://user:a@hush@host/name"};
	struct db *none;

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		AUTO_TEXT name = db_location_name(urls[i]);

		assert_null(strstr(name, "hu"));
		assert_true(db_open(urls[i], &none) < 0);
		assert_null(none);
		assert_null(strstr(err_message(), "hu"));
	}
}

static void a_name_is_the_url_without_its_password(void **state)
{
	(void)state;
	AUTO_TEXT name = db_location_name(
		"postgresql://user:hush@db.example:5433/garner?sslmode=require");
	AUTO_TEXT file = db_location_name("/var/lib/garner.db");

	assert_string_equal(name, "postgresql://user@db.example:5433/garner");
	assert_string_equal(file, "/var/lib/garner.db");
}

static void nobody_listens_is_a_failure_of_the_network(void **state)
{
	(void)state;
	struct db *none;

	assert_int_equal(
		db_open("postgresql://user:hush@127.0.0.1:1/name", &none), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "check the address"));
	assert_non_null(strstr(err_message(), "127.0.0.1"));
	assert_null(strstr(err_message(), "hush"));
	assert_null(strchr(err_message(), '\n'));
}

static void a_wrong_password_is_refused_and_not_shown(void **state)
{
	(void)state;
	const char *at = strrchr(database.location, '@');
	AUTO_TEXT wrong = mem_printf("postgresql://garner:hush%s", at);
	AUTO_TEXT without = mem_printf("postgresql://garner%s", at);
	struct db *none;

	assert_int_equal(db_open(wrong, &none), ERR_AUTH);
	assert_null(strstr(err_message(), "hush"));
	assert_int_equal(db_open(without, &none), ERR_AUTH);
	assert_non_null(strstr(err_message(), "pgpass"));
	AUTO_TEXT absent = mem_printf("%s_absent", database.location);
	assert_int_equal(db_open(absent, &none), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "has this database"));
}

static void who_read_what_another_changed_does_it_again(void **state)
{
	(void)state;
	struct db *other;

	assert_int_equal(db_open(database.location, &other), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_run(db, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", ""), 0);
	assert_int_equal(value_of(db, 1), 0);
	assert_int_equal(add_to(other, 1), 0);
	assert_int_equal(add_to(db, 1), ERR_CONFLICT);
	assert_true(db_is_broken(db));
	assert_true(add_to(db, 2) < 0); /* nothing more in this transaction */
	assert_true(db_commit(db) < 0);
	db_rollback(db);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add_to(db, 1), 0);
	assert_int_equal(db_commit(db), 0);
	assert_int_equal(value_of(other, 1), 2);
	assert_int_equal(value_of(other, 2), 0);
	db_close(other);
}

struct crossing {
	int64_t first, second;
	int result, tries;
	pthread_barrier_t *both_have_one;
};

static void *cross(void *context)
{
	struct crossing *crossing = context;
	struct db *own;
	int r = db_open(database.location, &own);

	assert_int_equal(r, 0);
	do {
		r = db_begin(own);
		if (r == 0)
			r = add_to(own, crossing->first);
		if (crossing->tries == 0)
			pthread_barrier_wait(crossing->both_have_one);
		if (r == 0)
			r = add_to(own, crossing->second);
		if (r == 0)
			r = db_commit(own);
		if (r < 0)
			db_rollback(own);
	} while (db_again(r, &crossing->tries));
	crossing->result = r;
	db_close(own);
	return NULL;
}

static void two_who_wait_for_each_other_part_and_both_end_well(void **state)
{
	(void)state;
	pthread_t thread;
	pthread_barrier_t barrier;
	struct crossing one = {.first = 1, .second = 2, .both_have_one = &barrier};
	struct crossing two = {.first = 2, .second = 1, .both_have_one = &barrier};

	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, cross, &one), 0);
	cross(&two);
	pthread_join(thread, NULL);
	pthread_barrier_destroy(&barrier);
	assert_int_equal(one.result, 0);
	assert_int_equal(two.result, 0);
	assert_true(one.tries + two.tries >= 1);
	assert_int_equal(value_of(db, 1), 2);
	assert_int_equal(value_of(db, 2), 2);
}

/* Ends this connection's server process, as an administrator or a crash would. */
static void break_connection(void)
{
	struct db *other;
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(db, &rows, "SELECT pg_backend_pid()", ""), 1);
	assert_int_equal(db_open(database.location, &other), 0);
	assert_int_equal(db_run(other, "SELECT pg_terminate_backend(CAST(?1 AS INTEGER))", "i",
				 db_int(rows, 0)),
		0);
	db_close(other);
}

static void a_connection_that_broke_is_made_again(void **state)
{
	(void)state;
	assert_int_equal(add_to(db, 1), 0);
	break_connection();
	assert_int_equal(value_of(db, 1), 1); /* what only reads is asked again */
	break_connection();
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add_to(db, 1), 0); /* prepared on the connection before */
	assert_int_equal(db_commit(db), 0);
	break_connection();
	assert_int_equal(add_to(db, 1), ERR_NETWORK); /* it may have been done */
	assert_int_equal(add_to(db, 1), 0);
	assert_int_equal(value_of(db, 1), 3);
}

static void a_transaction_is_never_continued_on_another_connection(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add_to(db, 1), 0);
	break_connection();
	assert_int_equal(add_to(db, 2), ERR_NETWORK);
	assert_true(db_is_broken(db));
	assert_int_equal(add_to(db, 2), ERR_NETWORK);
	assert_true(db_commit(db) < 0);
	db_rollback(db);
	assert_int_equal(value_of(db, 1), 0);
	assert_int_equal(value_of(db, 2), 0);
}

static void a_commit_without_an_answer_says_that_nobody_knows(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add_to(db, 1), 0);
	break_connection();
	assert_int_equal(db_commit(db), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "nobody knows"));
	db_rollback(db);
	assert_int_equal(value_of(db, 1), 0);
}

static void a_break_amid_many_is_told(void **state)
{
	(void)state;
	const char *texts[] = {"1", "2"};
	struct db_each each = {.texts = texts, .count = 2};
	static const char sql[] = "UPDATE item SET value = value + 1"
				  " WHERE id = CAST(?1 AS BIGINT)";

	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_run_each(db, &each, sql, ""), 0);
	break_connection();
	assert_int_equal(db_run_each(db, &each, sql, ""), ERR_NETWORK);
	db_rollback(db);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_run_each(db, &each, sql, ""), 0);
	assert_int_equal(db_commit(db), 0);
	assert_int_equal(value_of(db, 2), 1);
}

static void details_of_a_row_are_in_no_message(void **state)
{
	(void)state;
	assert_int_equal(db_run(db, "CREATE TABLE secret (word TEXT PRIMARY KEY)", ""), 0);
	assert_int_equal(db_run(db, "INSERT INTO secret (word) VALUES (?1)", "s", "hush"), 0);
	assert_int_equal(
		db_run(db, "INSERT INTO secret (word) VALUES (?1)", "s", "hush"), ERR_EXISTS);
	assert_null(strstr(err_message(), "hush"));
}

static int server(const char *what, const char *folder, char url[256])
{
	AUTO_TEXT command =
		mem_printf("%s/postgres-server.sh %s %s", getenv("GARNER_TOOLS"), what, folder);
	FILE *pipe = popen(command, "r");

	assert_non_null(pipe);
	if (fgets(url, 256, pipe))
		url[strcspn(url, "\n")] = 0;
	return pclose(pipe);
}

static void a_server_that_was_killed_loses_no_more_than_what_ran(void **state)
{
	(void)state;
	char url[256] = "";
	char again[256] = "";
	struct db *own;
	AUTO_TEXT folder = mem_printf("%s/server", database.folder);
	AUTO_TEXT open = mem_printf("chmod 755 %s", database.folder);

	assert_int_equal(system(open), 0);
	assert_int_equal(server("start", folder, url), 0);
	assert_int_equal(db_open(url, &own), 0);
	assert_int_equal(db_run(own, "CREATE TABLE item (id BIGINT, value BIGINT)", ""), 0);
	assert_int_equal(db_run(own, "INSERT INTO item (id, value) VALUES (1, 0)", ""), 0);
	assert_int_equal(db_begin(own), 0);
	assert_int_equal(add_to(own, 1), 0);
	assert_int_equal(db_commit(own), 0);
	assert_int_equal(db_begin(own), 0);
	assert_int_equal(add_to(own, 1), 0);
	assert_int_equal(server("kill", folder, again), 0);
	int r = 0;
	for (int i = 0; r == 0 && i < 1000; i++) /* its process lives a moment longer */
		r = add_to(own, 1);
	assert_int_equal(r, ERR_NETWORK);
	db_rollback(own);
	assert_int_equal(db_begin(own), ERR_NETWORK); /* while it is gone */
	assert_int_equal(server("start", folder, again), 0);
	assert_string_equal(again, url);
	assert_int_equal(value_of(own, 1), 1);
	assert_int_equal(db_begin(own), 0);
	assert_int_equal(add_to(own, 1), 0);
	assert_int_equal(db_commit(own), 0);
	assert_int_equal(value_of(own, 1), 2);
	db_close(own);
	assert_int_equal(server("stop", folder, again), 0);
	AUTO_TEXT remove = mem_printf("rm -rf %s", folder);
	assert_int_equal(system(remove), 0);
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, open_db, close_db)

int main(void)
{
	const struct CMUnitTest without[] = {
		cmocka_unit_test(a_url_that_cannot_be_read_shows_no_password),
		cmocka_unit_test(a_name_is_the_url_without_its_password),
		cmocka_unit_test(nobody_listens_is_a_failure_of_the_network),
	};
	const struct CMUnitTest with[] = {
		cmocka_unit_test(a_url_that_cannot_be_read_shows_no_password),
		cmocka_unit_test(a_name_is_the_url_without_its_password),
		cmocka_unit_test(nobody_listens_is_a_failure_of_the_network),
		WITH_DB(a_wrong_password_is_refused_and_not_shown),
		WITH_DB(who_read_what_another_changed_does_it_again),
		WITH_DB(two_who_wait_for_each_other_part_and_both_end_well),
		WITH_DB(a_connection_that_broke_is_made_again),
		WITH_DB(a_transaction_is_never_continued_on_another_connection),
		WITH_DB(a_commit_without_an_answer_says_that_nobody_knows),
		WITH_DB(a_break_amid_many_is_told),
		WITH_DB(details_of_a_row_are_in_no_message),
		WITH_DB(a_server_that_was_killed_loses_no_more_than_what_ran),
	};

	return getenv("GARNER_TEST_DATABASE") ? cmocka_run_group_tests(with, NULL, NULL)
					      : cmocka_run_group_tests(without, NULL, NULL);
}
