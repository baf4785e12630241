/* SPDX-License-Identifier: Apache-2.0 */
#include <sqlite3.h>

#include "base/io.h"
#include "base/mem.h"
#include "db/db_priv.h"

enum { BUSY_TIMEOUT_MS = 30000, BUSY_STEP_MS = 10 };

struct sqlite_rows {
	struct db_rows rows;
	sqlite3_stmt *statement;
	bool ended; /* past the last row, or failed */
};

struct sqlite {
	struct db db;
	sqlite3 *handle;
	sqlite3_stmt *begin, *commit; /* prepared at the first; each claim has one of both */
};

static sqlite3 *handle_of(struct db *db)
{
	return ((struct sqlite *)db)->handle;
}

static struct sqlite_rows *of(struct db_rows *rows)
{
	return (struct sqlite_rows *)rows;
}

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
	/* A full disk and the like have rolled back: what follows would stand alone. */
	if (db->in_transaction && sqlite3_get_autocommit(handle_of(db)))
		db->is_broken = true;
	return err_set(err, "database: %s%s%s%s", sqlite3_errmsg(handle_of(db)),
		sql ? " in: " : "", sql ? sql : "", advice(primary));
}

static int set_pragmas(struct db *db)
{
	static const char pragmas[] = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
				      "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF;";
	sqlite3 *handle = handle_of(db);

	sqlite3_extended_result_codes(handle, 1);
	sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	sqlite3_db_config(handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	/* Going over to WAL does not wait for others who do the same (SQLite calls no busy
	 * handler there, lest two wait for each other): the one who is refused tries again. */
	int code = sqlite3_exec(handle, pragmas, NULL, NULL, NULL);
	for (int waited_ms = 0; (code & 0xff) == SQLITE_BUSY && waited_ms < BUSY_TIMEOUT_MS;
		waited_ms += BUSY_STEP_MS) {
		sqlite3_sleep(BUSY_STEP_MS);
		code = sqlite3_exec(handle, pragmas, NULL, NULL, NULL);
	}
	return code == SQLITE_OK ? 0 : fail(db, code, NULL);
}

static void shut(struct db *db)
{
	sqlite3_finalize(((struct sqlite *)db)->begin);
	sqlite3_finalize(((struct sqlite *)db)->commit);
	sqlite3_close_v2(handle_of(db));
	mem_free(db);
}

static int prepare(struct db *db, const char *sql, size_t values, struct db_rows **out)
{
	sqlite3_stmt *statement;
	int code = sqlite3_prepare_v3(
		handle_of(db), sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL);

	if (code != SQLITE_OK)
		return fail(db, code, sql);
	ASSERT(statement);
	/* A value too few would be NULL without a word. */
	ASSERT(values == (size_t)sqlite3_bind_parameter_count(statement));
	struct sqlite_rows *rows = mem_alloc(sizeof(*rows));
	rows->statement = statement;
	*out = &rows->rows;
	return 0;
}

static void forget(struct db_rows *rows)
{
	sqlite3_finalize(of(rows)->statement);
	mem_free(rows);
}

/* Values are copied: what the caller gave may go as soon as the call returns. */
static int bind(sqlite3_stmt *statement, int at, const struct db_value *value)
{
	switch (value->type) {
	case 'i':
		return sqlite3_bind_int64(statement, at, value->number);
	case 's':
		return sqlite3_bind_text(statement, at, value->data, -1, SQLITE_TRANSIENT);
	default:
		return sqlite3_bind_blob64(statement, at, value->size ? value->data : "",
			value->size, SQLITE_TRANSIENT);
	}
}

static int start(struct db_rows *rows, const struct db_value *values)
{
	sqlite3_stmt *statement = of(rows)->statement;
	int code = SQLITE_OK;

	for (int i = 0; code == SQLITE_OK && rows->types[i]; i++)
		code = bind(statement, i + 1, &values[i]);
	of(rows)->ended = false;
	if (code == SQLITE_OK)
		return 0;
	sqlite3_clear_bindings(statement);
	return fail(rows->db, code, rows->sql);
}

static int next(struct db_rows *rows)
{
	if (of(rows)->ended)
		return 0; /* another step would begin anew */
	int code = sqlite3_step(of(rows)->statement);
	if (code == SQLITE_ROW)
		return 1;
	of(rows)->ended = true;
	return code == SQLITE_DONE ? 0 : fail(rows->db, code, rows->sql);
}

static void end(struct db_rows *rows)
{
	sqlite3_reset(of(rows)->statement); /* its result is the step's, which was told */
	sqlite3_clear_bindings(of(rows)->statement);
}

static int64_t changed(struct db_rows *rows)
{
	return sqlite3_changes64(handle_of(rows->db));
}

static bool is_query(struct db_rows *rows)
{
	return sqlite3_stmt_readonly(of(rows)->statement);
}

static int64_t number(struct db_rows *rows, int column)
{
	return sqlite3_column_int64(of(rows)->statement, column);
}

static const char *text(struct db_rows *rows, int column)
{
	return (const char *)sqlite3_column_text(of(rows)->statement, column);
}

static const void *bytes(struct db_rows *rows, int column, size_t *size)
{
	const void *data = sqlite3_column_blob(of(rows)->statement, column);

	*size = (size_t)sqlite3_column_bytes(of(rows)->statement, column);
	return data;
}

static bool is_null(struct db_rows *rows, int column)
{
	return sqlite3_column_type(of(rows)->statement, column) == SQLITE_NULL;
}

static int run(struct db *db, const char *script)
{
	int code = sqlite3_exec(handle_of(db), script, NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(db, code, NULL);
}

static int run_kept(struct db *db, sqlite3_stmt **kept, const char *sql)
{
	int code = SQLITE_OK;

	if (!*kept)
		code = sqlite3_prepare_v3(
			handle_of(db), sql, -1, SQLITE_PREPARE_PERSISTENT, kept, NULL);
	if (code == SQLITE_OK)
		code = sqlite3_step(*kept);
	int r = code == SQLITE_DONE ? 0 : fail(db, code, NULL);
	sqlite3_reset(*kept); /* its result is the step's */
	return r;
}

static int begin(struct db *db)
{
	return run_kept(db, &((struct sqlite *)db)->begin, "BEGIN IMMEDIATE");
}

static int commit(struct db *db)
{
	return run_kept(db, &((struct sqlite *)db)->commit, "COMMIT");
}

static void rollback(struct db *db)
{
	/* Some failures have rolled back already; then there is nothing to do. No message is
	 * set: the one that stands says why we are here. */
	if (!sqlite3_get_autocommit(handle_of(db)))
		sqlite3_exec(handle_of(db), "ROLLBACK", NULL, NULL, NULL);
}

static const struct db_driver driver = {
	.prepare = prepare,
	.forget = forget,
	.start = start,
	.next = next,
	.end = end,
	.changed = changed,
	.is_query = is_query,
	.number = number,
	.text = text,
	.bytes = bytes,
	.is_null = is_null,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.script = run,
	.close = shut,
};

/* SQLite would make a new file readable for others; the files beside it take its mode. */
static int make_file(const char *path)
{
	int fd = -1;
	int r = io_create(path, 0600, &fd);

	io_close(fd);
	return r == ERR_EXISTS ? 0 : r;
}

int sqlite_open(const char *path, struct db **out)
{
	*out = NULL;
	int r = make_file(path);
	if (r < 0)
		return r;

	struct sqlite *sqlite = mem_alloc(sizeof(*sqlite));
	sqlite->db.driver = &driver;
	int code = sqlite3_open_v2(path, &sqlite->handle,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL);
	r = code == SQLITE_OK ? set_pragmas(&sqlite->db) : fail(&sqlite->db, code, NULL);
	if (r < 0) {
		db_close(&sqlite->db);
		return err_wrap(r, "%s", path);
	}
	*out = &sqlite->db;
	return 0;
}
