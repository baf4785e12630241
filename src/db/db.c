/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <string.h>
#include <uthash.h>

#include "base/io.h"
#include "base/mem.h"
#include "db/db_priv.h"

enum { BUSY_TIMEOUT_MS = 30000, BUSY_STEP_MS = 10 };

struct db_rows {
	sqlite3_stmt *statement;
	struct db *db;
	bool running, ended; /* ended: past the last row, or failed */
	char *sql;
	UT_hash_handle hh;
};

struct db {
	sqlite3 *handle;
	struct db_rows *prepared; /* by their SQL */
	int64_t changed;
};

static const char *advice(int primary)
{
	switch (primary) {
	case SQLITE_FULL:
		return "; make room on the disk and start again";
	case SQLITE_BUSY:
		return "; another program holds it: wait for that to end";
	case SQLITE_NOTADB:
	case SQLITE_CORRUPT:
		return "; put the right one back from your copy";
	default:
		return "";
	}
}

static int fail(struct db *db, int code, const char *sql)
{
	int primary = code & 0xff;
	enum err err = ERR_IO;

	if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY ||
		code == SQLITE_CONSTRAINT_ROWID)
		err = ERR_EXISTS;
	else if (primary == SQLITE_CONSTRAINT)
		err = ERR_INVALID;
	else if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
		err = ERR_LOCKED;
	else if (primary == SQLITE_NOTADB || primary == SQLITE_CORRUPT)
		err = ERR_CORRUPT;
	return err_set(err, "database: %s%s%s%s", sqlite3_errmsg(db->handle),
		sql ? " in: " : "", sql ? sql : "", advice(primary));
}

static int set_pragmas(struct db *db)
{
	static const char pragmas[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;";

	sqlite3_extended_result_codes(db->handle, 1);
	sqlite3_busy_timeout(db->handle, BUSY_TIMEOUT_MS);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(db->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	/* Going over to WAL does not wait for others who do the same (SQLite calls no busy
	 * handler there, lest two wait for each other): the one who is refused tries again. */
	int code = sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
	for (int waited_ms = 0; (code & 0xff) == SQLITE_BUSY && waited_ms < BUSY_TIMEOUT_MS;
		waited_ms += BUSY_STEP_MS) {
		sqlite3_sleep(BUSY_STEP_MS);
		code = sqlite3_exec(db->handle, pragmas, NULL, NULL, NULL);
	}
	return code == SQLITE_OK ? 0 : fail(db, code, NULL);
}

/* SQLite would make a new file readable for others; the files beside it take its mode. */
static int make_file(const char *path)
{
	int fd = -1;
	int r = io_create(path, 0600, &fd);

	io_close(fd);
	return r == ERR_EXISTS ? 0 : r;
}

int db_open(const char *path, struct db **out)
{
	int made = make_file(path);
	if (made < 0)
		return made;

	struct db *db = mem_alloc(sizeof(*db));
	int code = sqlite3_open_v2(path, &db->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);

	*out = NULL;
	int r = code == SQLITE_OK ? set_pragmas(db) : fail(db, code, NULL);
	if (r < 0) {
		db_close(db);
		return err_wrap(r, "%s", path);
	}
	*out = db;
	return 0;
}

void db_close(struct db *db)
{
	struct db_rows *rows, *next;

	if (!db)
		return;
	HASH_ITER(hh, db->prepared, rows, next)
	{
		HASH_DEL(db->prepared, rows);
		sqlite3_finalize(rows->statement);
		mem_free(rows->sql);
		mem_free(rows);
	}
	sqlite3_close_v2(db->handle);
	mem_free(db);
}

static int prepare(struct db *db, const char *sql, struct db_rows **out)
{
	struct db_rows *rows;
	sqlite3_stmt *statement;

	HASH_FIND_STR(db->prepared, sql, rows);
	if (!rows) {
		int code = sqlite3_prepare_v3(
			db->handle, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);
		if (code != SQLITE_OK)
			return fail(db, code, sql);
		ASSERT(statement);
		rows = mem_alloc(sizeof(*rows));
		rows->statement = statement;
		rows->db = db;
		rows->sql = mem_strdup(sql);
		HASH_ADD_KEYPTR(hh, db->prepared, rows->sql, strlen(rows->sql), rows);
	}
	ASSERT(!rows->running); /* one running query for each text of SQL */
	*out = rows;
	return 0;
}

/* Values are copied: what the caller gave may go as soon as the call returns. */
static int bind(struct db_rows *rows, const char *types, va_list values)
{
	int code = SQLITE_OK;

	/* A value too few would be NULL without a word. */
	ASSERT(strlen(types) == (size_t)sqlite3_bind_parameter_count(rows->statement));
	for (int i = 1; *types && code == SQLITE_OK; types++, i++) {
		if (*types == 'i') {
			code = sqlite3_bind_int64(rows->statement, i, va_arg(values, int64_t));
		} else if (*types == 's') {
			code = sqlite3_bind_text(rows->statement, i,
				va_arg(values, const char *), -1, SQLITE_TRANSIENT);
		} else {
			ASSERT(*types == 'b');
			const void *data = va_arg(values, const void *);
			size_t size = va_arg(values, size_t);
			code = sqlite3_bind_blob64(
				rows->statement, i, size ? data : "", size, SQLITE_TRANSIENT);
		}
	}
	return code == SQLITE_OK ? 0 : fail(rows->db, code, rows->sql);
}

static int start(
	struct db *db, const char *sql, const char *types, va_list values, struct db_rows **out)
{
	struct db_rows *rows = NULL;
	int r = prepare(db, sql, &rows);

	*out = NULL;
	if (r < 0)
		return r;
	r = bind(rows, types, values);
	if (r < 0) {
		sqlite3_clear_bindings(rows->statement);
		return r;
	}
	rows->running = true;
	rows->ended = false;
	*out = rows;
	return 0;
}

int db_next(struct db_rows *rows)
{
	if (rows->ended)
		return 0; /* another step would begin anew */
	int code = sqlite3_step(rows->statement);
	if (code == SQLITE_ROW)
		return 1;
	rows->ended = true;
	return code == SQLITE_DONE ? 0 : fail(rows->db, code, rows->sql);
}

void db_end(struct db_rows *rows)
{
	if (!rows)
		return;
	sqlite3_reset(rows->statement); /* its result is the step's, which was told */
	sqlite3_clear_bindings(rows->statement);
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
	va_list values;

	va_start(values, types);
	int r = start(db, sql, types, values, &rows);
	va_end(values);
	if (r < 0)
		return r;
	do {
		r = db_next(rows); /* a RETURNING clause gives rows that nobody wants here */
	} while (r == 1);
	db->changed = sqlite3_changes64(db->handle);
	db_end(rows);
	return r;
}

int64_t db_changed(struct db *db)
{
	return db->changed;
}

int db_query(struct db *db, struct db_rows **out, const char *sql, const char *types, ...)
{
	va_list values;

	va_start(values, types);
	int r = start(db, sql, types, values, out);
	va_end(values);
	return r;
}

int db_one(struct db *db, struct db_rows **out, const char *sql, const char *types, ...)
{
	va_list values;

	va_start(values, types);
	int r = start(db, sql, types, values, out);
	va_end(values);
	if (r == 0)
		r = db_next(*out);
	if (r != 1)
		db_end_slot(out);
	return r;
}

int64_t db_int(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(rows->statement, column);
}

const char *db_text(struct db_rows *rows, int column)
{
	return (const char *)sqlite3_column_text(rows->statement, column);
}

const void *db_bytes(struct db_rows *rows, int column, size_t *size)
{
	const void *data = sqlite3_column_blob(rows->statement, column);

	*size = (size_t)sqlite3_column_bytes(rows->statement, column);
	return data;
}

bool db_is_null(struct db_rows *rows, int column)
{
	return sqlite3_column_type(rows->statement, column) == SQLITE_NULL;
}

int db_begin(struct db *db)
{
	return db_run(db, "BEGIN IMMEDIATE", "");
}

int db_commit(struct db *db)
{
	return db_run(db, "COMMIT", "");
}

void db_rollback(struct db *db)
{
	/* Some failures have rolled back already; then there is nothing to do. No message is
	 * set: the one that stands says why we are here. */
	if (!sqlite3_get_autocommit(db->handle))
		sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
}

int db_run_script(struct db *db, const char *script)
{
	int code = sqlite3_exec(db->handle, script, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(db, code, NULL);
}
