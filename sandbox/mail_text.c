/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/mail_text.h"

#include <ctype.h>
#include <iconv.h>
#include <stdbool.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"

enum { TEXT_MAX = 1 << 20, CHARSET_MAX = 40 };

/* Appends bytes of a charset as UTF-8; ERR_INVALID where they are none of it. */
static int convert(
	const char *charset, const unsigned char *bytes, size_t size, struct buf *out)
{
	iconv_t converter = iconv_open("UTF-8", charset);
	AUTO_TEXT input = mem_strndup((const char *)bytes, size);
	AUTO_TEXT output = mem_alloc(4 * size + 1);
	char *from = input, *to = output;
	size_t left = size, room = 4 * size;

	if (converter == (iconv_t)-1)
		return err_set(ERR_INVALID, "unknown charset %s", charset);
	size_t r = iconv(converter, &from, &left, &to, &room);
	iconv_close(converter);
	if (r == (size_t)-1)
		return err_set(ERR_INVALID, "no text of charset %s", charset);
	return buf_append(out, output, (size_t)(to - output));
}

/* The Q encoding: like quoted-printable, with "_" for a space. */
static int decode_q(const char *text, size_t size, struct buf *out)
{
	for (size_t i = 0; i < size; i++) {
		unsigned char byte = (unsigned char)text[i];
		char hex[3] = {0};
		if (byte == '_') {
			byte = ' ';
		} else if (byte == '=') {
			if (i + 2 >= size)
				return err_set(ERR_INVALID, "bad encoded word");
			memcpy(hex, text + i + 1, 2);
			int r = text_from_hex(hex, &byte, 1);
			if (r < 0)
				return r;
			i += 2;
		}
		int r = buf_append(out, &byte, 1);
		if (r < 0)
			return r;
	}
	return 0;
}

/* One word "=?charset?encoding?text?=" at the front of `text`; its length, or 0 where there is
 * none that can be decoded. */
static size_t decode_word(const char *text, size_t size, struct buf *out)
{
	char charset[CHARSET_MAX];
	const char *first = memchr(text + 2, '?', size - 2);

	if (!first || (size_t)(first - text) + 4 > size || first[2] != '?')
		return 0;
	const char *body = first + 3;
	const char *end = memmem(body, size - (size_t)(body - text), "?=", 2);
	size_t length = (size_t)(first - text) - 2;
	if (!end || length == 0 || length >= sizeof(charset))
		return 0;
	memcpy(charset, text + 2, length);
	charset[length] = 0;
	charset[strcspn(charset, "*")] = 0; /* the language of RFC 2231 */

	AUTO_BUF bytes = buf_init(TEXT_MAX);
	AUTO_TEXT coded = mem_strndup(body, (size_t)(end - body));
	int r = toupper((unsigned char)first[1]) == 'B'
			? text_from_base64(coded, &bytes)
			: decode_q(body, (size_t)(end - body), &bytes);
	if (r < 0 || convert(charset, bytes.data, bytes.size, out) < 0)
		return 0;
	return (size_t)(end - text) + 2;
}

static size_t skip_blanks(const char *text, size_t size)
{
	size_t at = 0;

	while (at < size && isspace((unsigned char)text[at]))
		at++;
	return at;
}

/* Appends the text with its encoded words decoded; blanks between two of them vanish. */
static int decode_words(const char *text, size_t size, struct buf *out)
{
	size_t at = 0;

	while (at < size) {
		size_t length = size - at >= 8 && memcmp(text + at, "=?", 2) == 0
					? decode_word(text + at, size - at, out)
					: 0;
		if (length == 0) {
			int r = buf_append(out, text + at++, 1);
			if (r < 0)
				return r;
			continue;
		}
		at += length;
		size_t blanks = skip_blanks(text + at, size - at);
		if (size - at - blanks >= 2 && memcmp(text + at + blanks, "=?", 2) == 0)
			at += blanks;
	}
	return 0;
}

static void drop_controls(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || *text == 0x7f)
			*text = ' ';
}

char *mail_text_decode(const char *text, size_t size)
{
	AUTO_BUF decoded = buf_init(TEXT_MAX);
	AUTO_BUF readable = buf_init(2 * TEXT_MAX);
	int r = decode_words(text, size < TEXT_MAX / 4 ? size : TEXT_MAX / 4, &decoded);

	for (size_t i = 0; i < decoded.size; i++)
		if (decoded.data[i] == 0)
			decoded.data[i] = ' ';
	if (r < 0 || decoded.size == 0)
		return mem_strdup("");
	if (text_is_utf8((const char *)decoded.data, decoded.size))
		r = buf_append(&readable, decoded.data, decoded.size);
	else
		r = convert("ISO-8859-1", decoded.data, decoded.size, &readable);
	char *result = mem_strndup(r < 0 ? "" : (const char *)readable.data, readable.size);
	drop_controls(result);
	return result;
}

/* A number of at most `digits` digits at *text, behind blanks; -1 where there is none. */
static int take_number(const char **text, int digits)
{
	int value = 0, count = 0;

	*text += strspn(*text, " \t,");
	while (count < digits && isdigit((unsigned char)**text)) {
		value = value * 10 + (**text - '0');
		(*text)++;
		count++;
	}
	return count ? value : -1;
}

static int take_month(const char **text)
{
	static const char names[] = "janfebmaraprmayjunjulaugsepoctnovdec";
	char name[4] = {0};

	*text += strspn(*text, " \t-");
	memcpy(name, *text, strnlen(*text, 3));
	text_lower(name);
	const char *found = strlen(name) == 3 ? strstr(names, name) : NULL;
	if (!found || (found - names) % 3 != 0)
		return -1;
	*text += 3;
	*text += strspn(*text, " \t-");
	return (int)(found - names) / 3 + 1;
}

/* "hh:mm[:ss]"; false where it is none. */
static bool take_clock(const char **text, struct timestamp_parts *parts)
{
	parts->hour = take_number(text, 2);
	if (parts->hour < 0 || *(*text)++ != ':')
		return false;
	parts->minute = take_number(text, 2);
	if (**text == ':') {
		(*text)++;
		parts->second = take_number(text, 2);
	}
	return parts->hour < 24 && parts->minute >= 0 && parts->minute < 60 &&
	       parts->second >= 0 && parts->second <= 60;
}

/* Seconds east of Greenwich; 0 for names, as RFC 5322 advises for those it does not know. */
static int64_t take_zone(const char *text)
{
	text += strspn(text, " \t");
	if (*text != '+' && *text != '-')
		return 0;
	int sign = *text++ == '-' ? -1 : 1;
	int zone = take_number(&text, 4);
	return zone < 0 ? 0 : sign * (zone / 100 * 3600 + zone % 100 * 60);
}

int mail_text_date(const char *text, int64_t *out_s)
{
	struct timestamp_parts parts = {0};
	const char *comma = strchr(text, ',');
	const char *at = comma ? comma + 1 : text;

	at += strspn(at, " \t");
	if (isalpha((unsigned char)*at)) /* a weekday without comma */
		at += strcspn(at, " \t");
	parts.day = take_number(&at, 2);
	parts.month = take_month(&at);
	if (parts.month > 0)
		parts.year = take_number(&at, 4);
	if (parts.year >= 0 && parts.year < 100)
		parts.year += parts.year < 50 ? 2000 : 1900;
	if (parts.day < 1 || parts.day > 31 || parts.month < 1 || parts.year < 1900 ||
		!take_clock(&at, &parts))
		return err_set(ERR_INVALID, "\"%s\" is no date", text);
	*out_s = timestamp_join(&parts) - take_zone(at);
	return 0;
}
