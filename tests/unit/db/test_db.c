/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../database.h"
#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"

static struct database database;
static const char *path;
static struct db *db;
static int64_t last_id;

static int make_place(void **state)
{
	(void)state;
	last_id = 0;
	int r = database_make(&database);
	path = database.location;
	return r;
}

static int drop_place(void **state)
{
	(void)state;
	return database_drop(&database);
}

static int open_db(void **state)
{
	int r = make_place(state);

	if (r == 0)
		r = db_open(path, &db);
	if (r == 0)
		r = db_run(db,
			"CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, name TEXT UNIQUE,"
			" data BYTEA, used BIGINT NOT NULL DEFAULT 0 CHECK (used <= 3),"
			" parent BIGINT REFERENCES item (id))",
			"");
	return r;
}

static int close_db(void **state)
{
	db_close(db);
	return drop_place(state);
}

static int add(struct db *to, const char *name)
{
	return db_run(to, "INSERT INTO item (id, name) VALUES (?1, ?2)", "is", ++last_id, name);
}

static int64_t count_items(struct db *in)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(in, &rows, "SELECT count(*) FROM item", ""), 1);
	return db_int(rows, 0);
}

static int64_t number_of(const char *sql)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(db, &rows, sql, ""), 1);
	return db_int(rows, 0);
}

static void values_come_back_as_they_went_in(void **state)
{
	(void)state;
	static const char bytes[] = "a\0b";
	size_t size;
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_run(db, "INSERT INTO item (id, name, data) VALUES (?1, ?2, ?3)",
				 "isb", INT64_MIN, "Zoë", bytes, sizeof(bytes)),
		0);
	assert_int_equal(db_changed(db), 1);
	assert_int_equal(db_one(db, &rows, "SELECT id, name, data, parent FROM item", ""), 1);
	assert_true(db_int(rows, 0) == INT64_MIN);
	assert_string_equal(db_text(rows, 1), "Zoë");
	const void *data = db_bytes(rows, 2, &size);
	assert_int_equal(size, sizeof(bytes));
	assert_memory_equal(data, bytes, sizeof(bytes));
	assert_true(db_is_null(rows, 3));
	assert_false(db_is_null(rows, 2));
	assert_null(db_text(rows, 3));
}

static void no_text_is_null_and_no_bytes_are_no_bytes(void **state)
{
	(void)state;
	AUTO_ROWS rows = NULL;
	size_t size = 1;

	assert_int_equal(db_run(db, "INSERT INTO item (id, name, data) VALUES (?1, ?2, ?3)",
				 "isb", (int64_t)1, NULL, NULL, (size_t)0),
		0);
	assert_int_equal(db_one(db, &rows, "SELECT name, data FROM item", ""), 1);
	assert_true(db_is_null(rows, 0));
	assert_false(db_is_null(rows, 1));
	(void)db_bytes(rows, 1, &size);
	assert_int_equal(size, 0);
}

static void a_value_of_the_call_before_is_not_used_again(void **state)
{
	(void)state;
	static const char sql[] = "SELECT id FROM item WHERE name = ?1";
	AUTO_ROWS rows = NULL;

	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(db_one(db, &rows, sql, "s", "a"), 1);
	db_end_slot(&rows);
	assert_int_equal(db_one(db, &rows, sql, "s", "b"), 0);
	assert_null(rows);
	assert_int_equal(db_one(db, &rows, sql, "s", NULL), 0);
}

static void statements_are_told_apart_by_their_text(void **state)
{
	(void)state;
	char sql[] = "SELECT 1";
	AUTO_ROWS one = NULL;
	AUTO_ROWS two = NULL;

	assert_int_equal(db_one(db, &one, sql, ""), 1);
	sql[strlen(sql) - 1] = '2'; /* another text at the same address */
	assert_int_equal(db_one(db, &two, sql, ""), 1);
	assert_int_equal(db_int(one, 0), 1);
	assert_int_equal(db_int(two, 0), 2);
}

static void rows_come_in_order_and_end_for_good(void **state)
{
	(void)state;
	AUTO_ROWS rows = NULL;

	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(add(db, "b"), 0);
	assert_int_equal(db_query(db, &rows, "SELECT name FROM item ORDER BY name", ""), 0);
	assert_int_equal(db_next(rows), 1);
	assert_string_equal(db_text(rows, 0), "a");
	assert_int_equal(db_next(rows), 1);
	assert_string_equal(db_text(rows, 0), "b");
	assert_int_equal(db_next(rows), 0);
	assert_int_equal(db_next(rows), 0); /* and does not begin again */
}

static void changed_counts_the_rows_of_the_last_run(void **state)
{
	(void)state;
	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(add(db, "b"), 0);
	assert_int_equal(db_run(db, "UPDATE item SET used = ?1", "i", (int64_t)2), 0);
	assert_int_equal(db_changed(db), 2);
	assert_int_equal(db_run(db, "DELETE FROM item WHERE name = ?1", "s", "none"), 0);
	assert_int_equal(db_changed(db), 0);
	assert_int_equal(
		db_run(db, "DELETE FROM item WHERE name = ?1 RETURNING id", "s", "a"), 0);
	assert_int_equal(db_changed(db), 1);
}

static void each_broken_constraint_has_its_code(void **state)
{
	(void)state;
	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(add(db, "a"), ERR_EXISTS);
	assert_non_null(strcasestr(err_message(), "unique"));
	assert_int_equal(
		db_run(db, "INSERT INTO item (id) VALUES (?1)", "i", (int64_t)1), ERR_EXISTS);
	assert_int_equal(db_run(db, "UPDATE item SET used = ?1", "i", (int64_t)4), ERR_INVALID);
	assert_int_equal(db_run(db, "UPDATE item SET used = NULL", ""), ERR_INVALID);
	assert_int_equal(
		db_run(db, "UPDATE item SET parent = ?1", "i", (int64_t)99), ERR_INVALID);
	assert_int_equal(add(db, "b"), 0); /* and goes on */
	assert_int_equal(count_items(db), 2);
}

static void a_statement_that_is_no_sql_says_so(void **state)
{
	(void)state;
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_run(db, "SELEKT 1", ""), ERR_IO);
	assert_non_null(strstr(err_message(), "SELEKT"));
	assert_int_equal(db_query(db, &rows, "SELECT * FROM absent", ""), ERR_IO);
	assert_null(rows);
	/* A name in double quotes that is no column is not taken for a text. */
	assert_int_equal(db_one(db, &rows, "SELECT \"absent\"", ""), ERR_IO);
	assert_null(rows);
}

static void is_durable_and_hardened(void **state)
{
	(void)state;
	AUTO_ROWS rows = NULL;
	struct stat status;

	if (database.is_postgres) {
		assert_int_equal(db_one(db, &rows, "SHOW synchronous_commit", ""), 1);
		assert_string_equal(db_text(rows, 0), "on");
		return;
	}
	assert_int_equal(db_one(db, &rows, "PRAGMA journal_mode", ""), 1);
	assert_string_equal(db_text(rows, 0), "wal");
	assert_int_equal(number_of("PRAGMA synchronous"), 2);
	assert_int_equal(number_of("PRAGMA foreign_keys"), 1);
	assert_int_equal(number_of("PRAGMA trusted_schema"), 0);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	/* DEFENSIVE: nobody writes into the schema itself. */
	assert_int_equal(db_run(db, "PRAGMA writable_schema = ON", ""), 0);
	assert_true(db_run(db, "DELETE FROM sqlite_schema", "") < 0);
}

static void a_rollback_undoes_and_keeps_the_message(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(add(db, "a"), ERR_EXISTS);
	AUTO_TEXT message = mem_strdup(err_message());
	db_rollback(db);
	assert_string_equal(err_message(), message);
	assert_int_equal(count_items(db), 0);
	db_rollback(db); /* without a transaction: nothing */
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add(db, "b"), 0);
	assert_int_equal(db_commit(db), 0);
	db_rollback(db);
	assert_int_equal(count_items(db), 1);
}

static void a_second_begin_is_refused_and_the_first_can_still_be_undone(void **state)
{
	(void)state;
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add(db, "a"), 0);
	assert_true(db_begin(db) < 0);
	db_rollback(db);
	assert_int_equal(count_items(db), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_commit(db), 0);
}

static void a_rollback_may_come_while_a_query_runs(void **state)
{
	(void)state;
	AUTO_ROWS rows = NULL;

	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(add(db, "b"), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_query(db, &rows, "SELECT name FROM item", ""), 0);
	assert_int_equal(db_next(rows), 1);
	assert_int_equal(add(db, "c"), 0);
	db_rollback(db);
	db_end_slot(&rows);
	assert_int_equal(count_items(db), 2);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(db_commit(db), 0);
}

static void another_connection_sees_what_is_committed_and_no_more(void **state)
{
	(void)state;
	struct db *other;

	assert_int_equal(db_open(path, &other), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add(db, "a"), 0);
	assert_int_equal(count_items(other), 0);
	assert_int_equal(db_commit(db), 0);
	assert_int_equal(count_items(other), 1);
	assert_int_equal(add(other, "b"), 0);
	assert_int_equal(count_items(db), 2);
	db_close(other);
}

enum { WRITERS = 6, WRITES = 30 };

/* Reads, then writes what it read plus one: only a lock makes that right, which SQLite takes at
 * the begin, and PostgreSQL by a write. */
static int count_up(struct db *own)
{
	AUTO_ROWS rows = NULL;
	int r = db_begin(own);

	if (r == 0 && database.is_postgres)
		r = db_run(own, "UPDATE counter SET value = value", "");
	if (r == 0)
		r = db_one(own, &rows, "SELECT value FROM counter", "");
	if (r == 1)
		r = db_run(own, "UPDATE counter SET value = ?1", "i", db_int(rows, 0) + 1);
	db_end_slot(&rows);
	if (r == 0)
		r = db_commit(own);
	if (r < 0)
		db_rollback(own);
	return r;
}

static void *count_up_often(void *context)
{
	int *result = context;
	struct db *own;

	*result = db_open(path, &own);
	for (int i = 0; *result == 0 && i < WRITES; i++)
		*result = count_up(own);
	db_close(own);
	return NULL;
}

static void transactions_of_many_connections_wait_for_each_other(void **state)
{
	(void)state;
	pthread_t threads[WRITERS];
	int results[WRITERS];

	assert_int_equal(db_run(db, "CREATE TABLE counter (value BIGINT NOT NULL)", ""), 0);
	assert_int_equal(db_run(db, "INSERT INTO counter VALUES (0)", ""), 0);
	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, count_up_often, &results[i]), 0);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
	assert_int_equal(number_of("SELECT value FROM counter"), WRITERS * WRITES);
}

static void a_file_that_is_no_database_is_corrupt_and_stays_as_it_was(void **state)
{
	(void)state;
	if (database.is_postgres)
		return; /* a file's matter */
	char letters[5000];
	AUTO_BUF after = buf_init(10000);
	struct db *none;

	memset(letters, 'x', sizeof(letters));
	assert_int_equal(io_write_file(path, letters, sizeof(letters), 0600), 0);
	assert_int_equal(db_open(path, &none), ERR_CORRUPT);
	assert_null(none);
	assert_non_null(strstr(err_message(), path));
	assert_int_equal(io_read_file(path, &after), 0);
	assert_int_equal(after.size, sizeof(letters));
	assert_memory_equal(after.data, letters, sizeof(letters));
}

static void a_folder_or_a_missing_folder_cannot_be_opened(void **state)
{
	(void)state;
	if (database.is_postgres)
		return; /* a file's matter */
	AUTO_TEXT absent = io_join(database.folder, "absent/test.db");
	struct db *none;

	assert_true(db_open(database.folder, &none) < 0);
	assert_null(none);
	assert_int_equal(db_open(absent, &none), ERR_NOTFOUND);
	assert_null(none);
	assert_non_null(strstr(err_message(), absent));
	db_close(NULL);
}

static void *open_and_close(void *context)
{
	int *result = context;
	struct db *own;

	*result = db_open(path, &own);
	db_close(own);
	return NULL;
}

static void many_may_open_a_new_database_at_once(void **state)
{
	(void)state;
	pthread_t threads[WRITERS];
	int results[WRITERS];

	for (int i = 0; i < WRITERS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, open_and_close, &results[i]), 0);
	for (int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
}

static void the_extremes_of_a_number_come_back(void **state)
{
	(void)state;
	static const char sql[] = "SELECT id FROM item ORDER BY id";
	AUTO_ROWS rows = NULL;
	const int64_t numbers[] = {INT64_MIN, -1, 0, INT64_MAX};

	for (size_t i = 0; i < 4; i++)
		assert_int_equal(
			db_run(db, "INSERT INTO item (id) VALUES (?1)", "i", numbers[i]), 0);
	assert_int_equal(db_query(db, &rows, sql, ""), 0);
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(db_next(rows), 1);
		assert_true(db_int(rows, 0) == numbers[i]);
	}
	assert_int_equal(db_next(rows), 0);
}

static void all_bytes_come_back(void **state)
{
	(void)state;
	uint8_t all[256];
	size_t size;
	AUTO_ROWS rows = NULL;

	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (uint8_t)i;
	assert_int_equal(db_run(db, "INSERT INTO item (id, data) VALUES (?1, ?2)", "ib",
				 (int64_t)1, all, sizeof(all)),
		0);
	assert_int_equal(
		db_one(db, &rows, "SELECT id FROM item WHERE data = ?1", "b", all, sizeof(all)),
		1);
	db_end_slot(&rows);
	assert_int_equal(db_one(db, &rows, "SELECT data FROM item", ""), 1);
	const void *data = db_bytes(rows, 0, &size);
	assert_int_equal(size, sizeof(all));
	assert_memory_equal(data, all, sizeof(all));
}

static void a_statement_that_returns_rows_gives_them(void **state)
{
	(void)state;
	static const char insert[] = "INSERT INTO item (id, name) VALUES (?1, ?2)"
				     " ON CONFLICT (name) DO NOTHING RETURNING id, name";
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(db, &rows, insert, "is", (int64_t)7, "a"), 1);
	assert_int_equal(db_int(rows, 0), 7);
	assert_string_equal(db_text(rows, 1), "a");
	db_end_slot(&rows);
	assert_int_equal(db_one(db, &rows, insert, "is", (int64_t)8, "a"), 0);
}

enum { MANY = 1000 };

/* A name a number, and whether a text is there. */
static void many_texts_are_looked_up_and_written_in_one_go(void **state)
{
	(void)state;
	static char texts[MANY][8];
	const char *names[MANY];
	int64_t out[MANY];
	struct db_each each = {.texts = names, .count = MANY, .out = out};

	for (int i = 0; i < MANY; i++) {
		snprintf(texts[i], sizeof(texts[i]), "n%d", i);
		names[i] = texts[i];
		if (i % 3 == 0)
			assert_int_equal(add(db, names[i]), 0);
	}
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(
		db_run_each(db, &each, "SELECT id FROM item WHERE used = ?1 AND name = ?2", "i",
			(int64_t)0),
		0);
	for (int i = 0; i < MANY; i++)
		assert_true(out[i] == (i % 3 == 0 ? i / 3 + 1 : DB_NONE));
	assert_int_equal(db_run_each(db, &each, "UPDATE item SET used = ?1 WHERE name = ?2",
				 "i", (int64_t)1),
		0);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(out[i], i % 3 == 0);
	assert_int_equal(db_commit(db), 0);
	assert_int_equal(number_of("SELECT sum(used) FROM item"), (MANY + 2) / 3);
}

static void one_of_many_that_fails_is_told(void **state)
{
	(void)state;
	const char *names[] = {"a", "b", "a", "c"};
	struct db_each each = {.texts = names, .count = 4};

	assert_int_equal(
		db_run(db, "CREATE TABLE name (name TEXT NOT NULL PRIMARY KEY)", ""), 0);
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(
		db_run_each(db, &each, "INSERT INTO name (name) VALUES (?1)", ""), ERR_EXISTS);
	db_rollback(db);
	assert_int_equal(number_of("SELECT count(*) FROM name"), 0);
	assert_int_equal(db_begin(db), 0);
	each.count = 2;
	assert_int_equal(db_run_each(db, &each, "INSERT INTO name (name) VALUES (?1)", ""), 0);
	each.count = 0;
	assert_int_equal(db_run_each(db, &each, "INSERT INTO name (name) VALUES (?1)", ""), 0);
	assert_int_equal(db_commit(db), 0);
	assert_int_equal(number_of("SELECT count(*) FROM name"), 2);
}

static void a_failed_transaction_is_never_committed_by_halves(void **state)
{
	(void)state;
	assert_false(db_is_broken(db));
	assert_int_equal(db_begin(db), 0);
	assert_int_equal(add(db, "a"), 0);
	assert_false(db_is_broken(db));
	assert_int_equal(add(db, "a"), ERR_EXISTS);
	assert_int_equal(db_is_broken(db), database.is_postgres);
	if (db_is_broken(db))
		assert_true(db_commit(db) < 0);
	db_rollback(db);
	assert_false(db_is_broken(db));
	assert_int_equal(count_items(db), 0);
	assert_true(db_commit(db) < 0); /* there is none */
}

static void another_try_is_for_conflicts_and_bounded(void **state)
{
	(void)state;
	int tries = 0, count = 0;

	assert_false(db_again(0, &tries));
	assert_false(db_again(ERR_EXISTS, &tries));
	assert_false(db_again(ERR_NETWORK, &tries));
	assert_int_equal(tries, 0);
	while (db_again(ERR_CONFLICT, &tries))
		count++;
	assert_in_range(count, 5, 20);
}

#define WITH_DB(test) cmocka_unit_test_setup_teardown(test, open_db, close_db)
#define IN_PLACE(test) cmocka_unit_test_setup_teardown(test, make_place, drop_place)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_DB(values_come_back_as_they_went_in),
		WITH_DB(no_text_is_null_and_no_bytes_are_no_bytes),
		WITH_DB(a_value_of_the_call_before_is_not_used_again),
		WITH_DB(statements_are_told_apart_by_their_text),
		WITH_DB(rows_come_in_order_and_end_for_good),
		WITH_DB(changed_counts_the_rows_of_the_last_run),
		WITH_DB(each_broken_constraint_has_its_code),
		WITH_DB(a_statement_that_is_no_sql_says_so),
		WITH_DB(is_durable_and_hardened),
		WITH_DB(a_rollback_undoes_and_keeps_the_message),
		WITH_DB(a_second_begin_is_refused_and_the_first_can_still_be_undone),
		WITH_DB(a_rollback_may_come_while_a_query_runs),
		WITH_DB(another_connection_sees_what_is_committed_and_no_more),
		WITH_DB(the_extremes_of_a_number_come_back),
		WITH_DB(all_bytes_come_back),
		WITH_DB(a_statement_that_returns_rows_gives_them),
		WITH_DB(many_texts_are_looked_up_and_written_in_one_go),
		WITH_DB(one_of_many_that_fails_is_told),
		WITH_DB(a_failed_transaction_is_never_committed_by_halves),
		cmocka_unit_test(another_try_is_for_conflicts_and_bounded),
		WITH_DB(transactions_of_many_connections_wait_for_each_other),
		IN_PLACE(a_file_that_is_no_database_is_corrupt_and_stays_as_it_was),
		IN_PLACE(a_folder_or_a_missing_folder_cannot_be_opened),
		IN_PLACE(many_may_open_a_new_database_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
