/* SPDX-License-Identifier: Apache-2.0 */
#include "license/signed_text_priv.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"

void signed_text_put(struct buf *out, const char *name, const char *value)
{
	ASSERT(buf_printf(out, "%s: %s\n", name, value) == 0);
}

char *signed_text_close(struct buf *body, const struct sign_key *key)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	sign_make(key, body->data, body->size, signature);
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	signed_text_put(body, "signature", base64);

	char *text = mem_strndup((const char *)body->data, body->size);
	buf_free(body);
	return text;
}

int signed_text_take(const char **text, const char *name, char value[SIGNED_TEXT_VALUE_MAX])
{
	size_t name_size = strlen(name);

	if (strncmp(*text, name, name_size) != 0 || strncmp(*text + name_size, ": ", 2) != 0)
		return err_set(ERR_CORRUPT, "the line \"%s\" is not where it belongs", name);

	const char *start = *text + name_size + 2;
	const char *end = strchr(start, '\n');
	if (!end || end - start >= SIGNED_TEXT_VALUE_MAX)
		return err_set(ERR_CORRUPT, "the line \"%s\" does not end", name);
	memcpy(value, start, (size_t)(end - start));
	value[end - start] = '\0';
	*text = end + 1;
	return 0;
}

int signed_text_bytes(const char *value, void *out, size_t size)
{
	AUTO_BUF bytes = buf_init(SIGN_SIGNATURE_SIZE);

	ASSERT(size <= SIGN_SIGNATURE_SIZE);
	if (text_from_base64(value, &bytes) < 0 || bytes.size != size)
		return err_set(ERR_CORRUPT, "a value is not base64 of %zu bytes", size);
	AUTO_TEXT spelling = text_to_base64(bytes.data, bytes.size);
	if (!text_equal(spelling, value))
		return err_set(ERR_CORRUPT, "a base64 value is not spelled as it must be");
	memcpy(out, bytes.data, size);
	return 0;
}

int signed_text_time(const char *value, int64_t *out_s)
{
	char spelling[TIMESTAMP_SIZE];

	if (timestamp_parse(value, out_s) < 0)
		return err_set(ERR_CORRUPT, "a value is no time");
	timestamp_format(*out_s, spelling);
	if (!text_equal(spelling, value))
		return err_set(ERR_CORRUPT, "a time is not spelled as it must be");
	return 0;
}

int signed_text_take_signature(const char **text, uint8_t signature[SIGN_SIGNATURE_SIZE])
{
	char value[SIGNED_TEXT_VALUE_MAX];
	int r = signed_text_take(text, "signature", value);

	if (r == 0)
		r = signed_text_bytes(value, signature, SIGN_SIGNATURE_SIZE);
	if (r == 0 && **text)
		r = err_set(ERR_CORRUPT, "something follows the signature");
	return r;
}
