/* SPDX-License-Identifier: Apache-2.0 */
#include "license/signed_form_priv.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/signed_text_priv.h"

static const char version[] = "1";

static void format_bytes(const void *bytes, size_t size, char value[SIGNED_TEXT_VALUE_MAX])
{
	AUTO_TEXT base64 = text_to_base64(bytes, size);

	snprintf(value, SIGNED_TEXT_VALUE_MAX, "%s", base64);
}

static void format_number(
	enum signed_kind kind, int64_t number, char value[SIGNED_TEXT_VALUE_MAX])
{
	if (kind == SIGNED_NUMBER)
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "%" PRId64, number);
	else if (kind == SIGNED_MOMENT && number == 0)
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "-");
	else
		timestamp_format(number, value);
}

static void format_value(
	const void *values, const struct signed_field *field, char value[SIGNED_TEXT_VALUE_MAX])
{
	const void *member = (const char *)values + field->offset;

	switch (field->kind) {
	case SIGNED_KEY_ID:
	case SIGNED_ID:
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "%s", (const char *)member);
		break;
	case SIGNED_PUBLIC:
		format_bytes(member, SIGN_PUBLIC_SIZE, value);
		break;
	case SIGNED_NUMBER:
	case SIGNED_TIME:
	case SIGNED_MOMENT:
		format_number(field->kind, *(const int64_t *)member, value);
		break;
	case SIGNED_WORD:
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "%s",
			field->words[*(const unsigned *)member]);
		break;
	case SIGNED_NONCE:
		text_to_hex(member, SIGNED_FORM_NONCE_SIZE, value);
		break;
	case SIGNED_ANSWER:
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "-");
		if (*(const bool *)((const char *)values + field->flag))
			text_to_hex(member, HASH_SIZE, value);
		break;
	case SIGNED_DIGEST:
		text_to_hex(member, HASH_SIZE, value);
		break;
	}
}

static void put_fields(const struct signed_form *form, const void *values, struct buf *out)
{
	char value[SIGNED_TEXT_VALUE_MAX];

	ASSERT(buf_append_text(out, form->domain) == 0);
	signed_text_put(out, "version", version);
	for (size_t i = 0; i < form->count; i++) {
		format_value(values, &form->fields[i], value);
		signed_text_put(out, form->fields[i].name, value);
	}
}

char *signed_form_write(
	const struct signed_form *form, void *values, const struct sign_key *key)
{
	AUTO_BUF body = buf_init(SIGNED_FORM_TEXT_MAX);

	keyset_key_id(key->public, (char *)values + form->key_id);
	put_fields(form, values, &body);
	return signed_text_close(&body, key);
}

static int read_hex_text(const char *value, char *out, size_t digits)
{
	uint8_t bytes[HASH_SIZE];

	int r = text_from_hex(value, bytes, digits / 2);
	if (r == 0)
		text_to_hex(bytes, digits / 2, out);
	return r;
}

static int read_word(const char *value, const char *const *words, unsigned *out)
{
	for (unsigned i = 0; words[i]; i++) {
		if (text_equal(value, words[i])) {
			*out = i;
			return 0;
		}
	}
	return err_set(ERR_CORRUPT, "there is no such word");
}

/* Reads generously: that the spelling is the one that the writer gives is checked on the whole.
 */
static int read_value(const char *value, const struct signed_field *field, void *values)
{
	void *member = (char *)values + field->offset;
	bool is_empty = text_equal(value, "-");

	switch (field->kind) {
	case SIGNED_KEY_ID:
		return read_hex_text(value, member, KEYSET_ID_SIZE - 1);
	case SIGNED_ID:
		return read_hex_text(value, member, SIGNED_FORM_ID_SIZE - 1);
	case SIGNED_PUBLIC:
		return signed_text_bytes(value, member, SIGN_PUBLIC_SIZE);
	case SIGNED_NUMBER:
		return text_to_int(value, 0, INT64_MAX, member);
	case SIGNED_WORD:
		return read_word(value, field->words, member);
	case SIGNED_TIME:
		return timestamp_parse(value, member);
	case SIGNED_MOMENT:
		return is_empty ? 0 : timestamp_parse(value, member);
	case SIGNED_NONCE:
		return text_from_hex(value, member, SIGNED_FORM_NONCE_SIZE);
	case SIGNED_ANSWER:
		*(bool *)((char *)values + field->flag) = !is_empty;
		return is_empty ? 0 : text_from_hex(value, member, HASH_SIZE);
	case SIGNED_DIGEST:
		return text_from_hex(value, member, HASH_SIZE);
	}
	return err_set(ERR_CORRUPT, "unknown field");
}

static int read_fields(const struct signed_form *form, const char **text, void *out)
{
	char value[SIGNED_TEXT_VALUE_MAX];

	if (!text_starts_with(*text, form->domain))
		return err_set(ERR_CORRUPT, "it is no %s", form->what);
	*text += strlen(form->domain);
	int r = signed_text_take(text, "version", value);
	if (r == 0 && !text_equal(value, version))
		r = err_set(ERR_CORRUPT, "its version is not %s", version);
	for (size_t i = 0; r == 0 && i < form->count; i++) {
		const struct signed_field *field = &form->fields[i];

		r = signed_text_take(text, field->name, value);
		if (r == 0 && read_value(value, field, out) < 0)
			r = err_set(ERR_CORRUPT, "its line \"%s\" makes no sense", field->name);
	}
	return r;
}

/* One meaning, one spelling: what was read is written again and must come out the same. */
static int check_spelling(
	const struct signed_form *form, const void *values, const char *text, size_t size)
{
	AUTO_BUF canonical = buf_init(SIGNED_FORM_TEXT_MAX);

	put_fields(form, values, &canonical);
	if (canonical.size != size || memcmp(canonical.data, text, size) != 0)
		return err_set(ERR_CORRUPT, "it is not in its canonical form");
	return 0;
}

/* The key that is to have signed it: one of the keyset, in its time. */
static int find_key(const struct signed_form *form, const void *values,
	const struct keyset *keyset, const struct keyset_key **out)
{
	int64_t issued_s = *(const int64_t *)((const char *)values + form->issued_s);
	const struct keyset_key *key = keyset_find(keyset, (const char *)values + form->key_id);

	if (!key)
		return err_set(ERR_CORRUPT, "its key is not in the keyset");
	if (issued_s < key->from_s || issued_s >= key->until_s)
		return err_set(ERR_CORRUPT, "it was not issued in the time of its key");
	*out = key;
	return 0;
}

int signed_form_read(const struct signed_form *form, const char *text,
	const struct keyset *keyset, void *out)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const struct keyset_key *key = NULL;
	const char *at = text;
	size_t size = 0;

	int r = read_fields(form, &at, out);
	if (r == 0) {
		size = (size_t)(at - text);
		r = signed_text_take_signature(&at, signature);
	}
	if (r == 0)
		r = check_spelling(form, out, text, size);
	if (r == 0)
		r = find_key(form, out, keyset, &key);
	if (r == 0 && !sign_is_valid(key->public, text, size, signature))
		r = err_set(ERR_CORRUPT, "its signature is wrong");
	return err_wrap(r, "%s", form->what);
}
