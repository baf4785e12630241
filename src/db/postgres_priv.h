/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DB_POSTGRES_PRIV_H
#define DB_POSTGRES_PRIV_H

#include <libpq-fe.h>

#include "db/db_priv.h"

/*
 * The driver for PostgreSQL: postgres.c connects and keeps transactions, postgres_rows.c runs
 * statements, postgres_error.c turns what goes wrong into our codes.
 */

struct postgres {
	struct db db;
	char *url, *name; /* the name has no password */
	PGconn *connection;
	int64_t generation; /* of the connection: what was prepared on another is not there */
};

static inline struct postgres *postgres_of(struct db *db)
{
	return (struct postgres *)db;
}

/** Sees to a connection that works as far as is known; makes a new one where the last broke,
 * but never within a transaction. ERR_NETWORK, ERR_AUTH, ERR_INVALID. */
NODISCARD int postgres_ready(struct postgres *postgres);

/** The error behind a result (NULL: that the connection has) of a statement (NULL: none), with
 * its message. Marks a transaction as broken. */
NODISCARD int postgres_fail(struct postgres *postgres, const PGresult *result, const char *sql);

/** The error of a connection that could not be made. */
NODISCARD int postgres_refused(struct postgres *postgres, PGconn *connection);

/** Runs SQL without values; its rows are not wanted. *out_tag (or NULL) gets what the server
 * says that it did. */
NODISCARD int postgres_run(struct postgres *postgres, const char *sql, char out_tag[16]);

/** The functions of the driver for statements and rows. */
int postgres_prepare(struct db *db, const char *sql, size_t values, struct db_rows **out);
void postgres_forget(struct db_rows *rows);
int postgres_start(struct db_rows *rows, const struct db_value *values);
int postgres_next(struct db_rows *rows);
void postgres_end(struct db_rows *rows);
int64_t postgres_changed(struct db_rows *rows);
int64_t postgres_number(struct db_rows *rows, int column);
const char *postgres_text(struct db_rows *rows, int column);
const void *postgres_bytes(struct db_rows *rows, int column, size_t *size);
bool postgres_is_null(struct db_rows *rows, int column);
int postgres_many(struct db_rows *rows, const struct db_many *many);

#endif
