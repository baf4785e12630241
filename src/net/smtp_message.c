/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "net/smtp.h"

enum {
	WORD_BYTES = 42, /* of text in an encoded word: 56 of base64, below RFC 2047's 75 */
	LINE_BYTES = 57, /* of text in a line of 76 of base64 */
	LINE_MOST = 998, /* RFC 5322 */
	ADDRESS_MAX = 200,
};

bool smtp_is_address(const char *text)
{
	size_t size = strlen(text);
	const char *at = strchr(text, '@');

	if (size > ADDRESS_MAX || !at || at == text || !at[1] || strchr(at + 1, '@'))
		return false;
	for (const char *p = text; *p; p++)
		if (*p <= ' ' || (unsigned char)*p >= 0x7f || strchr("<>()[],;:\\\"", *p))
			return false;
	return at[1] != '.' && text[size - 1] != '.';
}

static bool is_plain(const char *text)
{
	for (const char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || (unsigned char)*p > '~')
			return false;
	return !strstr(text, "=?");
}

/* Encoded words of whole characters, folded. */
static int put_encoded(struct buf *out, const char *text)
{
	const char *fold = "";
	int r = 0;

	while (r == 0 && *text) {
		size_t size = text_utf8_cut(text, WORD_BYTES);
		AUTO_TEXT base64 = text_to_base64(text, size);

		r = buf_printf(out, "%s=?UTF-8?B?%s?=", fold, base64);
		fold = "\r\n ";
		text += size;
	}
	return r;
}

static int put_subject(struct buf *out, const char *subject)
{
	int r = buf_append_text(out, "Subject: ");

	if (r == 0)
		r = is_plain(subject) && strlen(subject) < 60 ? buf_append_text(out, subject)
							      : put_encoded(out, subject);
	return r < 0 ? r : buf_append_text(out, "\r\n");
}

/* A display name as a quoted string where it is ASCII. */
static int put_name(struct buf *out, const char *name)
{
	int r;

	if (!is_plain(name))
		return put_encoded(out, name);
	r = buf_append_text(out, "\"");
	for (; r == 0 && *name; name++)
		r = *name == '"' || *name == '\\' ? buf_printf(out, "\\%c", *name)
						  : buf_append(out, name, 1);
	return r < 0 ? r : buf_append_text(out, "\"");
}

static int put_from(struct buf *out, const struct smtp_message *message)
{
	int r = buf_append_text(out, "From: ");

	if (r == 0 && message->from_name)
		r = put_name(out, message->from_name);
	if (r == 0)
		r = buf_printf(out, "%s<%s>\r\n", message->from_name ? " " : "", message->from);
	return r;
}

static int put_date(struct buf *out, int64_t at_s)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format_http(at_s, text);
	text[strlen(text) - strlen("GMT")] = '\0'; /* "Wed, 25 Nov 2026 01:22:00 " */
	return buf_printf(out, "Date: %s+0000\r\n", text);
}

static int put_base64(struct buf *out, const char *text)
{
	AUTO_TEXT crlf = mem_alloc(2 * strlen(text) + 1);
	size_t size = 0;
	int r = buf_append_text(out, "Content-Transfer-Encoding: base64\r\n\r\n");

	for (; *text; text++) {
		if (*text == '\n')
			crlf[size++] = '\r';
		crlf[size++] = *text;
	}
	for (size_t at = 0; r == 0 && at < size; at += LINE_BYTES) {
		AUTO_TEXT line = text_to_base64(
			crlf + at, size - at < LINE_BYTES ? size - at : LINE_BYTES);
		r = buf_printf(out, "%s\r\n", line);
	}
	return r;
}

static bool can_go_as_it_is(const char *text)
{
	size_t line = 0;

	for (const char *p = text; *p; p++) {
		line = *p == '\n' ? 0 : line + 1;
		if (line > LINE_MOST || (unsigned char)*p > '~' || *p == '\r')
			return false;
	}
	return true;
}

static int put_text(struct buf *out, const char *text)
{
	int r;

	if (!can_go_as_it_is(text))
		return put_base64(out, text);
	r = buf_append_text(out, "Content-Transfer-Encoding: 7bit\r\n\r\n");
	while (r == 0 && *text) {
		size_t size = strcspn(text, "\n");
		r = buf_append(out, text, size);
		if (r == 0)
			r = buf_append_text(out, "\r\n");
		text += size + (text[size] == '\n');
	}
	return r;
}

static bool is_header(const char *text)
{
	return text_is_utf8(text, strlen(text)) && !strpbrk(text, "\r\n");
}

int smtp_compose(const struct smtp_message *message, struct buf *out)
{
	const char *const addresses[] = {message->from, message->to, message->message_id};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		if (!is_plain(addresses[i]) || !strchr(addresses[i], '@') ||
			strpbrk(addresses[i], "<> ,"))
			return err_set(ERR_INVALID, "a mail has an address that is none");
	if (!is_header(message->subject) ||
		(message->from_name && !is_header(message->from_name)))
		return err_set(ERR_INVALID, "a header of a mail is no line of text");
	int r = put_date(out, message->at_s);
	if (r == 0)
		r = put_from(out, message);
	if (r == 0)
		r = buf_printf(out, "To: <%s>\r\n", message->to);
	if (r == 0)
		r = put_subject(out, message->subject);
	if (r == 0)
		r = buf_printf(out,
			"Message-ID: <%s>\r\nAuto-Submitted: auto-generated\r\n"
			"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n",
			message->message_id);
	return r < 0 ? r : put_text(out, message->text);
}
