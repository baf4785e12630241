/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/root.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/sunset.h"
#include "license_service/key_file.h"
#include "license_service/online.h"

enum { FOLDER_MODE = 0700, KEY_MODE = 0600, DAY_S = 86400, RESTORE_RAISE = 1000 };

static const char key_name[] = "root.key";
static const char next_name[] = "online.next";

bool root_is_here(const struct home *home)
{
	AUTO_TEXT path = home_path(home, key_name);

	return home->has_root && io_exists(path);
}

int root_warning_days(const struct keyset_key *newest, int64_t now_s)
{
	static const int days[] = {7, 14, 30};

	for (size_t i = 0; newest && i < sizeof(days) / sizeof(days[0]); i++)
		if (now_s >= newest->until_s - (int64_t)days[i] * DAY_S)
			return days[i];
	return 0;
}

int root_status(const struct home *home, int64_t now_s, struct root_status *out)
{
	struct online online;
	int r = online_read(home, &online);

	*out = (struct root_status){.is_here = root_is_here(home)};
	if (r < 0)
		return r;
	const struct keyset_key *newest = online_newest(&online);
	out->version = online.keyset.version;
	if (newest) {
		memcpy(out->key_id, newest->id, sizeof(out->key_id));
		out->from_s = newest->from_s;
		out->until_s = newest->until_s;
	}
	/* Where the root is here, the next lease makes a new key. */
	if (!out->is_here)
		out->warning_days = !newest || now_s >= newest->until_s
					    ? -1
					    : root_warning_days(newest, now_s);
	online_free(&online);
	return 0;
}

/* Reads a key file that must be there. */
static int read_key(const char *path, struct sign_key *out)
{
	if (!io_exists(path))
		return err_set(ERR_NOTFOUND, "there is no key file %s", path);
	return key_file_open(path, out);
}

static int write_root(const struct home *home, const char *path)
{
	struct sign_key again;
	AUTO_TEXT line = key_file_text(&home->root);
	int r = io_write_file(path, line, strlen(line), KEY_MODE);

	secret_wipe(line, strlen(line));
	if (r == 0)
		r = read_key(path, &again);
	if (r == 0 && memcmp(&again, &home->root, sizeof(again)) != 0)
		r = err_set(ERR_IO, "%s cannot be read back", path);
	secret_wipe(&again, sizeof(again));
	return r;
}

int root_export(struct home *home, const char *folder)
{
	AUTO_TEXT absolute = io_absolute(folder);
	AUTO_TEXT to = io_join(absolute, key_name);
	AUTO_TEXT public = io_join(absolute, "root.pub");
	AUTO_TEXT here = home_path(home, key_name);
	char text[KEYSET_ROOT_SIZE];

	if (!root_is_here(home))
		return err_set(ERR_NOTFOUND, "the root key is not in %s", home->folder);
	if (io_exists(to))
		return err_set(ERR_EXISTS, "%s is there already", to);
	keyset_root_write(home->root.public, text);
	int r = io_make_folders(absolute, FOLDER_MODE);
	if (r == 0)
		r = write_root(home, to);
	if (r == 0)
		r = io_write_file(public, text, strlen(text), KEY_MODE);
	if (r == 0)
		r = io_remove(here);
	if (r == 0)
		r = io_sync_folder(home->folder);
	if (r == 0)
		home->has_root = false;
	return r;
}

int root_request(
	const struct home *home, int64_t now_s, const struct root_asking *asking, char **out)
{
	struct online online;
	struct sign_key key;
	AUTO_TEXT path = home_path(home, next_name);
	int r = online_read(home, &online);

	*out = NULL;
	if (r < 0)
		return r;
	r = key_file_open(path, &key);
	if (r == 0) {
		struct keyset next =
			online_with_new_key(&online.keyset, &key, now_s, asking->alone);
		next.version += asking->raise;
		*out = keyset_write_request(&next);
	}
	secret_wipe(&key, sizeof(key));
	online_free(&online);
	return r;
}

int root_renew_after_restore(const struct home *home, int64_t now_s)
{
	struct online online;
	struct sign_key key;
	int r = online_read(home, &online);

	if (r == 0 && online_newest(&online) && root_is_here(home)) {
		sign_key_new(&key);
		struct keyset next = online_with_new_key(&online.keyset, &key, now_s, false);
		next.version += RESTORE_RAISE;
		AUTO_TEXT text = keyset_write(&next, &home->root);
		r = online_write(home, &key, text);
		secret_wipe(&key, sizeof(key));
	}
	online_free(&online);
	return r;
}

int root_sign(const char *key_file, const char *request, char **out)
{
	struct sign_key root;
	struct keyset keyset;
	int r = keyset_read_request(request, &keyset);

	*out = NULL;
	if (r == 0)
		r = read_key(key_file, &root);
	for (size_t i = 0; r == 0 && i < keyset.count; i++)
		if (keyset.keys[i].until_s - keyset.keys[i].from_s > KEYSET_VALID_S)
			r = err_set(ERR_INVALID,
				"the request asks for a key of more than %d days",
				KEYSET_VALID_S / DAY_S);
	if (r == 0)
		*out = keyset_write(&keyset, &root);
	secret_wipe(&root, sizeof(root));
	return r;
}

static int check_import(
	const struct online *online, const struct keyset *keyset, const struct sign_key *next)
{
	const struct keyset_key *newest = &keyset->keys[keyset->count - 1];

	if (keyset->version <= online->keyset.version)
		return err_set(ERR_INVALID,
			"the keyset's version is not above the one in use; make a new request");
	if (memcmp(newest->public, next->public, SIGN_PUBLIC_SIZE) != 0)
		return err_set(ERR_INVALID,
			"the keyset is of another request than the one that waits here");
	return 0;
}

int root_import(const struct home *home, const char *keyset_text)
{
	struct online online;
	struct keyset keyset;
	struct sign_key next = {0};
	AUTO_TEXT path = home_path(home, next_name);
	int r = keyset_read(keyset_text, home->root.public, &keyset);

	if (r < 0)
		return r;
	r = online_read(home, &online);
	if (r == 0)
		r = read_key(path, &next);
	if (r == 0)
		r = check_import(&online, &keyset, &next);
	if (r == 0)
		r = online_write(home, &next, keyset_text);
	if (r == 0)
		r = io_remove(path);
	secret_wipe(&next, sizeof(next));
	online_free(&online);
	return r;
}

int root_sunset(const char *key_file, const char *license_id, int64_t until_s, char **out)
{
	struct sign_key root;
	struct sunset sunset = {.until_s = until_s};
	uint8_t id[(LEASE_ID_SIZE - 1) / 2];
	int r = 0;

	*out = NULL;
	if (license_id && text_from_hex(license_id, id, sizeof(id)) < 0)
		return err_set(ERR_INVALID, "a license's id has 32 hexadecimal digits");
	if (license_id)
		text_to_hex(id, sizeof(id), sunset.license_id);
	r = read_key(key_file, &root);
	if (r == 0)
		*out = sunset_write(&sunset, &root);
	secret_wipe(&root, sizeof(root));
	return r;
}
