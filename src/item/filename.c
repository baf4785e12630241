/* SPDX-License-Identifier: Apache-2.0 */
#include "item/filename.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"

enum {
	WHOLE_MAX = 251, /* bytes of an encoded name that is not cut */
	CUT_MAX = 255, /* of one that is; at least WHOLE_MAX + 1, so that the two never meet */
	DIGEST_BYTES = 6,
	MARK_SIZE = 1 + 2 * DIGEST_BYTES, /* "~" and the digits */
	ENDING_MAX = 10,                  /* with its dot */
	ESCAPED = 3,                      /* bytes that a byte can become */
};

static bool is_hex(char c)
{
	return isxdigit((unsigned char)c) != 0;
}

/* How many bytes the UTF-8 character at `at` has; 0 where there is none, or a control
 * character, which may not stand in a name. */
static size_t plain_length(const char *at)
{
	const unsigned char *bytes = (const unsigned char *)at;
	size_t left = strnlen(at, 4);

	if (bytes[0] < 0x20 || bytes[0] == 0x7f || bytes[0] == '/')
		return 0;
	if (bytes[0] == 0xc2 && left > 1 && bytes[1] < 0xa0)
		return 0;
	for (size_t length = 1; length <= left; length++)
		if (text_is_utf8(at, length))
			return length;
	return 0;
}

static size_t escape(char *out, unsigned char byte)
{
	static const char digits[] = "0123456789ABCDEF";

	out[0] = '%';
	out[1] = digits[byte >> 4];
	out[2] = digits[byte & 15];
	return ESCAPED;
}

/* A "%" is escaped where it would be read as an escape, or be taken for the empty name. */
static bool is_escape(const char *name, const char *at)
{
	return at[0] == '%' &&
	       ((is_hex(at[1]) && is_hex(at[2])) || (at == name && at[1] == '\0'));
}

static char *escape_name(const char *name)
{
	char *out = mem_array(strlen(name) + 1, ESCAPED);
	size_t used = 0;
	bool dots = text_equal(name, ".") || text_equal(name, "..");

	for (const char *at = name; *at;) {
		size_t length = plain_length(at);
		if (length == 0 || dots || is_escape(name, at)) {
			used += escape(out + used, (unsigned char)*at++);
			continue;
		}
		memcpy(out + used, at, length);
		used += length;
		at += length;
	}
	return out;
}

/* Where the ending begins (".eml"); the end of the text where it has no short one. */
static const char *ending_of(const char *text)
{
	const char *end = text + strlen(text);
	const char *dot = strrchr(text, '.');

	return dot && dot > text && end - dot <= ENDING_MAX ? dot : end;
}

/* How many bytes, at most `limit`, can be kept without cutting a character or an escape. */
static size_t cut_at(const char *text, size_t limit)
{
	size_t cut = text_utf8_cut(text, limit);

	for (size_t back = 1; back < ESCAPED && back <= cut; back++) {
		const char *at = text + cut - back;
		if (at[0] == '%' && is_hex(at[1]) && is_hex(at[2]))
			return cut - back;
	}
	return cut;
}

static char *shorten(const char *encoded, const char *name)
{
	uint8_t digest[HASH_SIZE];
	char digits[2 * DIGEST_BYTES + 1];
	const char *ending = ending_of(encoded);
	size_t room = CUT_MAX - MARK_SIZE - strlen(ending);

	hash_sha256(name, strlen(name), digest);
	text_to_hex(digest, DIGEST_BYTES, digits);
	return mem_printf("%.*s~%s%s", (int)cut_at(encoded, room), encoded, digits, ending);
}

char *filename_encode(const char *name)
{
	if (name[0] == '\0')
		return mem_strdup("%");
	AUTO_TEXT encoded = escape_name(name);
	if (strlen(encoded) <= WHOLE_MAX)
		return STEAL(encoded);
	return shorten(encoded, name);
}
