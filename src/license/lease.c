/* SPDX-License-Identifier: Apache-2.0 */
#include "license/lease.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/signed_text_priv.h"

static const char domain[] = "GARNER-LEASE/1\n";
static const char version[] = "1";

enum kind {
	KIND_KEY_ID, /* 16 hexadecimal digits */
	KIND_ID,     /* 32 of them */
	KIND_PUBLIC, /* base64 of a public key */
	KIND_NUMBER, /* 0 or more */
	KIND_STATE,
	KIND_TIME,
	KIND_MOMENT, /* a time, or "-" for 0 */
	KIND_NONCE,
	KIND_DIGEST,
	KIND_ANSWER, /* a digest, or "-" where there is no answer */
};

struct field {
	const char *name;
	enum kind kind;
	size_t offset;
};

#define FIELD(name_, kind_, member)                                                            \
	{                                                                                      \
		name_, kind_, offsetof(struct lease, member)                                   \
	}

static const struct field fields[] = {
	FIELD("key-id", KIND_KEY_ID, key_id),
	FIELD("license", KIND_ID, license_id),
	FIELD("instance", KIND_ID, instance_id),
	FIELD("instance-key", KIND_PUBLIC, instance_public),
	FIELD("epoch", KIND_NUMBER, epoch),
	FIELD("sequence", KIND_NUMBER, sequence),
	FIELD("revision", KIND_NUMBER, revision),
	FIELD("seats", KIND_NUMBER, seats),
	FIELD("used", KIND_NUMBER, used),
	FIELD("state", KIND_STATE, state),
	FIELD("activated", KIND_TIME, activated_s),
	FIELD("expires", KIND_TIME, expires_s),
	FIELD("resets", KIND_MOMENT, resets_s),
	FIELD("issued", KIND_TIME, issued_s),
	FIELD("renew-after", KIND_TIME, renew_after_s),
	FIELD("offline-limit", KIND_NUMBER, offline_limit_s),
	FIELD("nonce", KIND_NONCE, nonce),
	FIELD("answer", KIND_ANSWER, answer_digest),
	FIELD("assigned-count", KIND_NUMBER, assigned_count),
	FIELD("assigned-digest", KIND_DIGEST, assigned_digest),
	FIELD("chain", KIND_DIGEST, chain),
};

enum { FIELD_COUNT = sizeof(fields) / sizeof(fields[0]) };

static const char *const state_names[] = {
	[LEASE_ACTIVE] = "active",
	[LEASE_EXPIRED] = "expired",
	[LEASE_REVOKED] = "revoked",
};

const char *lease_state_name(enum lease_state state)
{
	return state_names[state];
}

static void format_bytes(const void *bytes, size_t size, char value[SIGNED_TEXT_VALUE_MAX])
{
	AUTO_TEXT base64 = text_to_base64(bytes, size);

	snprintf(value, SIGNED_TEXT_VALUE_MAX, "%s", base64);
}

static void format_number(enum kind kind, int64_t number, char value[SIGNED_TEXT_VALUE_MAX])
{
	if (kind == KIND_NUMBER)
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "%" PRId64, number);
	else if (kind == KIND_MOMENT && number == 0)
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "-");
	else
		timestamp_format(number, value);
}

static void format_value(
	const struct lease *lease, const struct field *field, char value[SIGNED_TEXT_VALUE_MAX])
{
	const void *member = (const char *)lease + field->offset;

	switch (field->kind) {
	case KIND_KEY_ID:
	case KIND_ID:
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "%s", (const char *)member);
		break;
	case KIND_PUBLIC:
		format_bytes(member, SIGN_PUBLIC_SIZE, value);
		break;
	case KIND_NUMBER:
	case KIND_TIME:
	case KIND_MOMENT:
		format_number(field->kind, *(const int64_t *)member, value);
		break;
	case KIND_STATE:
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "%s", lease_state_name(lease->state));
		break;
	case KIND_NONCE:
		text_to_hex(member, LEASE_NONCE_SIZE, value);
		break;
	case KIND_ANSWER:
		snprintf(value, SIGNED_TEXT_VALUE_MAX, "-");
		if (lease->has_answer)
			text_to_hex(member, HASH_SIZE, value);
		break;
	case KIND_DIGEST:
		text_to_hex(member, HASH_SIZE, value);
		break;
	}
}

static void put_fields(const struct lease *lease, struct buf *out)
{
	char value[SIGNED_TEXT_VALUE_MAX];

	ASSERT(buf_append_text(out, domain) == 0);
	signed_text_put(out, "version", version);
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		format_value(lease, &fields[i], value);
		signed_text_put(out, fields[i].name, value);
	}
}

char *lease_write(struct lease *lease, const struct sign_key *key)
{
	AUTO_BUF body = buf_init(LEASE_TEXT_MAX);

	keyset_key_id(key->public, lease->key_id);
	put_fields(lease, &body);
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

static int read_state(const char *value, enum lease_state *out)
{
	for (int i = LEASE_ACTIVE; i <= LEASE_REVOKED; i++) {
		if (text_equal(value, state_names[i])) {
			*out = (enum lease_state)i;
			return 0;
		}
	}
	return err_set(ERR_CORRUPT, "there is no such state");
}

/* Reads generously: that the spelling is the one that the writer gives is checked on the whole.
 */
static int read_value(const char *value, const struct field *field, struct lease *lease)
{
	void *member = (char *)lease + field->offset;
	bool is_empty = text_equal(value, "-");

	switch (field->kind) {
	case KIND_KEY_ID:
		return read_hex_text(value, member, KEYSET_ID_SIZE - 1);
	case KIND_ID:
		return read_hex_text(value, member, LEASE_ID_SIZE - 1);
	case KIND_PUBLIC:
		return signed_text_bytes(value, member, SIGN_PUBLIC_SIZE);
	case KIND_NUMBER:
		return text_to_int(value, 0, INT64_MAX, member);
	case KIND_STATE:
		return read_state(value, &lease->state);
	case KIND_TIME:
		return timestamp_parse(value, member);
	case KIND_MOMENT:
		return is_empty ? 0 : timestamp_parse(value, member);
	case KIND_NONCE:
		return text_from_hex(value, member, LEASE_NONCE_SIZE);
	case KIND_ANSWER:
		lease->has_answer = !is_empty;
		return is_empty ? 0 : text_from_hex(value, member, HASH_SIZE);
	case KIND_DIGEST:
		return text_from_hex(value, member, HASH_SIZE);
	}
	return err_set(ERR_CORRUPT, "unknown field");
}

static int read_fields(const char **text, struct lease *out)
{
	char value[SIGNED_TEXT_VALUE_MAX];

	if (!text_starts_with(*text, domain))
		return err_set(ERR_CORRUPT, "it is no lease");
	*text += sizeof(domain) - 1;
	int r = signed_text_take(text, "version", value);
	if (r == 0 && !text_equal(value, version))
		r = err_set(ERR_CORRUPT, "its version is not %s", version);
	for (size_t i = 0; r == 0 && i < FIELD_COUNT; i++) {
		r = signed_text_take(text, fields[i].name, value);
		if (r == 0 && read_value(value, &fields[i], out) < 0)
			r = err_set(
				ERR_CORRUPT, "its line \"%s\" makes no sense", fields[i].name);
	}
	return r;
}

/* One meaning, one spelling: what was read is written again and must come out the same. */
static int check_spelling(const struct lease *lease, const char *text, size_t size)
{
	AUTO_BUF canonical = buf_init(LEASE_TEXT_MAX);

	put_fields(lease, &canonical);
	if (canonical.size != size || memcmp(canonical.data, text, size) != 0)
		return err_set(ERR_CORRUPT, "it is not in its canonical form");
	return 0;
}

static int check_signature(const struct lease *lease, const struct keyset *keyset,
	const char *text, size_t size, const uint8_t signature[SIGN_SIGNATURE_SIZE])
{
	const struct keyset_key *key = keyset_find(keyset, lease->key_id);

	if (!key)
		return err_set(ERR_CORRUPT, "its key is not in the keyset");
	if (lease->issued_s < key->from_s || lease->issued_s >= key->until_s)
		return err_set(ERR_CORRUPT, "it was not issued in the time of its key");
	if (!sign_is_valid(key->public, text, size, signature))
		return err_set(ERR_CORRUPT, "its signature is wrong");
	return 0;
}

int lease_read(const char *text, const struct keyset *keyset, struct lease *out)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const char *at = text;
	size_t size = 0;

	*out = (struct lease){0};
	int r = read_fields(&at, out);
	if (r == 0) {
		size = (size_t)(at - text);
		r = signed_text_take_signature(&at, signature);
	}
	if (r == 0)
		r = check_spelling(out, text, size);
	if (r == 0)
		r = check_signature(out, keyset, text, size, signature);
	if (r < 0)
		*out = (struct lease){0};
	return err_wrap(r, "lease");
}

void lease_assigned_add(struct hash_stream *stream, const char *subject)
{
	hash_stream_add(stream, subject, strlen(subject));
	hash_stream_add(stream, "\n", 1);
}
