/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/backup.h"

#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "db/db.h"
#include "license_service/history.h"
#include "license_service/home.h"
#include "license_service/root.h"
#include "license_service/settings.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600, FILE_MAX = 16 << 20 };

static const char database_name[] = "licensing.db";
/* What mail.json names outside of the state folder. */
static const char password_name[] = "mail.password";

struct copying {
	const char *from, *to;
	struct json *left; /* borrowed, may be NULL */
};

/* What belongs to a database is copied by the database; locks and sockets are of a running
 * program. */
static bool is_left_out(const char *name)
{
	return text_ends_with(name, ".lock") || strstr(name, ".db") != NULL ||
	       text_ends_with(name, ".tmp") || text_ends_with(name, ".sock");
}

static void say_left(struct json *left, const char *path)
{
	if (left)
		json_append(left, json_new_text(path));
}

static int copy_content(const char *from, const char *to)
{
	AUTO_BUF content = buf_init(FILE_MAX);
	int r = io_read_file(from, &content);

	if (r == 0)
		r = io_write_file(to, content.data ? (const char *)content.data : "",
			content.size, FILE_MODE);
	if (content.size)
		secret_wipe(content.data, content.size);
	return r;
}

static int copy_file(void *context, const struct io_entry *entry)
{
	const struct copying *copying = context;
	AUTO_TEXT from = io_join(copying->from, entry->name);
	AUTO_TEXT to = io_join(copying->to, entry->name);

	if (is_left_out(entry->name))
		return 0;
	if (entry->is_file)
		return copy_content(from, to);
	say_left(copying->left, from);
	return 0;
}

/* Mail goes on after a restore only with its password, which may lie elsewhere. */
static int copy_mail_files(const struct home *home, const struct copying *copying)
{
	const struct settings *settings = home->settings;
	AUTO_TEXT below = mem_printf("%s/", copying->from);
	AUTO_TEXT to = io_join(copying->to, password_name);
	AUTO_TEXT password =
		settings->mail_password_file ? io_absolute(settings->mail_password_file) : NULL;

	if (settings->mail_ca_file && !text_starts_with(settings->mail_ca_file, below))
		say_left(copying->left, settings->mail_ca_file);
	if (!password || text_starts_with(password, below))
		return 0;
	if (io_exists(password))
		return copy_content(password, to);
	say_left(copying->left, password);
	return 0;
}

int backup_make(struct store *store, const char *folder, struct json *left)
{
	const struct home *home = store_home(store);
	AUTO_TEXT absolute = io_absolute(folder);
	AUTO_TEXT state = io_absolute(home->folder);
	struct copying copying = {.from = state, .to = absolute, .left = left};
	AUTO_TEXT database = io_join(absolute, database_name);

	if (io_exists(absolute))
		return err_set(ERR_EXISTS, "%s is there already; name a new folder", folder);
	int r = io_make_folders(absolute, FOLDER_MODE);
	/* The files first: a key that is made meanwhile is not in the database's copy either.
	 */
	if (r == 0)
		r = io_list(state, copy_file, &copying);
	if (r == 0)
		r = copy_mail_files(home, &copying);
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

/* The password of mail is looked for where it lies now, unless it is still where it was. */
static int find_password(const char *state)
{
	AUTO_TEXT absolute = io_absolute(state);
	AUTO_TEXT password = io_join(absolute, password_name);
	AUTO_TEXT path = io_join(absolute, "mail.json");
	AUTO_JSON json = NULL;

	if (!io_exists(password) || !io_exists(path))
		return 0;
	int r = json_read_file(path, &json);
	if (r < 0 || io_exists(json_get_text_or(json, "password_file", "")))
		return r;
	json_put_text(json, "password_file", password);
	AUTO_TEXT text = json_text(json, true);
	return io_write_file(path, text, strlen(text), FILE_MODE);
}

int backup_restore(const char *folder, const char *state, int64_t now_s)
{
	struct copying copying = {.from = folder, .to = state};

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
		r = io_list(folder, copy_file, &copying);
	if (r == 0)
		r = find_password(state);
	if (r == 0)
		r = copy_database(from, to);
	if (r == 0)
		r = hold_all(state, now_s);
	return err_wrap(r, "restore from %s", folder);
}
