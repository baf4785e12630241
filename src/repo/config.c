/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/config.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

enum { CONFIG_MAX = 4096 };

const char *const config_names[CONFIG_FILES] = {"config", "config.copy"};

static const char first_line[] = "garner repository\n";
static const char version_line[] = "version 2\n";
static const char ids_line[] = "ids hmac-sha256-128\n";
static const char *const seal_lines[] = {"seal aes-256-gcm\n", "seal chacha20-poly1305\n"};
static const char methods[] = "compression zstd\n"
			      "chunks gear 262144 1048576 4194304\n";

/* The text that the code at its end is computed over. */
static char *make_text(const uint8_t id[NAME_SIZE], enum aead_kind aead)
{
	char digits[NAME_TEXT];

	text_to_hex(id, NAME_SIZE, digits);
	return mem_printf("%s%sid %s\n%s%s%s", first_line, version_line, digits, ids_line,
		seal_lines[aead], methods);
}

static char *make_whole(const struct repo_keys *keys)
{
	uint8_t mac[HASH_SIZE];
	char digits[2 * HASH_SIZE + 1];
	AUTO_TEXT text = make_text(keys->id, keys->aead);

	hash_hmac(keys->config, sizeof(keys->config), text, strlen(text), mac);
	text_to_hex(mac, sizeof(mac), digits);
	return mem_printf("%smac %s\n", text, digits);
}

int config_write(struct storage *storage, const struct repo_keys *keys)
{
	AUTO_TEXT whole = make_whole(keys);
	/* One of an attempt that never came to write config: it makes no repository. */
	int r = storage_remove(storage, config_names[1]);

	if (r == 0)
		r = storage_put(storage, config_names[1], whole, strlen(whole));
	return r < 0 ? r : storage_put(storage, config_names[0], whole, strlen(whole));
}

/* Moves *at over `expected`; false where something else stands there. */
static bool take(const char **at, const char *expected)
{
	if (!text_starts_with(*at, expected))
		return false;
	*at += strlen(expected);
	return true;
}

/* Lower-case digits alone, so that there is one way to write a config. */
static bool take_hex(const char **at, uint8_t *out, size_t size)
{
	char digits[2 * HASH_SIZE + 1] = "";
	char again[2 * HASH_SIZE + 1];

	if (strlen(*at) < 2 * size)
		return false;
	memcpy(digits, *at, 2 * size);
	*at += 2 * size;
	if (text_from_hex(digits, out, size) < 0)
		return false;
	text_to_hex(out, size, again);
	return text_equal(digits, again) && take(at, "\n");
}

static bool take_aead(const char **at, enum aead_kind *out)
{
	for (size_t i = 0; i < sizeof(seal_lines) / sizeof(seal_lines[0]); i++) {
		*out = (enum aead_kind)i;
		if (take(at, seal_lines[i]))
			return true;
	}
	return false;
}

/* `place` is that of the file. */
static int parse(const char *text, const char *place, struct config *out)
{
	if (!take(&text, first_line))
		return err_set(ERR_NOREPO,
			"%s is not that of a repository; name the folder of one, or make one "
			"in an empty folder",
			place);
	if (text_starts_with(text, "version ") && !text_starts_with(text, version_line))
		return err_set(ERR_NOREPO,
			"%s is of another version of the format; use the version of garner "
			"that made the repository",
			place);
	if (!take(&text, version_line) || !take(&text, "id ") ||
		!take_hex(&text, out->id, sizeof(out->id)) || !take(&text, ids_line) ||
		!take_aead(&text, &out->aead) || !take(&text, methods) ||
		!take(&text, "mac ") || !take_hex(&text, out->mac, sizeof(out->mac)) || *text)
		return err_set(ERR_CORRUPT, "%s is damaged", place);
	return 0;
}

int config_read(struct storage *storage, int which, struct config *out)
{
	AUTO_BUF bytes = buf_init(CONFIG_MAX);
	AUTO_TEXT place = mem_printf("%s/%s", storage_place(storage), config_names[which]);
	int r = storage_read_all(storage, config_names[which], &bytes);

	if (r == ERR_NOTFOUND)
		return err_set(ERR_NOREPO,
			"there is no repository at %s; make one with garner storage add, or "
			"see whether the disk is mounted",
			storage_place(storage));
	if (r == ERR_LIMIT)
		return err_set(ERR_CORRUPT, "%s is damaged", place);
	if (r < 0)
		return r;
	const char *text = buf_text(&bytes);
	if (!text || strlen(text) != bytes.size)
		return err_set(ERR_CORRUPT, "%s is damaged", place);
	return parse(text, place, out);
}

bool config_is_valid(const struct config *config, const struct repo_keys *keys)
{
	uint8_t mac[HASH_SIZE];
	AUTO_TEXT text = make_text(config->id, config->aead);

	hash_hmac(keys->config, sizeof(keys->config), text, strlen(text), mac);
	return memcmp(config->id, keys->id, sizeof(keys->id)) == 0 &&
	       config->aead == keys->aead && secret_equal(mac, config->mac, sizeof(mac));
}

int config_check(
	struct storage *storage, const struct repo_keys *keys, bool out_good[CONFIG_FILES])
{
	for (int i = 0; i < CONFIG_FILES; i++) {
		struct config config;
		int r = config_read(storage, i, &config);

		if (r < 0 && r != ERR_NOREPO && r != ERR_CORRUPT)
			return r;
		out_good[i] = r == 0 && config_is_valid(&config, keys);
	}
	return 0;
}

int config_repair(struct storage *storage, const struct repo_keys *keys, int *out_mended)
{
	bool good[CONFIG_FILES] = {false};
	AUTO_TEXT whole = make_whole(keys);
	int r = config_check(storage, keys, good);

	*out_mended = 0;
	/* The copy first: at no moment are both away. */
	for (int i = CONFIG_FILES - 1; i >= 0 && r == 0; i--) {
		if (good[i])
			continue;
		r = storage_remove(storage, config_names[i]);
		if (r == 0)
			r = storage_put(storage, config_names[i], whole, strlen(whole));
		*out_mended += r == 0;
	}
	return r;
}
