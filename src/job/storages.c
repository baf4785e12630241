/* SPDX-License-Identifier: Apache-2.0 */
#include "job/storages.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "item/filename.h"
#include "repo/keys.h"
#include "storage/storage.h"

enum { KEPT_KEY_MAX = 4096 };

/* A key file of the installation's own, where the administrator gave no password. */
static int make_key_file(struct installation *installation, const char *name, char **out_path)
{
	AUTO_TEXT folder = io_join(installation->folder, "keys");
	AUTO_TEXT file = filename_encode(name);
	AUTO_TEXT file_name = mem_printf("%s.key", file);
	uint8_t key[SECRET_KEY_SIZE];
	int r = io_make_folders(folder, 0700);

	*out_path = io_join(folder, file_name);
	if (r == 0)
		r = secret_key_file(*out_path, key);
	secret_wipe(key, sizeof(key));
	return r;
}

/* Where it lies, opened anew: what is refused by one opening is gone. */
static int open_place(const struct storage_new *storage, struct storage **out)
{
	const struct storage_options options = {
		.credentials_file = storage->credentials_file, .ca_file = storage->ca_file};

	return storage_open_url(storage->path, &options, out);
}

static int open_repository(const struct storage_new *storage, const struct repo_secret *secret,
	repo_open_fn *open, struct repo **out)
{
	struct storage *place = NULL;
	int r = open_place(storage, &place);

	return r < 0 ? r : open(place, secret, out);
}

static int open_or_create(const struct storage_new *storage, const struct repo_secret *secret,
	struct repo **out, bool *created)
{
	const struct repo_options options = repo_options_default();
	struct storage *place = NULL;
	int r = open_repository(storage, secret, repo_open, out);

	*created = !secret->writer_file && (r == ERR_NOREPO || r == ERR_NOTFOUND);
	if (!*created)
		return r;
	r = open_place(storage, &place);
	return r < 0 ? r : repo_create(place, secret, &options, out);
}

static int remember(
	struct installation *installation, const struct storage_new *storage, struct repo *repo)
{
	AUTO_BUF key = buf_init(KEPT_KEY_MAX);
	AUTO_TEXT sealed = NULL;
	int r = repo_kept_key(repo, &key);

	if (r == 0)
		r = installation_seal(installation, key.data, key.size, &sealed);
	if (key.data)
		secret_wipe(key.data, key.capacity);
	if (r < 0)
		return r;
	return db_run(installation->db,
		"INSERT INTO storage (name, path, master_key, created_s, credentials, ca)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		"sssiss", storage->name, storage->path, sealed, clock_now_s(),
		storage->credentials_file ? storage->credentials_file : "",
		storage->ca_file ? storage->ca_file : "");
}

static int refuse_known(struct installation *installation, const char *name)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(
		installation->db, &rows, "SELECT 1 FROM storage WHERE name = ?1", "s", name);

	if (r == 1)
		return err_set(ERR_EXISTS,
			"there is a storage \"%s\" already; choose another name or remove it",
			name);
	return r;
}

static struct json *describe(
	const char *name, const char *path, const char *key_file, bool created)
{
	struct json *json = json_new_object();

	json_put_text(json, "name", name);
	json_put_text(json, "path", path);
	json_put_bool(json, "created", created);
	json_put_text(json, "key_file", key_file);
	return json;
}

/* The files of an address make no sense for a folder. */
static int check(const struct storage_new *storage)
{
	int r = installation_check_name("storage", storage->name);

	if (r == 0 && !storage_is_url(storage->path) &&
		(storage->credentials_file || storage->ca_file))
		r = err_set(ERR_INVALID,
			"%s is a folder of this machine: it needs no credentials and no CA",
			storage->path);
	return r;
}

int storages_add(
	struct installation *installation, const struct storage_new *storage, struct json **out)
{
	AUTO_TEXT path = storage_is_url(storage->path) ? mem_strdup(storage->path)
						       : io_absolute(storage->path);
	AUTO_TEXT key_file = NULL;
	struct storage_new whole = *storage;
	struct repo *repo = NULL;
	bool created = false;
	int r = check(storage);

	*out = NULL;
	whole.path = path;
	if (r == 0)
		r = refuse_known(installation, storage->name);
	if (r == 0 && !storage->password && !storage->writer_file)
		r = make_key_file(installation, storage->name, &key_file);
	const struct repo_secret secret = {.password = storage->password,
		.key_file = key_file,
		.writer_file = storage->writer_file};
	if (r == 0)
		r = open_or_create(&whole, &secret, &repo, &created);
	if (r == 0)
		r = remember(installation, &whole, repo);
	repo_close(repo);
	if (r < 0)
		return err_wrap(r, "storage %s", storage->name);
	*out = describe(storage->name, path, key_file, created);
	return 0;
}

int storages_list(struct installation *installation, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(
		installation->db, &rows, "SELECT name, path FROM storage ORDER BY name", "");

	while (r == 0 && (r = db_next(rows)) == 1) {
		struct json *storage = json_new_object();
		json_put_text(storage, "name", db_text(rows, 0));
		json_put_text(storage, "path", db_text(rows, 1));
		json_append(list, storage);
		r = 0;
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "storages", STEAL(list));
	return 0;
}

int storages_remove(struct installation *installation, const char *name)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(
		installation->db, &rows, "SELECT name FROM job WHERE storage = ?1", "s", name);

	if (r == 1)
		return err_set(ERR_INVALID,
			"the storage \"%s\" is in use by the job \"%s\"; remove it first", name,
			db_text(rows, 0));
	if (r == 0)
		r = db_run(installation->db, "DELETE FROM storage WHERE name = ?1", "s", name);
	if (r == 0 && db_changed(installation->db) == 0)
		r = err_set(ERR_NOTFOUND, "there is no storage \"%s\"", name);
	return r;
}

/* The one storage there is, where none was named. */
static int only_one(struct installation *installation, char **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows, "SELECT min(name), count(*) FROM storage", "");

	if (r < 0)
		return r;
	if (db_int(rows, 1) == 0)
		return err_set(
			ERR_NOREPO, "there is no storage yet; add one with garner storage add");
	if (db_int(rows, 1) > 1)
		return err_set(ERR_INVALID,
			"there are several storages; say which with --storage NAME");
	*out = mem_strdup(db_text(rows, 0));
	return 0;
}

static const char *text_or_null(const char *text)
{
	return *text ? text : NULL;
}

int storages_open_by(struct installation *installation, const char *name, repo_open_fn *open,
	struct repo **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_TEXT only = NULL;
	char *key = NULL;
	size_t key_size = 0;
	int r = name ? 0 : only_one(installation, &only);

	name = name ? name : only;
	if (r == 0)
		r = db_one(installation->db, &rows,
			"SELECT path, master_key, credentials, ca FROM storage WHERE name = ?1",
			"s", name);
	if (r < 0)
		return r;
	if (r == 0)
		return err_set(ERR_NOTFOUND,
			"there is no storage \"%s\"; see garner storage list", name);
	r = installation_unseal(installation, db_text(rows, 1), &key, &key_size);
	struct repo_secret secret;
	const struct storage_new stored = {.name = name,
		.path = db_text(rows, 0),
		.credentials_file = text_or_null(db_text(rows, 2)),
		.ca_file = text_or_null(db_text(rows, 3))};
	if (r == 0)
		r = repo_secret_kept(key, key_size, &secret);
	if (r == 0)
		r = open_repository(&stored, &secret, open, out);
	if (key)
		secret_wipe(key, key_size);
	mem_free(key);
	return err_wrap(r, "storage %s", name);
}

int storages_open(struct installation *installation, const char *name, struct repo **out)
{
	return storages_open_by(installation, name, repo_open, out);
}
