/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/home.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "license/keyset.h"
#include "license_service/key_file.h"
#include "license_service/settings.h"

enum { FOLDER_MODE = 0700, PUBLIC_MODE = 0644, PUBLIC_MAX = 4096 };
enum { LOCK_WAIT_US = 10 * 1000 * 1000, LOCK_RETRY_US = 20 * 1000 };

static const char default_prices[] = "{\n"
				     "  \"currency\": \"EUR\",\n"
				     "  \"steps\": [\n"
				     "    { \"from\": 1, \"amount\": 2400 },\n"
				     "    { \"from\": 50, \"amount\": 2000 },\n"
				     "    { \"from\": 250, \"amount\": 1600 },\n"
				     "    { \"from\": 1000, \"amount\": 1200 }\n"
				     "  ]\n"
				     "}\n";

char *home_path(const struct home *home, const char *name)
{
	return io_join(home->folder, name);
}

static int open_secrets(struct home *home)
{
	uint8_t key[SECRET_KEY_SIZE];
	AUTO_TEXT path = home_path(home, "service.key");

	int r = secret_key_file(path, key);
	if (r < 0)
		return r;
	hash_hkdf(key, sizeof(key), NULL, 0, "garner-licensing key lookup", home->pepper,
		sizeof(home->pepper));
	hash_hkdf(key, sizeof(key), NULL, 0, "garner-licensing outbox", home->seal,
		sizeof(home->seal));
	hash_hkdf(key, sizeof(key), NULL, 0, "garner-licensing tokens", home->tokens,
		sizeof(home->tokens));
	secret_wipe(key, sizeof(key));
	return 0;
}

/* The root key was moved away: what it signed can be checked, and nothing signed. */
static int open_public(struct home *home, const char *path)
{
	AUTO_BUF content = buf_init(PUBLIC_MAX);
	int r = io_read_file(path, &content);
	const char *text = r == 0 ? buf_text(&content) : NULL;

	if (r == 0)
		r = text ? keyset_root_read(text, home->root.public) : ERR_LIMIT;
	return err_wrap(r, "root key %s", path);
}

static int open_root(struct home *home)
{
	char public[KEYSET_ROOT_SIZE];
	AUTO_TEXT key_path = home_path(home, "root.key");
	AUTO_TEXT public_path = home_path(home, "root.pub");

	home->has_root = io_exists(key_path) || !io_exists(public_path);
	if (!home->has_root)
		return open_public(home, public_path);
	int r = key_file_open(key_path, &home->root);
	if (r < 0 || io_exists(public_path))
		return r;
	keyset_root_write(home->root.public, public);
	return io_write_file(public_path, public, strlen(public), PUBLIC_MODE);
}

static int read_step(const struct json *json, int64_t least_from, struct price_step *out)
{
	out->from = json_get_int(json, "from", -1);
	out->amount = json_get_int(json, "amount", -1);
	if (out->from < least_from || out->from > LICENSE_SEATS_MAX || out->amount < 0 ||
		out->amount > PRICE_AMOUNT_MAX)
		return err_set(ERR_INVALID,
			"each step needs a rising \"from\" and an \"amount\" in minor units");
	return 0;
}

static int read_prices(const struct json *json, struct price_list *out)
{
	const char *currency = json_get_text_or(json, "currency", "");
	struct json *steps = json_get(json, "steps");

	if (strlen(currency) != 3)
		return err_set(ERR_INVALID, "\"currency\" must be a code like EUR");
	memcpy(out->currency, currency, sizeof(out->currency));
	out->count = json_count(steps);
	if (out->count < 1 || out->count > PRICE_STEPS_MAX)
		return err_set(ERR_INVALID, "there must be 1 to %d steps", PRICE_STEPS_MAX);
	for (size_t i = 0; i < out->count; i++) {
		int64_t least_from = i ? out->steps[i - 1].from + 1 : 1;
		int r = read_step(json_at(steps, i), least_from, &out->steps[i]);
		if (r < 0)
			return r;
	}
	return out->steps[0].from == 1
		       ? 0
		       : err_set(ERR_INVALID, "the first step must begin \"from\" 1");
}

static int open_prices(struct home *home)
{
	AUTO_JSON json = NULL;
	AUTO_TEXT path = home_path(home, "prices.json");
	int r = 0;

	if (!io_exists(path))
		r = io_write_file(
			path, default_prices, sizeof(default_prices) - 1, PUBLIC_MODE);
	if (r == 0)
		r = json_read_file(path, &json);
	if (r == 0)
		r = read_prices(json, &home->prices);
	return err_wrap(r, "price list %s", path);
}

static int open_trials(struct home *home)
{
	AUTO_TEXT path = home_path(home, "trial.json");

	return trial_settings_open(path, &home->trials);
}

static int choose_database(struct home *home, const char *database)
{
	static const char scheme[] = "sqlite:";

	if (!database) {
		home->database = home_path(home, "licensing.db");
		return 0;
	}
	if (text_starts_with(database, "postgresql://") ||
		text_starts_with(database, "postgres://")) {
		home->database = mem_strdup(database);
		return 0;
	}
	if (!text_starts_with(database, scheme) || !database[sizeof(scheme) - 1])
		return err_set(ERR_INVALID,
			"--database must be sqlite:FILE or postgresql://USER@HOST/NAME");
	home->database = io_absolute(database + sizeof(scheme) - 1);
	return 0;
}

static int lock_folder(const struct home *home, int *out_lock)
{
	AUTO_TEXT path = home_path(home, "making.lock");
	int64_t until_us = clock_monotonic_us() + LOCK_WAIT_US;
	int r = io_lock(path, out_lock);

	while (r == ERR_LOCKED && clock_monotonic_us() < until_us) {
		clock_sleep_us(LOCK_RETRY_US);
		r = io_lock(path, out_lock);
	}
	return r;
}

/* Two programs that start at once in a new folder must not make two root keys. */
static int open_files(struct home *home)
{
	int lock;
	int r = lock_folder(home, &lock);

	if (r < 0)
		return r;
	r = open_secrets(home);
	if (r == 0)
		r = open_root(home);
	if (r == 0)
		r = open_prices(home);
	if (r == 0)
		r = settings_open(home, &home->settings);
	if (r == 0)
		r = open_trials(home);
	io_close(lock);
	return r;
}

int home_open(const char *folder, const char *database, struct home **out)
{
	struct home *home = mem_alloc(sizeof(*home));
	*out = NULL;

	home->folder = io_absolute(folder);
	int r = io_make_folders(home->folder, FOLDER_MODE);
	if (r == 0)
		r = choose_database(home, database);
	if (r == 0)
		r = open_files(home);
	if (r < 0) {
		home_close(home);
		return r;
	}
	*out = home;
	return 0;
}

void home_close(struct home *home)
{
	if (!home)
		return;
	mem_free(home->folder);
	if (home->database)
		secret_wipe(home->database, strlen(home->database));
	mem_free(home->database);
	settings_close(home->settings);
	secret_wipe(home, sizeof(*home));
	mem_free(home);
}
