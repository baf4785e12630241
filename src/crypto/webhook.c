/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/webhook.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

static const char prefix[] = "whsec_";
static const char version[] = "v1,";

enum { SECRET_MIN = 24, SECRET_NEW = 32, LINE_LIMIT = 256, SIGNATURES_LIMIT = 2048 };

char *webhook_secret_new(void)
{
	uint8_t bytes[SECRET_NEW];

	secret_random(bytes, sizeof(bytes));
	AUTO_TEXT base64 = text_to_base64(bytes, sizeof(bytes));
	char *secret = mem_printf("%s%s", prefix, base64);
	secret_wipe(base64, strlen(base64));
	secret_wipe(bytes, sizeof(bytes));
	return secret;
}

static int read_secret(const char *line, struct webhook_secrets *out)
{
	AUTO_BUF bytes = buf_init(WEBHOOK_SECRET_MAX);

	if (out->count == WEBHOOK_SECRETS_MAX)
		return err_set(ERR_INVALID, "there may be %d secrets", WEBHOOK_SECRETS_MAX);
	if (!text_starts_with(line, prefix) ||
		text_from_base64(line + sizeof(prefix) - 1, &bytes) < 0 ||
		bytes.size < SECRET_MIN)
		return err_set(ERR_INVALID,
			"a secret is \"whsec_\" and %d to %d bytes in base64", SECRET_MIN,
			WEBHOOK_SECRET_MAX);
	memcpy(out->list[out->count].bytes, bytes.data, bytes.size);
	out->list[out->count++].size = bytes.size;
	secret_wipe(bytes.data, bytes.size);
	return 0;
}

int webhook_secrets_read(const char *text, struct webhook_secrets *out)
{
	*out = (struct webhook_secrets){0};
	while (*text) {
		size_t size = strcspn(text, "\r\n");
		if (size > LINE_LIMIT)
			return err_set(ERR_INVALID, "a secret is too long");
		AUTO_TEXT line = mem_strndup(text, size);
		int r = size ? read_secret(line, out) : 0;
		secret_wipe(line, size);
		if (r < 0)
			return r;
		text += size + (text[size] != '\0');
	}
	return out->count ? 0 : err_set(ERR_INVALID, "there is no secret");
}

static void compute(const struct webhook_message *message, const void *key, size_t key_size,
	uint8_t out[HASH_SIZE])
{
	/* A header and a body that came in are within their ceilings. */
	AUTO_BUF text = buf_init(
		strlen(message->id) + strlen(message->timestamp) + 3 + message->body_size);
	int r = buf_printf(&text, "%s.%s.", message->id, message->timestamp);

	if (r == 0 && message->body_size)
		r = buf_append(&text, message->body, message->body_size);
	ASSERT(r == 0);
	hash_hmac(key, key_size, text.data, text.size, out);
}

char *webhook_sign(const struct webhook_message *message, const struct webhook_secrets *secrets)
{
	uint8_t mac[HASH_SIZE];

	ASSERT(secrets->count > 0);
	compute(message, secrets->list[0].bytes, secrets->list[0].size, mac);
	AUTO_TEXT base64 = text_to_base64(mac, sizeof(mac));
	return mem_printf("%s%s", version, base64);
}

static bool is_by_one_of(const struct webhook_message *message,
	const struct webhook_secrets *secrets, const uint8_t given[HASH_SIZE])
{
	bool found = false;

	for (size_t i = 0; i < secrets->count; i++) {
		uint8_t mac[HASH_SIZE];

		compute(message, secrets->list[i].bytes, secrets->list[i].size, mac);
		found |= secret_equal(mac, given, HASH_SIZE);
	}
	return found;
}

/* One of the list is enough; those of a version that we do not know are passed over. */
static int check_signatures(const struct webhook_message *message, const char *signatures,
	const struct webhook_secrets *secrets)
{
	for (int i = 0; i < WEBHOOK_SIGNATURES_MAX && *signatures; i++) {
		size_t size = strcspn(signatures, " ");
		AUTO_TEXT one = mem_strndup(signatures, size);
		AUTO_BUF mac = buf_init(HASH_SIZE);

		if (text_starts_with(one, version) &&
			text_from_base64(one + sizeof(version) - 1, &mac) == 0 &&
			mac.size == HASH_SIZE && is_by_one_of(message, secrets, mac.data))
			return 0;
		signatures += size;
		signatures += strspn(signatures, " ");
	}
	return err_set(ERR_AUTH, "no signature of the webhook is by a secret that counts here");
}

int webhook_verify(const struct webhook_message *message, const char *signatures,
	const struct webhook_secrets *secrets, int64_t now_s)
{
	int64_t at_s;

	if (!message->id || !message->timestamp || !signatures)
		return err_set(ERR_INVALID, "the headers webhook-id, webhook-timestamp and "
					    "webhook-signature are needed");
	size_t id_size = strlen(message->id);
	if (id_size < 1 || id_size > WEBHOOK_ID_MAX || strchr(message->id, '.') ||
		strlen(signatures) > SIGNATURES_LIMIT)
		return err_set(ERR_INVALID,
			"webhook-id is 1 to %d characters without a full stop", WEBHOOK_ID_MAX);
	if (text_to_int(message->timestamp, 0, INT64_MAX / 4, &at_s) < 0)
		return err_set(ERR_INVALID, "webhook-timestamp must be seconds since 1970");
	int r = check_signatures(message, signatures, secrets);
	if (r < 0)
		return r;
	if (at_s > now_s + WEBHOOK_TOLERANCE_S || at_s < now_s - WEBHOOK_TOLERANCE_S)
		return err_set(ERR_AUTH,
			"webhook-timestamp is not within %d seconds of the service's time",
			WEBHOOK_TOLERANCE_S);
	return 0;
}
