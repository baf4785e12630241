/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

#include <inttypes.h>

#include "db/db_priv.h"

static int current_version(struct db *db, int64_t *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_run(
		db, "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)", "");

	if (r == 0)
		r = db_one(
			db, &rows, "SELECT coalesce(max(version), 0) FROM schema_version", "");
	if (r < 0)
		return r;
	*out = db_int(rows, 0);
	return 0;
}

/* In one transaction: the look at the version, the script, the new version. Two programs that
 * start at once thus never run a script twice. */
static int migrate_one(struct db *db, const char *const *scripts, size_t count, bool *done)
{
	int64_t version = 0;
	int r = db_begin(db);

	if (r == 0)
		r = current_version(db, &version);
	if (r == 0 && version > (int64_t)count)
		r = err_set(ERR_INVALID,
			"the database was made by a newer version of this program (schema "
			"%" PRId64 ", this one knows %zu); install the newer version",
			version, count);
	if (r == 0 && version < 0)
		r = err_set(
			ERR_CORRUPT, "the database says that its schema is %" PRId64, version);
	*done = r < 0 || version == (int64_t)count;
	if (r == 0 && !*done)
		r = err_wrap(
			db_run_script(db, scripts[version]), "schema %" PRId64, version + 1);
	if (r == 0 && !*done)
		r = db_run(db, "INSERT INTO schema_version VALUES (?1)", "i", version + 1);
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	return r;
}

int db_migrate(struct db *db, const char *const *scripts, size_t count)
{
	bool done = false;
	int r = 0;

	while (r == 0 && !done)
		r = migrate_one(db, scripts, count, &done);
	return r;
}
