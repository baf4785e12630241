/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/postgres_priv.h"

enum {
	COLUMNS_MAX = 16,
	NUMBER_SIZE = 24,
	NAME_SIZE = 36,
	/* Answers that may wait unread while we still send: both fit into a socket's buffers,
	 * so that the server and we never wait for each other. */
	MANY_MAX = 128,
};

enum { TYPE_BOOL = 16, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_TEXT = 25 };

struct postgres_rows {
	struct db_rows rows;
	char *sql;            /* with $1 */
	char name[NAME_SIZE]; /* that it is prepared under */
	int64_t generation;   /* of the connection that it is prepared on; 0: on none */
	PGresult *result;
	int at;                            /* row, from 1; 0: before the first */
	unsigned char *bytes[COLUMNS_MAX]; /* decoded columns of this row */
};

/* Values as libpq takes them. */
struct given {
	const char *data[DB_BOUND_MAX];
	int sizes[DB_BOUND_MAX];
	int formats[DB_BOUND_MAX];
	char numbers[DB_BOUND_MAX][NUMBER_SIZE];
};

static struct postgres_rows *of(struct db_rows *rows)
{
	return (struct postgres_rows *)rows;
}

/* FNV-1a, 64 bits, twice. */
static uint64_t digest(const char *text, uint64_t hash)
{
	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 1099511628211U;
	return hash;
}

int postgres_prepare(struct db *db, const char *sql, size_t values, struct db_rows **out)
{
	struct postgres_rows *rows = mem_alloc(sizeof(*rows));
	size_t count;

	(void)db;
	rows->sql = placeholders_rewrite(sql, &count);
	ASSERT(count == values && count <= DB_BOUND_MAX);
	snprintf(rows->name, sizeof(rows->name), "g%016" PRIx64 "%016" PRIx64,
		digest(sql, 14695981039346656037U), digest(sql, 1099511628211U));
	*out = &rows->rows;
	return 0;
}

static void clear(struct postgres_rows *rows)
{
	for (size_t i = 0; i < COLUMNS_MAX; i++) {
		PQfreemem(rows->bytes[i]);
		rows->bytes[i] = NULL;
	}
}

void postgres_forget(struct db_rows *rows)
{
	clear(of(rows));
	PQclear(of(rows)->result);
	mem_free(of(rows)->sql);
	mem_free(rows);
}

/* The types are said, not guessed: a number is a BIGINT wherever it stands. */
static int prepare_there(struct postgres *postgres, struct postgres_rows *rows)
{
	Oid types[DB_BOUND_MAX];
	int count = 0;

	if (rows->generation == postgres->generation)
		return 0;
	for (const char *type = rows->rows.types; *type; type++)
		types[count++] = *type == 'i'   ? TYPE_INT8
				 : *type == 'b' ? TYPE_BYTEA
						: TYPE_TEXT;
	PGresult *result = PQprepare(postgres->connection, rows->name, rows->sql, count, types);
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	int r = 0;
	if (PQresultStatus(result) != PGRES_COMMAND_OK)
		r = postgres_fail(postgres, result, rows->rows.sql);
	/* The name says what it is: who prepared it does not matter. */
	if (r == 0 || (state && text_equal(state, "42P05")))
		rows->generation = postgres->generation;
	PQclear(result);
	return r;
}

/* A pooler gave another connection, where it is not prepared. */
static void note_unknown(struct postgres_rows *rows, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (state && text_equal(state, "26000"))
		rows->generation = 0;
}

static void give(struct given *given, size_t at, const struct db_value *value)
{
	given->formats[at] = value->type == 'b';
	given->sizes[at] = (int)value->size;
	given->data[at] = value->data;
	if (value->type == 'b' && value->size == 0)
		given->data[at] = "";
	if (value->type == 'i') {
		snprintf(given->numbers[at], NUMBER_SIZE, "%" PRId64, value->number);
		given->data[at] = given->numbers[at];
	}
}

static int give_all(const char *types, const struct db_value *values, struct given *out)
{
	int count = 0;

	for (; types[count]; count++)
		give(out, (size_t)count, &values[count]);
	return count;
}

static int try_start(struct postgres *postgres, struct postgres_rows *rows,
	const struct given *given, int count)
{
	int r = postgres_ready(postgres);

	if (r == 0)
		r = prepare_there(postgres, rows);
	if (r < 0)
		return r;
	PGresult *result = PQexecPrepared(postgres->connection, rows->name, count, given->data,
		given->sizes, given->formats, 0);
	ExecStatusType status = PQresultStatus(result);
	if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
		r = postgres_fail(postgres, result, rows->rows.sql);
		note_unknown(rows, result);
		PQclear(result);
		return r;
	}
	rows->result = result;
	rows->at = 0;
	return 0;
}

/* What only reads may be asked again where the connection proves to be broken, and what stands
 * alone may be where a pooler has changed it under us. */
int postgres_start(struct db_rows *rows, const struct db_value *values)
{
	struct postgres *postgres = postgres_of(rows->db);
	struct given given;
	int count = give_all(rows->types, values, &given);
	int r = try_start(postgres, of(rows), &given, count);

	if (!postgres->db.in_transaction && r == ERR_NETWORK &&
		PQstatus(postgres->connection) == CONNECTION_BAD &&
		text_starts_with(rows->sql, "SELECT"))
		r = try_start(postgres, of(rows), &given, count);
	if (!postgres->db.in_transaction && r == ERR_CONFLICT)
		r = try_start(postgres, of(rows), &given, count);
	return r;
}

int postgres_next(struct db_rows *rows)
{
	int count = PQntuples(of(rows)->result);

	clear(of(rows));
	if (of(rows)->at < count)
		of(rows)->at++;
	else
		of(rows)->at = count + 1;
	return of(rows)->at <= count;
}

void postgres_end(struct db_rows *rows)
{
	clear(of(rows));
	PQclear(of(rows)->result);
	of(rows)->result = NULL;
}

static int64_t count_of(const PGresult *result)
{
	/* libpq does not change it, and forgot to say so. */
	const char *count = PQcmdTuples((PGresult *)(uintptr_t)result);

	return *count ? strtoll(count, NULL, 10) : 0;
}

int64_t postgres_changed(struct db_rows *rows)
{
	return count_of(of(rows)->result);
}

static int64_t number_at(const PGresult *result, int row, int column)
{
	const char *text = PQgetvalue(result, row, column);

	if (PQftype(result, column) == TYPE_BOOL)
		return *text == 't';
	return strtoll(text, NULL, 10);
}

int64_t postgres_number(struct db_rows *rows, int column)
{
	return number_at(of(rows)->result, of(rows)->at - 1, column);
}

bool postgres_is_null(struct db_rows *rows, int column)
{
	return PQgetisnull(of(rows)->result, of(rows)->at - 1, column);
}

const char *postgres_text(struct db_rows *rows, int column)
{
	if (postgres_is_null(rows, column))
		return NULL;
	return PQgetvalue(of(rows)->result, of(rows)->at - 1, column);
}

const void *postgres_bytes(struct db_rows *rows, int column, size_t *size)
{
	const PGresult *result = of(rows)->result;
	const char *text = postgres_text(rows, column);

	*size = 0;
	if (!text)
		return NULL;
	if (PQftype(result, column) != TYPE_BYTEA) {
		*size = (size_t)PQgetlength(result, of(rows)->at - 1, column);
		return text;
	}
	ASSERT(column < COLUMNS_MAX);
	unsigned char **slot = &of(rows)->bytes[column];
	PQfreemem(*slot);
	*slot = PQunescapeBytea((const unsigned char *)text, size);
	ASSERT(*slot);
	return *slot;
}

/* Reads the answer to one statement of the pipeline, up to the NULL behind it. */
static int read_one(struct postgres_rows *rows, const struct db_many *many, size_t at)
{
	struct postgres *postgres = postgres_of(rows->rows.db);
	int r = 0;

	rows->result = PQgetResult(postgres->connection);
	rows->at = 1;
	switch (PQresultStatus(rows->result)) {
	case PGRES_TUPLES_OK:
		if (many->on_row && PQntuples(rows->result))
			r = many->on_row(&rows->rows, at, many->context);
		/* fall through */
	case PGRES_COMMAND_OK:
		if (many->changed)
			many->changed[at] = count_of(rows->result);
		break;
	default:
		r = postgres_fail(postgres, rows->result, rows->rows.sql);
		note_unknown(rows, rows->result);
		break;
	}
	bool is_more = rows->result != NULL;
	postgres_end(&rows->rows);
	for (PGresult *rest; is_more && (rest = PQgetResult(postgres->connection));)
		PQclear(rest);
	return r;
}

static bool send_one(struct postgres_rows *rows, const struct db_many *many, size_t at)
{
	struct db_value values[DB_VALUES_MAX];
	struct given given;

	db_row_values(many, at, values);
	int count = give_all(many->types, values, &given);
	return PQsendQueryPrepared(postgres_of(rows->rows.db)->connection, rows->name, count,
		given.data, given.sizes, given.formats, 0);
}

/* Sends a part and reads its answers. Those behind one that failed were not done. */
static int run_part(
	struct postgres_rows *rows, const struct db_many *many, size_t from, size_t count)
{
	struct postgres *postgres = postgres_of(rows->rows.db);
	PGconn *connection = postgres->connection;
	bool sent = true;
	int r = 0;

	for (size_t i = from; sent && i < from + count; i++)
		sent = send_one(rows, many, i);
	if (!sent || !PQpipelineSync(connection))
		return postgres_fail(postgres, NULL, rows->rows.sql);
	for (size_t i = from; r == 0 && i < from + count; i++)
		r = read_one(rows, many, i);
	for (PGresult *result = NULL;; PQclear(result)) {
		result = PQgetResult(connection);
		if (PQresultStatus(result) == PGRES_PIPELINE_SYNC)
			return PQclear(result), r;
		if (!result && PQstatus(connection) == CONNECTION_BAD)
			return r < 0 ? r : postgres_fail(postgres, NULL, rows->rows.sql);
	}
}

int postgres_many(struct db_rows *rows, const struct db_many *many)
{
	struct postgres *postgres = postgres_of(rows->db);
	int r = prepare_there(postgres, of(rows));

	if (r < 0)
		return r;
	if (!PQenterPipelineMode(postgres->connection))
		return postgres_fail(postgres, NULL, rows->sql);
	for (size_t from = 0; r == 0 && from < many->rows; from += MANY_MAX) {
		size_t left = many->rows - from;
		r = run_part(of(rows), many, from, left < MANY_MAX ? left : MANY_MAX);
	}
	if (PQexitPipelineMode(postgres->connection))
		return r;
	/* Answers are left that nobody can tell apart: this connection is of no more use. */
	if (r == 0)
		r = postgres_fail(postgres, NULL, rows->sql);
	PQfinish(postgres->connection);
	postgres->connection = NULL;
	return r;
}
