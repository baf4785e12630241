/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DB_DB_PRIV_H
#define DB_DB_PRIV_H

#include <stdarg.h>

#include <uthash.h>

#include "db/db.h"

/*
 * What lies behind db.h: db.c keeps connections, statements and transactions, a driver talks to
 * the database. A driver's own structs begin with the ones here.
 */

/* How many values a text of SQL may have as it is written, and with the rows of an INSERT
 * repeated. */
enum { DB_VALUES_MAX = 16, DB_INSERT_ROWS = 64, DB_BOUND_MAX = DB_VALUES_MAX * DB_INSERT_ROWS };

/** A value as it was given, borrowed until the statement has started. */
struct db_value {
	char type; /* i, s, b */
	int64_t number;
	const void *data; /* of an s: NULL or a text; of a b: size bytes */
	size_t size;
};

/** A statement, prepared once, and the rows of its running query. */
struct db_rows {
	struct db *db;
	char *sql, *types;
	bool running;
	UT_hash_handle hh;
};

/** A connection. */
struct db {
	const struct db_driver *driver;
	struct db_rows *prepared; /* by their SQL */
	int64_t changed;
	bool in_transaction;
	bool is_broken; /* the transaction can only be rolled back */
};

struct db_driver {
	/* Statements. `forget` frees one; `start` gives it values; `next` is db_next and is not
	 * called past the end; `changed` is of the statement that has run to its end. */
	int (*prepare)(struct db *db, const char *sql, size_t values, struct db_rows **out);
	void (*forget)(struct db_rows *rows);
	int (*start)(struct db_rows *rows, const struct db_value *values);
	int (*next)(struct db_rows *rows);
	void (*end)(struct db_rows *rows);
	int64_t (*changed)(struct db_rows *rows);
	bool (*is_query)(struct db_rows *rows); /* changes nothing */

	/* Columns of the current row. */
	int64_t (*number)(struct db_rows *rows, int column);
	const char *(*text)(struct db_rows *rows, int column);
	const void *(*bytes)(struct db_rows *rows, int column, size_t *size);
	bool (*is_null)(struct db_rows *rows, int column);

	/* db_run_many of one statement; NULL: one after the other. */
	int (*many)(struct db_rows *rows, const struct db_many *many);

	/* Transactions. `rollback` sets no message. */
	int (*begin)(struct db *db);
	int (*commit)(struct db *db);
	void (*rollback)(struct db *db);
	int (*script)(struct db *db, const char *script);
	void (*close)(struct db *db);
	bool is_postgres; /* which of the texts of DB_VARIANTS is meant for it */
};

/** The drivers. */
NODISCARD int sqlite_open(const char *path, struct db **out);
NODISCARD int postgres_open(const char *url, struct db **out);

/** postgresql://… or postgres://… */
bool postgres_is_url(const char *location);

/** The URL without its password, or a word for one that cannot be read; the caller frees it. */
char *postgres_name(const char *url);

/** The statement of a text, prepared if it is not yet. */
NODISCARD int db_prepare(
	struct db *db, const char *sql, const char *types, struct db_rows **out);

/** Reads values of such types; gives their number. */
size_t db_read_values(const char *types, va_list given, struct db_value values[DB_VALUES_MAX]);

/** The values of a row of db_run_many. */
void db_row_values(const struct db_many *many, size_t row, struct db_value *values);

/** Runs several statements, parted by ";". Within the caller's transaction. */
NODISCARD int db_run_script(struct db *db, const char *script);

/** SQL with $1 for each ?1 outside of quotes and comments. *out_count gets the highest number.
 * The caller frees it. */
char *placeholders_rewrite(const char *sql, size_t *out_count);

#endif
