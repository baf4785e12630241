/* SPDX-License-Identifier: Apache-2.0 */
#include "license/keyset.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "license/signed_text_priv.h"

static const char domain[] = "GARNER-KEYSET/1\n";
static const char request_domain[] = "GARNER-KEYSET-REQUEST/1\n";

void keyset_key_id(const uint8_t public[SIGN_PUBLIC_SIZE], char out[KEYSET_ID_SIZE])
{
	uint8_t digest[HASH_SIZE];

	hash_sha256(public, SIGN_PUBLIC_SIZE, digest);
	text_to_hex(digest, (KEYSET_ID_SIZE - 1) / 2, out);
}

static void put_key(struct buf *out, const struct keyset_key *key)
{
	char from[TIMESTAMP_SIZE], until[TIMESTAMP_SIZE];
	AUTO_TEXT public = text_to_base64(key->public, SIGN_PUBLIC_SIZE);

	timestamp_format(key->from_s, from);
	timestamp_format(key->until_s, until);
	AUTO_TEXT value = mem_printf("%s %s %s %s", key->id, public, from, until);
	signed_text_put(out, "key", value);
}

static void put_lines(const struct keyset *keyset, const char *first_line, struct buf *out)
{
	AUTO_TEXT version = mem_printf("%" PRId64, keyset->version);

	ASSERT(keyset->count >= 1 && keyset->count <= KEYSET_MAX);
	ASSERT(buf_append_text(out, first_line) == 0);
	signed_text_put(out, "version", version);
	for (size_t i = 0; i < keyset->count; i++)
		put_key(out, &keyset->keys[i]);
}

char *keyset_write(const struct keyset *keyset, const struct sign_key *root)
{
	AUTO_BUF body = buf_init(KEYSET_TEXT_MAX);

	put_lines(keyset, domain, &body);
	return signed_text_close(&body, root);
}

char *keyset_write_request(const struct keyset *keyset)
{
	AUTO_BUF body = buf_init(KEYSET_TEXT_MAX);

	put_lines(keyset, request_domain, &body);
	return mem_strndup((const char *)body.data, body.size);
}

/* Splits "a b c d" in place; false where there are not exactly four words. */
static bool split_words(char *value, char *words[4])
{
	for (int i = 0; i < 4; i++) {
		char *space = strchr(value, ' ');

		if ((i < 3) != (space != NULL))
			return false;
		words[i] = value;
		if (space) {
			*space = '\0';
			value = space + 1;
		}
	}
	return true;
}

static int read_key(char *value, struct keyset_key *out)
{
	char *words[4];
	char id[KEYSET_ID_SIZE];

	if (!split_words(value, words))
		return err_set(ERR_CORRUPT, "a key of the keyset has not four parts");
	int r = signed_text_bytes(words[1], out->public, SIGN_PUBLIC_SIZE);
	if (r == 0)
		r = signed_text_time(words[2], &out->from_s);
	if (r == 0)
		r = signed_text_time(words[3], &out->until_s);
	if (r < 0)
		return r;

	keyset_key_id(out->public, id);
	if (!text_equal(id, words[0]))
		return err_set(ERR_CORRUPT, "a key of the keyset has another key's id");
	memcpy(out->id, id, sizeof(out->id));
	return 0;
}

static int read_version(const char *value, int64_t *out)
{
	char spelling[24];

	if (text_to_int(value, 1, INT64_MAX, out) < 0)
		return err_set(ERR_CORRUPT, "the keyset's version is no number");
	snprintf(spelling, sizeof(spelling), "%" PRId64, *out);
	if (!text_equal(spelling, value))
		return err_set(
			ERR_CORRUPT, "the keyset's version is not spelled as it must be");
	return 0;
}

static int read_lines(const char **text, const char *first_line, struct keyset *out)
{
	char value[SIGNED_TEXT_VALUE_MAX];

	if (!text_starts_with(*text, first_line))
		return err_set(ERR_CORRUPT, "it is no keyset");
	*text += strlen(first_line);
	int r = signed_text_take(text, "version", value);
	if (r == 0)
		r = read_version(value, &out->version);
	while (r == 0 && out->count < KEYSET_MAX && text_starts_with(*text, "key: ")) {
		r = signed_text_take(text, "key", value);
		if (r == 0)
			r = read_key(value, &out->keys[out->count++]);
	}
	if (r == 0 && out->count == 0)
		r = err_set(ERR_CORRUPT, "the keyset has no key");
	return r;
}

int keyset_read(const char *text, const uint8_t root[SIGN_PUBLIC_SIZE], struct keyset *out)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const char *at = text;
	size_t signed_size = 0;

	*out = (struct keyset){0};
	int r = read_lines(&at, domain, out);
	if (r == 0) {
		signed_size = (size_t)(at - text);
		r = signed_text_take_signature(&at, signature);
	}
	if (r == 0 && !sign_is_valid(root, text, signed_size, signature))
		r = err_set(ERR_CORRUPT, "the keyset is not signed by the root key");
	if (r < 0)
		*out = (struct keyset){0};
	return r;
}

int keyset_read_request(const char *text, struct keyset *out)
{
	const char *at = text;

	*out = (struct keyset){0};
	int r = read_lines(&at, request_domain, out);
	if (r == 0 && *at)
		r = err_set(ERR_CORRUPT, "something follows the request");
	if (r < 0)
		*out = (struct keyset){0};
	return err_wrap(r, "request for a keyset");
}

const struct keyset_key *keyset_find(const struct keyset *keyset, const char *id)
{
	for (size_t i = 0; i < keyset->count; i++)
		if (text_equal(keyset->keys[i].id, id))
			return &keyset->keys[i];
	return NULL;
}

void keyset_root_write(const uint8_t root[SIGN_PUBLIC_SIZE], char out[KEYSET_ROOT_SIZE])
{
	AUTO_TEXT base64 = text_to_base64(root, SIGN_PUBLIC_SIZE);

	snprintf(out, KEYSET_ROOT_SIZE, "%s\n", base64);
}

int keyset_root_read(const char *text, uint8_t out[SIGN_PUBLIC_SIZE])
{
	size_t size = strlen(text);

	if (size > 0 && text[size - 1] == '\n')
		size--;
	AUTO_TEXT line = mem_strndup(text, size);
	if (signed_text_bytes(line, out, SIGN_PUBLIC_SIZE) < 0)
		return err_set(
			ERR_INVALID, "it is no root key: a root.pub is one line of base64");
	return 0;
}
