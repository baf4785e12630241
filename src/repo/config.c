/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/config.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

enum { CONFIG_MAX = 4096 };

static const char first_line[] = "garner repository\n";
static const char version_line[] = "version 1\n";
static const char methods[] = "ids hmac-sha256\n"
			      "seal aes-256-gcm\n"
			      "compression zstd\n"
			      "chunks gear 262144 1048576 4194304\n"
			      "lists gear 16384 65536 262144\n";

/* The text that the code at its end is computed over. */
static char *make_text(const uint8_t id[NAME_SIZE])
{
	char digits[NAME_TEXT];

	text_to_hex(id, NAME_SIZE, digits);
	return mem_printf("%s%sid %s\n%s", first_line, version_line, digits, methods);
}

static void make_mac(const uint8_t id[NAME_SIZE], const uint8_t master[REPO_KEY_SIZE],
	uint8_t out[HASH_SIZE])
{
	uint8_t key[HASH_SIZE];
	AUTO_TEXT text = make_text(id);

	hash_hkdf(master, REPO_KEY_SIZE, NULL, 0, "garner config", key, sizeof(key));
	hash_hmac(key, sizeof(key), text, strlen(text), out);
	secret_wipe(key, sizeof(key));
}

int config_write(struct storage *storage, const uint8_t id[NAME_SIZE],
	const uint8_t master[REPO_KEY_SIZE])
{
	uint8_t mac[HASH_SIZE];
	char digits[2 * HASH_SIZE + 1];
	AUTO_TEXT text = make_text(id);

	make_mac(id, master, mac);
	text_to_hex(mac, sizeof(mac), digits);
	AUTO_TEXT whole = mem_printf("%smac %s\n", text, digits);
	return storage_put(storage, "config", whole, strlen(whole));
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

static int parse(const char *text, const char *place, struct config *out)
{
	if (!take(&text, first_line))
		return err_set(ERR_NOREPO,
			"%s/config is not that of a repository; name the folder of one, or "
			"make "
			"one in an empty folder",
			place);
	if (text_starts_with(text, "version ") && !text_starts_with(text, version_line))
		return err_set(ERR_NOREPO,
			"the repository at %s is of another version of the format; use the "
			"version "
			"of garner that made it",
			place);
	if (!take(&text, version_line) || !take(&text, "id ") ||
		!take_hex(&text, out->id, sizeof(out->id)) || !take(&text, methods) ||
		!take(&text, "mac ") || !take_hex(&text, out->mac, sizeof(out->mac)) || *text)
		return err_set(ERR_CORRUPT, "%s/config is damaged", place);
	return 0;
}

int config_read(struct storage *storage, struct config *out)
{
	AUTO_BUF bytes = buf_init(CONFIG_MAX);
	const char *place = storage_place(storage);
	int r = storage_read_all(storage, "config", &bytes);

	if (r == ERR_NOTFOUND)
		return err_set(ERR_NOREPO,
			"there is no repository at %s; make one with garner storage add, or "
			"see "
			"whether the disk is mounted",
			place);
	if (r == ERR_LIMIT)
		return err_set(ERR_CORRUPT, "%s/config is damaged", place);
	if (r < 0)
		return r;
	const char *text = buf_text(&bytes);
	if (!text || strlen(text) != bytes.size)
		return err_set(ERR_CORRUPT, "%s/config is damaged", place);
	return parse(text, place, out);
}

bool config_is_valid(const struct config *config, const uint8_t master[REPO_KEY_SIZE])
{
	uint8_t mac[HASH_SIZE];

	make_mac(config->id, master, mac);
	return secret_equal(mac, config->mac, sizeof(mac));
}
