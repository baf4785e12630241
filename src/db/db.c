/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db_priv.h"

enum { TRIES_MAX = 12, WAIT_US = 2000, WAIT_MAX_US = 250 * 1000 };

static const char sqlite_scheme[] = "sqlite:";

int db_open(const char *location, struct db **out)
{
	if (postgres_is_url(location))
		return postgres_open(location, out);
	if (text_starts_with(location, sqlite_scheme))
		location += sizeof(sqlite_scheme) - 1;
	return sqlite_open(location, out);
}

char *db_location_name(const char *location)
{
	return postgres_is_url(location) ? postgres_name(location) : mem_strdup(location);
}

void db_close(struct db *db)
{
	struct db_rows *rows, *next;

	if (!db)
		return;
	HASH_ITER(hh, db->prepared, rows, next)
	{
		HASH_DEL(db->prepared, rows);
		mem_free(rows->sql);
		mem_free(rows->types);
		db->driver->forget(rows);
	}
	db->driver->close(db);
}

/* A failure may have spoilt the transaction; whether it has, only the driver knows. */
int db_prepare(struct db *db, const char *sql, const char *types, struct db_rows **out)
{
	struct db_rows *rows;

	HASH_FIND_STR(db->prepared, sql, rows);
	if (!rows) {
		int r = db->driver->prepare(db, sql, strlen(types), &rows);
		if (r < 0)
			return r;
		rows->db = db;
		rows->sql = mem_strdup(sql);
		rows->types = mem_strdup(types);
		HASH_ADD_KEYPTR(hh, db->prepared, rows->sql, strlen(rows->sql), rows);
	}
	ASSERT(!rows->running); /* one running query for each text of SQL */
	ASSERT(text_equal(rows->types, types));
	*out = rows;
	return 0;
}

size_t db_read_values(const char *types, va_list given, struct db_value values[DB_VALUES_MAX])
{
	size_t count = 0;

	for (; types[count]; count++) {
		ASSERT(count < DB_VALUES_MAX);
		values[count] = (struct db_value){.type = types[count]};
		if (types[count] == 'i') {
			values[count].number = va_arg(given, int64_t);
		} else if (types[count] == 's') {
			values[count].data = va_arg(given, const char *);
		} else {
			ASSERT(types[count] == 'b');
			values[count].data = va_arg(given, const void *);
			values[count].size = va_arg(given, size_t);
		}
	}
	return count;
}

static int start(
	struct db *db, const char *sql, const char *types, va_list given, struct db_rows **out)
{
	struct db_value values[DB_VALUES_MAX];
	struct db_rows *rows = NULL;

	*out = NULL;
	db_read_values(types, given, values);
	int r = db_prepare(db, sql, types, &rows);
	if (r == 0)
		r = db->driver->start(rows, values);
	if (r < 0)
		return r;
	rows->running = true;
	*out = rows;
	return 0;
}

int db_next(struct db_rows *rows)
{
	return rows->db->driver->next(rows);
}

void db_end(struct db_rows *rows)
{
	if (!rows)
		return;
	rows->db->driver->end(rows);
	rows->running = false;
}

void db_end_slot(struct db_rows **rows)
{
	db_end(*rows);
	*rows = NULL;
}

int db_run(struct db *db, const char *sql, const char *types, ...)
{
	struct db_rows *rows;
	va_list given;

	va_start(given, types);
	int r = start(db, sql, types, given, &rows);
	va_end(given);
	if (r < 0)
		return r;
	do {
		r = db_next(rows); /* a RETURNING clause gives rows that nobody wants here */
	} while (r == 1);
	db->changed = db->driver->changed(rows);
	db_end(rows);
	return r;
}

int64_t db_changed(struct db *db)
{
	return db->changed;
}

int db_query(struct db *db, struct db_rows **out, const char *sql, const char *types, ...)
{
	va_list given;

	va_start(given, types);
	int r = start(db, sql, types, given, out);
	va_end(given);
	return r;
}

int db_one(struct db *db, struct db_rows **out, const char *sql, const char *types, ...)
{
	va_list given;

	va_start(given, types);
	int r = start(db, sql, types, given, out);
	va_end(given);
	if (r == 0)
		r = db_next(*out);
	if (r != 1)
		db_end_slot(out);
	return r;
}

int64_t db_int(struct db_rows *rows, int column)
{
	return rows->db->driver->number(rows, column);
}

const char *db_text(struct db_rows *rows, int column)
{
	return rows->db->driver->text(rows, column);
}

const void *db_bytes(struct db_rows *rows, int column, size_t *size)
{
	return rows->db->driver->bytes(rows, column, size);
}

bool db_is_null(struct db_rows *rows, int column)
{
	return rows->db->driver->is_null(rows, column);
}

int db_begin(struct db *db)
{
	if (db->in_transaction)
		return err_set(ERR_IO, "database: a transaction within a transaction");
	int r = db->driver->begin(db);
	if (r < 0)
		return r;
	db->in_transaction = true;
	db->is_broken = false;
	return 0;
}

int db_commit(struct db *db)
{
	if (!db->in_transaction)
		return err_set(ERR_IO, "database: there is no transaction to commit");
	if (db->is_broken)
		return err_set(ERR_IO, "database: a failed transaction cannot be committed");
	int r = db->driver->commit(db);
	if (r == 0)
		db->in_transaction = false;
	return r;
}

void db_rollback(struct db *db)
{
	if (!db->in_transaction)
		return;
	db->driver->rollback(db);
	db->in_transaction = false;
	db->is_broken = false;
}

bool db_is_broken(const struct db *db)
{
	return db->in_transaction && db->is_broken;
}

bool db_again(int r, int *tries)
{
	if (r != ERR_CONFLICT || ++*tries >= TRIES_MAX)
		return false;
	/* Half of the wait by chance, so that two who were in each other's way part. */
	int64_t wait_us = (int64_t)WAIT_US << *tries;
	if (wait_us > WAIT_MAX_US)
		wait_us = WAIT_MAX_US;
	clock_sleep_us(wait_us / 2 + clock_monotonic_us() % (wait_us / 2));
	return true;
}

int db_run_script(struct db *db, const char *script)
{
	if (*script == '\x01') { /* DB_VARIANTS */
		const char *second = strchr(script + 1, '\x01');
		if (db->driver->is_postgres)
			return db->driver->script(db, second + 1);
		AUTO_TEXT first = mem_strndup(script + 1, (size_t)(second - script - 1));
		return db->driver->script(db, first);
	}
	return db->driver->script(db, script);
}
