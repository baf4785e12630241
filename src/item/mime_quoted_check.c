/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "item/mime_quoted_priv.h"

/* Reading quoted-printable, and finding out who wrote it. */

static int hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Size of the line end that the `size` bytes end with. */
static size_t end_size(const uint8_t *line, size_t size)
{
	if (size == 0 || line[size - 1] != '\n')
		return 0;
	return size >= 2 && line[size - 2] == '\r' ? 2 : 1;
}

bool quoted_ends_soft(const uint8_t *text, size_t size)
{
	size_t end = end_size(text, size);

	return end > 0 && size > end && text[size - end - 1] == '=';
}

/* The line's content; false where it is no quoted-printable. */
static bool decode_content(const uint8_t *line, size_t size, uint8_t **out)
{
	uint8_t *to = *out;
	size_t at = 0;

	while (at < size) {
		const uint8_t *sign = memchr(line + at, '=', size - at);
		size_t plain = sign ? (size_t)(sign - line) - at : size - at;
		memcpy(to, line + at, plain);
		to += plain;
		at += plain;
		if (!sign)
			break;
		if (size - at < 3)
			return false;
		int high = hex_value(line[at + 1]), low = hex_value(line[at + 2]);
		if (high < 0 || low < 0)
			return false;
		*to++ = (uint8_t)(high << 4 | low);
		at += 3;
	}
	*out = to;
	return true;
}

size_t quoted_decode(const uint8_t *text, size_t size, uint8_t *out, size_t *used)
{
	uint8_t *to = out;
	size_t at = 0;

	while (at < size) {
		const uint8_t *line = text + at;
		const uint8_t *found = memchr(line, '\n', size - at);
		size_t line_size = found ? (size_t)(found - line) + 1 : size - at;
		size_t end = end_size(line, line_size);
		bool is_soft = quoted_ends_soft(line, line_size);
		uint8_t *made = to;
		if (!decode_content(line, line_size - end - is_soft, &made))
			break;
		to = made;
		if (!is_soft) {
			memcpy(to, line + line_size - end, end);
			to += end;
		}
		at += line_size;
	}
	*used = at;
	return (size_t)(to - out);
}

/* What the encoder's output is held against. */
struct comparison {
	const uint8_t *text;
	size_t size, same;
};

static int compare(void *context, const void *data, size_t size)
{
	enum { DIFFERS = 1 };
	struct comparison *comparison = context;
	const uint8_t *bytes = data, *text = comparison->text + comparison->same;
	size_t left = comparison->size - comparison->same;
	size_t most = size < left ? size : left;
	size_t same = 0;

	if (memcmp(bytes, text, most) == 0) {
		same = most;
	} else {
		while (bytes[same] == text[same])
			same++;
	}
	comparison->same += same;
	return same < size ? DIFFERS : 0;
}

size_t quoted_check(const struct mime_facts *facts, const struct quoted_text *text,
	uint8_t *decoded, bool *is_wrong)
{
	struct quoted_encoder encoder;
	struct mime_facts checked = *facts;
	struct comparison comparison = {.text = text->data, .size = text->size};
	size_t used, made = quoted_decode(text->data, text->size, decoded, &used);
	bool is_all = text->is_all && used == text->size;

	checked.tail = quoted_ends_soft(text->data, used) ? MIME_TAIL_SOFT : 0;
	quoted_encoder_init(&encoder, &checked, compare, &comparison);
	int r = quoted_encoder_add(&encoder, decoded, made);
	if (r == 0)
		r = is_all ? quoted_encoder_finish(&encoder)
			   : compare(&comparison, encoder.text, encoder.made);
	bool is_whole = r == 0 && is_all && comparison.same == text->size;
	*is_wrong = r != 0 || used < text->size || (is_all && !is_whole);
	if (is_whole)
		return text->size;
	/* Back to the end of a line. */
	const uint8_t *end =
		comparison.same ? memrchr(text->data, '\n', comparison.same) : NULL;
	return end ? (size_t)(end - text->data) + 1 : 0;
}

/* What can be seen of how a text was encoded. */
struct traits {
	size_t longest_soft, longest; /* characters of a line, the "=" counted */
	uint8_t profile, line_end;
};

static void look_at_codes(const uint8_t *line, size_t size, struct traits *traits)
{
	const uint8_t *sign = line, *end = line + size;

	while ((sign = memchr(sign, '=', (size_t)(end - sign))) && end - sign >= 3) {
		int code = hex_value(sign[1]) * 16 + hex_value(sign[2]);
		if (sign[1] >= 'a' || sign[2] >= 'a')
			traits->profile |= MIME_QUOTED_LOWER;
		if (code == '.' && sign == line)
			traits->profile |= MIME_QUOTED_DOT;
		if (code == '\t' && end - sign > 3)
			traits->profile |= MIME_QUOTED_TAB;
		if (code == '"' || code == '@' || code == '#' || code == '!')
			traits->profile |= MIME_QUOTED_MANY;
		sign += 3;
	}
}

static void look_at_line(const uint8_t *line, size_t size, struct traits *traits)
{
	size_t end = end_size(line, size);
	size_t content = size - end;
	bool is_soft = quoted_ends_soft(line, size);

	if (end > 0 && traits->line_end == 0)
		traits->line_end = (uint8_t)end;
	if (content > traits->longest)
		traits->longest = content;
	if (is_soft && content > traits->longest_soft)
		traits->longest_soft = content;
	if (!is_soft && content && (line[content - 1] == ' ' || line[content - 1] == '\t'))
		traits->profile |= MIME_QUOTED_BLANK;
	look_at_codes(line, content - is_soft, traits);
}

static struct traits look_at(const uint8_t *text, size_t size)
{
	struct traits traits = {0};

	for (size_t at = 0; at < size;) {
		const uint8_t *found = memchr(text + at, '\n', size - at);
		size_t line_size = found ? (size_t)(found - text) + 1 - at : size - at;
		look_at_line(text + at, line_size, &traits);
		at += line_size;
	}
	return traits;
}

enum { LINE_USUAL = 76, SAMPLE = 8192 };

struct guess {
	struct quoted_text text;
	uint8_t *decoded;
	struct mime_facts facts; /* the best so far */
	size_t same;             /* bytes at the beginning that they give back */
	bool is_right;
};

/* Tries one line limit with all ways to break lines. */
static void try_line(struct guess *guess, size_t line)
{
	static const uint8_t ways[] = {MIME_QUOTED_FULL | MIME_QUOTED_FULL_HEX,
		MIME_QUOTED_FULL, 0, MIME_QUOTED_EVEN | MIME_QUOTED_FULL | MIME_QUOTED_FULL_HEX,
		MIME_QUOTED_EVEN | MIME_QUOTED_FULL, MIME_QUOTED_EVEN};
	const uint8_t all = MIME_QUOTED_EVEN | MIME_QUOTED_FULL | MIME_QUOTED_FULL_HEX;
	struct mime_facts tried = guess->facts;
	const uint8_t profile = tried.profile & (uint8_t)~all;
	bool is_wrong;

	tried.line = (uint32_t)line;
	for (size_t i = 0; i < sizeof(ways) && !guess->is_right; i++) {
		tried.profile = profile | ways[i];
		size_t same = quoted_check(&tried, &guess->text, guess->decoded, &is_wrong);
		guess->is_right = !is_wrong;
		if (guess->facts.line == 0 || same > guess->same || guess->is_right) {
			guess->facts = tried;
			guess->same = same;
		}
	}
}

size_t quoted_guess(const struct quoted_text *text, uint8_t *decoded, struct mime_facts *facts)
{
	const uint8_t *end = text->size > SAMPLE ? memrchr(text->data, '\n', SAMPLE) : NULL;
	struct guess guess = {.text = *text, .decoded = decoded};

	if (end) {
		guess.text.size = (size_t)(end - text->data) + 1;
		guess.text.is_all = false;
	}
	struct traits traits = look_at(text->data, guess.text.size);
	size_t line = traits.longest_soft ? traits.longest_soft : traits.longest;
	if (!traits.longest_soft && line < LINE_USUAL)
		line = LINE_USUAL;
	if (line < QUOTED_LINE_LEAST)
		line = QUOTED_LINE_LEAST;
	guess.facts = (struct mime_facts){.encoding = MIME_QUOTED,
		.line_end = traits.line_end ? traits.line_end : MIME_LF,
		.profile = traits.profile};
	if (line <= MIME_LINE_MAX)
		try_line(&guess, line);
	if (line < LINE_USUAL && traits.longest <= LINE_USUAL)
		try_line(&guess, LINE_USUAL);
	*facts = guess.facts;
	return guess.same;
}
