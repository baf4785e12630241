/* SPDX-License-Identifier: Apache-2.0 */
#include "mutate.h"

#include <string.h>

#include "base/mem.h"
#include "mime_round.h"

enum { HEAD = 6 << 10, PART_MOST = 8 << 10, MUTATIONS_MOST = 6 };

static void append(struct buf *out, const void *data, size_t size)
{
	ASSERT(size == 0 || buf_append(out, data, size) == 0);
}

static void append_text(struct buf *out, const char *text)
{
	append(out, text, strlen(text));
}

/* Puts `size` bytes in the place of `less` bytes at `at`. */
static void splice(struct buf *out, size_t at, size_t less, const void *data, size_t size)
{
	AUTO_BUF rest = buf_init(out->ceiling);

	append(&rest, out->data + at + less, out->size - at - less);
	out->size = at;
	append(out, data, size);
	append(out, rest.data, rest.size);
}

static size_t place(const struct buf *buf, uint64_t *random)
{
	return (size_t)mime_random(random, buf->size);
}

/* A range of `buf`, short more often than long. */
static size_t range(const struct buf *buf, uint64_t *random, size_t *at)
{
	size_t most = (size_t)1 << mime_random(random, 11);
	size_t size = 1 + (size_t)mime_random(random, most);

	*at = place(buf, random);
	return size < buf->size - *at ? size : buf->size - *at;
}

static void insert_odd(struct buf *out, uint64_t *random)
{
	static const char *const odd[] = {"\n", "\r\n", "\r", "=", "=\n", "=\r\n", "==", "=3D",
		"=3d", "=2", "--", "\n--", "--\n", " \n", "\t", "From ", "\n.\n", "\xff",
		"Content-Transfer-Encoding: base64\n", "Content-Type: text/plain\n\n", "A",
		"AAAA", "Content-Transfer-Encoding: quoted-printable\r\n\r\n", "=20\n", "=0A",
		"=0D=0A"};
	uint64_t which = mime_random(random, sizeof(odd) / sizeof(odd[0]) + 2);
	size_t at = place(out, random);

	if (which < sizeof(odd) / sizeof(odd[0])) {
		splice(out, at, 0, odd[which], strlen(odd[which]));
		return;
	}
	/* A NUL, or a line longer than any buffer. */
	size_t size = mime_random(random, 20) == 0 ? 9000 : 1;
	char *run = mem_alloc(size);
	memset(run, which == sizeof(odd) / sizeof(odd[0]) ? 0 : 'A', size);
	splice(out, at, 0, run, size);
	mem_free(run);
}

/* All line ends become the others. */
static void turn_line_ends(struct buf *out)
{
	AUTO_BUF old = buf_init(out->ceiling);
	bool has_returns = memchr(out->data, '\r', out->size) != NULL;

	append(&old, out->data, out->size);
	buf_clear(out);
	for (size_t i = 0; i < old.size; i++) {
		if (!has_returns && old.data[i] == '\n')
			append(out, "\r", 1);
		if (old.data[i] != '\r')
			append(out, old.data + i, 1);
	}
}

static void repeat(struct buf *out, size_t at, size_t size)
{
	AUTO_TEXT copy = mem_strndup((const char *)out->data + at, size);

	splice(out, at, 0, copy, size);
}

static void mutate_once(struct buf *out, const struct buf *other, uint64_t *random)
{
	static const uint8_t bytes[] = "\n\r=- \tA/+0\0\xff\"";
	size_t at, size;
	uint8_t *end;

	switch (mime_random(random, 12)) {
	case 0:
	case 1:
		out->data[place(out, random)] ^= (uint8_t)(1 << mime_random(random, 8));
		break;
	case 2:
	case 3:
		out->data[place(out, random)] = bytes[mime_random(random, sizeof(bytes) - 1)];
		break;
	case 4:
		size = range(out, random, &at);
		if (size < out->size)
			splice(out, at, size, NULL, 0);
		break;
	case 5:
		size = range(out, random, &at);
		repeat(out, at, size);
		break;
	case 6:
		size = other->size ? range(other, random, &at) : 0;
		if (size > 0)
			splice(out, place(out, random), 0, other->data + at, size);
		break;
	case 7:
		at = place(out, random);
		end = memchr(out->data + at, '\n', out->size - at);
		if (end)
			*end = mime_random(random, 2) ? '\r' : ' ';
		break;
	case 8:
		out->size = 1 + place(out, random);
		break;
	case 9:
		if (mime_random(random, 4) == 0)
			turn_line_ends(out);
		break;
	default:
		insert_odd(out, random);
	}
	if (out->size == 0)
		append_text(out, "\n");
}

void mutate_make(
	const struct buf *message, const struct buf *other, uint64_t *random, struct buf *out)
{
	size_t head = message->size < HEAD ? message->size : HEAD;

	buf_clear(out);
	append(out, message->data, head);
	if (message->size > head) {
		size_t at = head;
		if (mime_random(random, 2))
			at += (size_t)mime_random(random, message->size - head);
		size_t most = 1 + (size_t)mime_random(random, PART_MOST);
		size_t rest = message->size - at;
		append(out, message->data + at, rest < most ? rest : most);
	}
	if (out->size == 0)
		append_text(out, "\n");
	for (uint64_t left = 1 + mime_random(random, MUTATIONS_MOST); left > 0; left--)
		mutate_once(out, other, random);
}

/* What a message is made up with. */
struct inventor {
	uint64_t *random;
	struct buf *out;
	const char *line_end;
	unsigned boundaries;
};

static bool one_in(struct inventor *inventor, uint64_t count)
{
	return mime_random(inventor->random, count) == 0;
}

static void end_line(struct inventor *inventor)
{
	/* Somebody on the way who ends lines his own way. */
	append_text(inventor->out, one_in(inventor, 2000) ? "\n" : inventor->line_end);
}

static void say(struct inventor *inventor, const char *line)
{
	append_text(inventor->out, line);
	end_line(inventor);
}

/* Text with all that has to be encoded; or anything. */
static void make_content(struct inventor *inventor, struct buf *content)
{
	static const char *const words[] = {"offer", "the", "=", "\xc3\xa4", "\xe2\x82\xac",
		".", "From", "\"quoted\"", "a", "\t", "  ", "https://contoso.example/?a=b&c=d",
		"!", "antidisestablishmentarianism", "[x]"};
	uint64_t most = (uint64_t)1 << mime_random(inventor->random, 13);
	size_t size =
		(size_t)mime_random(inventor->random, one_in(inventor, 40) ? 100000 : most);
	bool is_text = !one_in(inventor, 3);

	while (content->size < size) {
		uint8_t byte = (uint8_t)mime_random(inventor->random, 256);
		if (!is_text) {
			append(content, &byte, 1);
			continue;
		}
		append_text(content, words[byte % (sizeof(words) / sizeof(words[0]))]);
		append_text(content, one_in(inventor, 12) ? inventor->line_end : " ");
	}
}

static void write_base64(struct inventor *inventor, const struct buf *content)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	static const size_t lines[] = {76, 76, 72, 64, 60, 4, 73, 1000, 4096, 5000, SIZE_MAX};
	size_t line = lines[mime_random(inventor->random, sizeof(lines) / sizeof(lines[0]))];
	size_t column = 0;

	for (size_t i = 0; i < content->size; i += 3) {
		size_t left = content->size - i < 3 ? content->size - i : 3;
		uint32_t group = 0;
		for (size_t j = 0; j < 3; j++)
			group = group << 8 | (j < left ? content->data[i + j] : 0);
		for (size_t j = 0; j < 4; j++) {
			if (column++ == line) {
				end_line(inventor);
				column = 1;
			}
			append(inventor->out,
				j > left ? "=" : &digits[group >> (18 - 6 * j) & 63], 1);
		}
	}
	if (column > 0 && !one_in(inventor, 8))
		end_line(inventor);
}

/* Some hand's way to write quoted-printable, not taken from what is tested. */
struct hand {
	size_t limit, slack;
	bool at_words, tabs, many, blanks;
	const char *digits;
};

static bool is_written_as_hex(const struct hand *hand, uint8_t byte, bool ends_line)
{
	if (byte == '\t' || byte == ' ')
		return (byte == '\t' && hand->tabs) || (ends_line && !hand->blanks);
	if (byte > 126 || byte == '=' || byte < 32)
		return true;
	return hand->many && strchr("!\"#$@[]", byte);
}

static bool breaks_line(const struct hand *hand, size_t column, size_t unit, uint8_t byte)
{
	return column + unit > hand->limit ||
	       (hand->at_words && byte == ' ' && column + 12 > hand->limit);
}

static void write_quoted_by(
	struct inventor *inventor, struct hand *hand, const struct buf *content)
{
	size_t column = 0;

	for (size_t i = 0; i < content->size; i++) {
		uint8_t byte = content->data[i];
		uint8_t next = i + 1 < content->size ? content->data[i + 1] : '\n';
		bool ends_line = next == '\r' || next == '\n';
		if (byte == '\n' || (byte == '\r' && next == '\n')) {
			append(inventor->out, &byte, 1);
			column = byte == '\n' ? 0 : column;
			continue;
		}
		bool is_hex = is_written_as_hex(hand, byte, ends_line);
		size_t unit = is_hex ? 3 : 1;
		if (breaks_line(hand, column + (ends_line ? hand->slack : 1), unit, byte)) {
			append_text(inventor->out, "=");
			end_line(inventor);
			column = 0;
		}
		const char hex[] = {'=', hand->digits[byte >> 4], hand->digits[byte & 15]};
		append(inventor->out, is_hex ? hex : (const char *)&byte, unit);
		column += unit;
	}
}

static void write_quoted(struct inventor *inventor, const struct buf *content)
{
	struct hand hand = {.limit = 76,
		.slack = (size_t)mime_random(inventor->random, 2),
		.at_words = one_in(inventor, 6),
		.tabs = one_in(inventor, 2),
		.many = one_in(inventor, 6),
		.blanks = one_in(inventor, 8),
		.digits = one_in(inventor, 4) ? "0123456789abcdef" : "0123456789ABCDEF"};

	if (one_in(inventor, 3))
		hand.limit = 20 + (size_t)mime_random(inventor->random, 60);
	write_quoted_by(inventor, &hand, content);
}

static void invent_leaf(struct inventor *inventor)
{
	static const char *const types[] = {"Content-Type: text/plain; charset=utf-8",
		"Content-Type: text/html", "content-type: application/octet-stream",
		"Content-Type: image/png; name=\"a.png\"",
		"Content-Type: application/pkcs7-mime"};
	AUTO_BUF content = buf_init(inventor->out->ceiling);

	if (!one_in(inventor, 6))
		say(inventor, types[mime_random(inventor->random, 5)]);
	uint64_t encoding = mime_random(inventor->random, 4);
	if (encoding == 0)
		say(inventor, "Content-Transfer-Encoding: BASE64");
	else if (encoding == 1)
		say(inventor, "Content-transfer-encoding:\tquoted-printable");
	else if (encoding == 2)
		say(inventor, "Content-Transfer-Encoding: 8bit");
	end_line(inventor);
	make_content(inventor, &content);
	if (encoding == 0)
		write_base64(inventor, &content);
	else if (encoding == 1)
		write_quoted(inventor, &content);
	else
		append(inventor->out, content.data, content.size);
}

static void invent_part(struct inventor *inventor, unsigned depth);

static void invent_multipart(struct inventor *inventor, unsigned depth)
{
	AUTO_TEXT boundary = mem_printf(
		"=_%u%s", inventor->boundaries++, one_in(inventor, 4) ? " (a) b" : "");
	AUTO_TEXT field = mem_printf("Content-Type: multipart/mixed;%s\tboundary=\"%s\"",
		inventor->line_end, boundary);
	uint64_t parts = 1 + mime_random(inventor->random, 4);

	say(inventor, field);
	end_line(inventor);
	if (one_in(inventor, 3))
		say(inventor, "This is a message in MIME format.");
	for (; parts > 0; parts--) {
		AUTO_TEXT line =
			mem_printf("%s--%s%s", one_in(inventor, 8) ? "" : inventor->line_end,
				boundary, one_in(inventor, 8) ? "  " : "");
		say(inventor, line);
		invent_part(inventor, depth + 1);
	}
	AUTO_TEXT close = mem_printf("%s--%s--", inventor->line_end, boundary);
	if (!one_in(inventor, 6))
		say(inventor, close);
	if (one_in(inventor, 4))
		say(inventor, "Behind it.");
}

static void invent_part(struct inventor *inventor, unsigned depth)
{
	enum { DEPTH_MOST = 6 };

	if (one_in(inventor, 8) && depth < DEPTH_MOST) {
		say(inventor, "Content-Type: message/rfc822");
		end_line(inventor);
		say(inventor, "Subject: forwarded");
	}
	if (mime_random(inventor->random, 3 + depth) < 2 && depth < DEPTH_MOST)
		invent_multipart(inventor, depth);
	else
		invent_leaf(inventor);
}

void mutate_invent(uint64_t *random, struct buf *out)
{
	struct inventor inventor = {.random = random, .out = out, .line_end = "\r\n"};

	buf_clear(out);
	if (one_in(&inventor, 4))
		inventor.line_end = "\n";
	if (one_in(&inventor, 10))
		say(&inventor, "From ada@contoso.example Mon Jan  1 00:00:00 2024");
	say(&inventor, "From: Ada <ada@contoso.example>");
	say(&inventor, "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=");
	invent_part(&inventor, 0);
}
