/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "db/db_priv.h"

static int current_version(struct db *db, int64_t *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows, "SELECT coalesce(max(version), 0) FROM schema_version", "");

	if (r < 0)
		return r;
	*out = db_int(rows, 0);
	return 0;
}

static int check_version(int64_t version, size_t count)
{
	if (version > (int64_t)count)
		return err_set(ERR_INVALID,
			"the database was made by a newer version of this program (schema "
			"%" PRId64 ", this one knows %zu); install the newer version",
			version, count);
	if (version < 0)
		return err_set(
			ERR_CORRUPT, "the database says that its schema is %" PRId64, version);
	return 0;
}

/* In one transaction: the look at the version, the new version, the script. Two programs that
 * start at once thus never run a script twice: on SQLite the second waits at the begin, on
 * PostgreSQL at the version's key, until the first has ended, and is then told that the key
 * exists. *done: there is nothing left. */
static int migrate_one(struct db *db, const char *const *scripts, size_t count, bool *done)
{
	int64_t version = 0;
	int r = db_begin(db);

	if (r == 0)
		r = current_version(db, &version);
	if (r == 0)
		r = check_version(version, count);
	*done = r < 0 || version == (int64_t)count;
	if (r == 0 && !*done) {
		r = db_run(db, "INSERT INTO schema_version (version) VALUES (?1)", "i",
			version + 1);
		if (r == ERR_EXISTS)
			r = err_set(ERR_CONFLICT, "%s", err_message());
	}
	if (r == 0 && !*done)
		r = err_wrap(
			db_run_script(db, scripts[version]), "schema %" PRId64, version + 1);
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	return r;
}

/* IF NOT EXISTS does not help two who make it at once: PostgreSQL then tells one of them that
 * the name of the table, or of its row's type, exists. Asked again, it finds the table. */
static int make_table(struct db *db)
{
	int r = db_run(db,
		"CREATE TABLE IF NOT EXISTS schema_version"
		" (version BIGINT NOT NULL PRIMARY KEY)",
		"");

	return r == ERR_EXISTS ? err_set(ERR_CONFLICT, "%s", err_message()) : r;
}

int db_migrate(struct db *db, const char *const *scripts, size_t count)
{
	bool done = false;
	int r, tries = 0;

	do
		r = make_table(db);
	while (db_again(r, &tries));
	for (tries = 0; r == 0 && !done;) {
		r = migrate_one(db, scripts, count, &done);
		if (db_again(r, &tries))
			r = 0, done = false;
	}
	return r;
}
