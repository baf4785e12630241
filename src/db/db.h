/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A small SQL interface, SQLite or PostgreSQL behind it: the only folder that knows either.
 * Placeholders are ?1 ?2 … Values are given by a format text, one character each:
 *   i int64_t    s const char * (NULL: NULL)    b const void *, size_t (0: no bytes, not NULL)
 *
 *   r = db_run(db, "UPDATE license SET used = ?2 WHERE id = ?1", "si", id, used);
 *
 * What both databases understand: columns are BIGINT, TEXT, BYTEA; no type is guessed from a
 * value. A text of SQL is always used with the same types.
 *
 * A struct db is one connection and belongs to one thread at a time. Statements are prepared
 * once and kept. Errors, of every call that speaks with the database:
 *   ERR_EXISTS       a broken UNIQUE or PRIMARY KEY
 *   ERR_INVALID      a broken CHECK or another constraint
 *   ERR_LOCKED       another transaction held what was needed for 30 seconds
 *   ERR_CONFLICT     another transaction was in the way: nothing was changed, do it again (see
 *                    db_again)
 *   ERR_NETWORK      the server cannot be reached, or the connection broke. The next statement
 *                    outside of a transaction, or db_begin, connects again
 *   ERR_UNAVAILABLE  the server is there but takes nothing now (full, read-only, too slow)
 *   ERR_AUTH         the server refuses the user
 *   ERR_CORRUPT      the file is no database, or is damaged
 *   ERR_IO           anything else, with the database's words
 * No message holds a password.
 */

struct db;
struct db_rows;

/**
 * Opens a database. `location` is
 *   a path, or sqlite:PATH   made where it is not there (mode 0600): WAL, synchronous=FULL,
 *                            foreign keys on, hardened (DQS off, DEFENSIVE, trusted_schema off)
 *   postgresql://…           (or postgres://…), as libpq reads it: a database in UTF-8 that is
 *                            there; READ COMMITTED, synchronous_commit=on, with timeouts
 */
NODISCARD int db_open(const char *location, struct db **out);
void db_close(struct db *db); /* NULL is fine */

/** The location as it may be shown, without the password of a URL; the caller frees it. */
char *db_location_name(const char *location);

/** Runs a statement that gives no rows. */
NODISCARD int db_run(struct db *db, const char *sql, const char *types, ...);

/** How many rows the last db_run changed, where it was an INSERT, UPDATE or DELETE. */
int64_t db_changed(struct db *db);

/** Texts for db_run_each, borrowed, and what came of each. */
struct db_each {
	const char *const *texts;
	size_t count;
	int64_t *out; /* array of `count`, or NULL */
};

/** What db_run_each puts out for a query that found no row. */
#define DB_NONE INT64_MIN

/**
 * Runs a statement once for each text, which is its last value, behind those that are given
 * here and are the same for all. Within a transaction, and in one go: no waiting for the
 * answer to each. out[i] gets, of a query, the first column of its first row as a number
 * (DB_NONE: no row), of other statements the number of rows changed.
 */
NODISCARD int db_run_each(
	struct db *db, const struct db_each *each, const char *sql, const char *types, ...);

/** A value of a row for db_run_many: the one that its type says, borrowed. */
struct db_cell {
	int64_t number;
	const char *text;
};

/** Called with the first row that a statement gives, and may go on with db_next; `at` says of
 * which row of values. */
typedef int db_row_fn(struct db_rows *rows, size_t at, void *context);

struct db_many {
	const char *types;           /* of each row of values: i, s */
	const struct db_cell *cells; /* row by row */
	size_t rows;
	int64_t *changed;  /* out: rows changed by each; NULL where it is not wanted */
	db_row_fn *on_row; /* NULL where no rows are wanted */
	void *context;
};

/**
 * Runs a statement once for each row of values, in their order, within a transaction and in one
 * go. An INSERT whose `changed` and rows are not wanted and whose text ends with
 * "VALUES (?1, …)" is sent as few statements of many rows. An error of on_row ends it; that of
 * a statement too.
 */
NODISCARD int db_run_many(struct db *db, const struct db_many *many, const char *sql);

/** Starts a query; the caller ends it with db_end. One running query for each text of SQL. It
 * sees what was there when it started, or, on SQLite, when db_next is first called. */
NODISCARD int db_query(
	struct db *db, struct db_rows **out, const char *sql, const char *types, ...);

/** Moves to the next row: 1, or 0 past the last (again and again), or an error. */
NODISCARD int db_next(struct db_rows *rows);
void db_end(struct db_rows *rows); /* NULL is fine */

#define AUTO_ROWS __attribute__((cleanup(db_end_slot))) struct db_rows *
void db_end_slot(struct db_rows **rows);

/** Columns of the current row, from 0, borrowed until the next db_next or db_end. */
int64_t db_int(struct db_rows *rows, int column);
const char *db_text(struct db_rows *rows, int column); /* NULL where NULL */
const void *db_bytes(struct db_rows *rows, int column, size_t *size);
bool db_is_null(struct db_rows *rows, int column);

/** A query of which one row is wanted: 1 with *out at the row, to be ended, 0 where there is
 * none (*out is then NULL), or an error. */
NODISCARD int db_one(
	struct db *db, struct db_rows **out, const char *sql, const char *types, ...);

/**
 * Transactions. On SQLite db_begin takes the write lock at once (BEGIN IMMEDIATE). On
 * PostgreSQL a statement sees what was committed before it began (READ COMMITTED), and what it
 * wrote is locked: so the first statement writes the row that stands for all that follows, and
 * what counts is read behind it.
 *
 * Where db_commit fails with ERR_NETWORK nobody knows whether the transaction took place: what
 * was asked must be such that it can be asked again. After any other error nothing was changed.
 * db_rollback keeps this thread's error message, so that it can stand in a failure path;
 * without a transaction it does nothing.
 */
NODISCARD int db_begin(struct db *db);
NODISCARD int db_commit(struct db *db);
void db_rollback(struct db *db);

/** Whether the running transaction can only be rolled back: on PostgreSQL after any error. */
bool db_is_broken(const struct db *db);

/**
 * Whether a transaction that ended with `r` is worth another try: after ERR_CONFLICT, a bounded
 * number of times, and it waits a little first, longer each time.
 *
 *   int r, tries = 0;
 *   do
 *       r = whole_transaction(…);
 *   while (db_again(r, &tries));
 */
bool db_again(int r, int *tries);

/** Copies the whole database as it is at one moment into a new file (mode 0600), while others
 * use it; outside of a transaction. SQLite only. ERR_EXISTS where the file is there, ERR_IO. */
NODISCARD int db_backup(struct db *db, const char *path);

/**
 * Brings the schema up to date: runs, each in its transaction, the scripts that have not run
 * yet, in order, and remembers their number in the table schema_version. Any number of programs
 * may do it at once. ERR_INVALID where the database was made by a newer program.
 */
NODISCARD int db_migrate(struct db *db, const char *const *scripts, size_t count);

/** A script for db_migrate whose text differs between the two, from two string literals. */
#define DB_VARIANTS(sqlite, postgres) "\x01" sqlite "\x01" postgres

#endif
