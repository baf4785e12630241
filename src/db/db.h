/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DB_DB_H
#define DB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A small SQL interface, SQLite behind it: the only folder that knows SQLite. Placeholders are
 * ?1 ?2 … Values are given by a format text, one character each:
 *   i int64_t    s const char * (NULL: NULL)    b const void *, size_t (0: no bytes, not NULL)
 *
 *   r = db_run(db, "UPDATE license SET used = ?2 WHERE id = ?1", "si", id, used);
 *
 * A struct db is one connection and belongs to one thread at a time. Statements are prepared
 * once and kept. Errors: ERR_IO with SQLite's words; ERR_EXISTS for a broken UNIQUE or PRIMARY
 * KEY; ERR_INVALID for a broken CHECK or another constraint; ERR_LOCKED when the database stays
 * locked for 30 seconds; ERR_CORRUPT where the file is no database.
 */

struct db;
struct db_rows;

/** Opens, and makes where it is not there (mode 0600): WAL, synchronous=FULL, foreign keys on,
 * hardened (DQS off, DEFENSIVE, trusted_schema off). */
NODISCARD int db_open(const char *path, struct db **out);
void db_close(struct db *db); /* NULL is fine */

/** Runs a statement that gives no rows. */
NODISCARD int db_run(struct db *db, const char *sql, const char *types, ...);

/** How many rows the last db_run changed. */
int64_t db_changed(struct db *db);

/** Starts a query; the caller ends it with db_end. One running query for each text of SQL. */
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

/** Transactions: db_begin takes the write lock at once (BEGIN IMMEDIATE). db_rollback keeps
 * this thread's error message, so that it can stand in a failure path; without a transaction it
 * does nothing. */
NODISCARD int db_begin(struct db *db);
NODISCARD int db_commit(struct db *db);
void db_rollback(struct db *db);

/** Copies the whole database as it is at one moment into a new file (mode 0600), while others
 * use it; outside of a transaction. SQLite only. ERR_EXISTS where the file is there, ERR_IO. */
NODISCARD int db_backup(struct db *db, const char *path);

/**
 * Brings the schema up to date: runs, each in its transaction, the scripts that have not run
 * yet, in order, and remembers their number in the table schema_version. ERR_INVALID where the
 * database was made by a newer program.
 */
NODISCARD int db_migrate(struct db *db, const char *const *scripts, size_t count);

#endif
