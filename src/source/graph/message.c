/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "source/graph/graph_priv.h"

enum { SUBJECT_MAX = 80 /* characters */, ID_DIGITS = 8, DATE_SIZE = 80 };

/* Code point at `text`, which is well-formed UTF-8, and its size. */
static uint32_t decode(const unsigned char *text, size_t *size)
{
	if (text[0] < 0x80)
		return *size = 1, text[0];
	if (text[0] < 0xe0)
		return *size = 2, (text[0] & 0x1fu) << 6 | (text[1] & 0x3fu);
	if (text[0] < 0xf0)
		return *size = 3,
		       (text[0] & 0x0fu) << 12 | (text[1] & 0x3fu) << 6 | (text[2] & 0x3fu);
	return *size = 4, (text[0] & 0x07u) << 18 | (text[1] & 0x3fu) << 12 |
				  (text[2] & 0x3fu) << 6 | (text[3] & 0x3fu);
}

/* What has no place in a file's name: controls, line ends, and marks that turn the direction of
 * what follows, with which an ending can be made to look like another. */
static bool is_unwanted(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* The subject with runs of spaces as one, at most SUBJECT_MAX characters. The caller frees. */
static char *clean_subject(const char *subject)
{
	const unsigned char *from = (const unsigned char *)subject;
	char *out = mem_alloc(strlen(subject) + 1);
	size_t used = 0;

	for (int characters = 0; *from && characters < SUBJECT_MAX;) {
		size_t size;
		uint32_t c = decode(from, &size);
		bool repeated = c == ' ' && (used == 0 || out[used - 1] == ' ');
		if (!is_unwanted(c) && !repeated) {
			memcpy(out + used, from, size);
			used += size;
			characters++;
		}
		from += size;
	}
	while (used > 0 && out[used - 1] == ' ')
		used--;
	out[used] = '\0';
	return out;
}

char *graph_item_name(const struct graph_name *name)
{
	char date[DATE_SIZE] = "no date";
	char digits[2 * HASH_SIZE + 1];
	uint8_t hash[HASH_SIZE];

	if (name->at_s) {
		struct timestamp_parts at = timestamp_split(*name->at_s);
		snprintf(date, sizeof(date), "%04d-%02d-%02d %02d%02d", at.year, at.month,
			at.day, at.hour, at.minute);
	}
	hash_sha256(name->id, strlen(name->id), hash);
	text_to_hex(hash, sizeof(hash), digits);
	const char *subject = name->subject;
	bool is_text = subject && text_is_utf8(subject, strlen(subject));
	AUTO_TEXT cleaned = clean_subject(is_text ? subject : "");
	return mem_printf("%s %s %.*s%s", date, cleaned[0] ? cleaned : "no subject", ID_DIGITS,
		digits, name->ending);
}
