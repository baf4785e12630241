/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/backup.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "db/db.h"
#include "license_service/history.h"
#include "license_service/home.h"
#include "license_service/root.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, FILE_MAX = 16 << 20 };

static const char database_name[] = "licensing.db";

struct copying {
	const char *from, *to;
};

/* What belongs to a database is copied by the database, and locks are of a running program. */
static bool is_left_out(const char *name)
{
	return text_ends_with(name, ".lock") || strstr(name, ".db") != NULL ||
	       text_ends_with(name, ".tmp");
}

static int copy_file(void *context, const struct io_entry *entry)
{
	const struct copying *copying = context;
	AUTO_TEXT from = io_join(copying->from, entry->name);
	AUTO_TEXT to = io_join(copying->to, entry->name);
	AUTO_BUF content = buf_init(FILE_MAX);

	if (entry->is_folder || is_left_out(entry->name))
		return 0;
	int r = io_read_file(from, &content);
	if (r == 0)
		r = io_write_file(to, content.data ? (const char *)content.data : "",
			content.size, FILE_MODE);
	if (content.size)
		secret_wipe(content.data, content.size);
	return r;
}

static int copy_files(const char *from, const char *to)
{
	struct copying copying = {.from = from, .to = to};

	return io_list(from, copy_file, &copying);
}

int backup_make(struct store *store, const char *folder)
{
	AUTO_TEXT absolute = io_absolute(folder);
	AUTO_TEXT database = io_join(absolute, database_name);

	if (io_exists(absolute))
		return err_set(ERR_EXISTS, "%s is there already; name a new folder", folder);
	int r = io_make_folders(absolute, FOLDER_MODE);
	/* The files first: a key that is made meanwhile is not in the database's copy either.
	 */
	if (r == 0)
		r = copy_files(store_home(store)->folder, absolute);
	if (r == 0)
		r = db_backup(store_db(store), database);
	if (r == 0)
		r = io_sync_folder(absolute);
	return err_wrap(r, "backup to %s", folder);
}

static int copy_database(const char *from, const char *to)
{
	struct db *db;
	int r = db_open(from, &db);

	if (r < 0)
		return r;
	r = db_backup(db, to);
	db_close(db);
	return r;
}

static int hold_all(const char *state, int64_t now_s)
{
	struct home *home;
	struct store *store;
	int r = home_open(state, NULL, &home);

	if (r < 0)
		return r;
	r = root_renew_after_restore(home, now_s);
	if (r == 0)
		r = store_open(home, &store);
	if (r == 0) {
		r = history_hold_all(store, now_s);
		store_close(store);
	}
	home_close(home);
	return r;
}

int backup_restore(const char *folder, const char *state, int64_t now_s)
{
	AUTO_TEXT from = io_join(folder, database_name);
	AUTO_TEXT to = io_join(state, database_name);

	if (!io_exists(from))
		return err_set(
			ERR_NOTFOUND, "%s is no backup: it has no %s", folder, database_name);
	if (io_exists(to))
		return err_set(ERR_EXISTS,
			"%s holds a service's state already; move it away first", state);
	int r = io_make_folders(state, FOLDER_MODE);
	if (r == 0)
		r = copy_files(folder, state);
	if (r == 0)
		r = copy_database(from, to);
	if (r == 0)
		r = hold_all(state, now_s);
	return err_wrap(r, "restore from %s", folder);
}
