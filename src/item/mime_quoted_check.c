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

/* Asks often, so that what is wrong soon costs little. */
static int encode(struct quoted_encoder *encoder, const uint8_t *data, size_t size)
{
	int r = 0;

	while (r == 0 && size > 0) {
		size_t part = size < QUOTED_IN / 2 ? size : QUOTED_IN / 2;
		r = quoted_encoder_add(encoder, data, part);
		if (r == 0)
			r = quoted_encoder_flush(encoder);
		data += part;
		size -= part;
	}
	return r;
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
	int r = encode(&encoder, decoded, made);
	if (r == 0 && is_all)
		r = quoted_encoder_finish(&encoder);
	bool is_whole = r == 0 && is_all && comparison.same == text->size;
	*is_wrong = r != 0 || used < text->size || (is_all && !is_whole);
	if (is_whole)
		return text->size;
	/* Back to the end of a line. */
	const uint8_t *end =
		comparison.same ? memrchr(text->data, '\n', comparison.same) : NULL;
	return end ? (size_t)(end - text->data) + 1 : 0;
}

enum { LINE_USUAL = 76, SAMPLE = 8192, LENGTHS = 1024 };

/* What can be seen of how a text was encoded. */
struct traits {
	size_t longest;                    /* characters of a line, the "=" counted */
	size_t longest_plain, longest_hex; /* of a line with a hard end, by what stands last */
	uint16_t lengths[LENGTHS];         /* how many lines with a soft end are that long, */
	uint16_t before_plain[LENGTHS];    /* and have one character behind the break */
	uint8_t profile, line_end;
	uint8_t known; /* flags of the profile that something was seen about */
};

/* What is seen first counts: where it changes the body ends. */
static void learn(struct traits *traits, uint8_t flag, bool is_set)
{
	if (!(traits->known & flag) && is_set)
		traits->profile |= flag;
	traits->known |= flag;
}

static bool is_of_many(int byte)
{
	return byte == '"' || byte == '@' || byte == '#' || byte == '!';
}

/* An encoded character: two digits, and whether it begins and ends its line. */
static void look_at_code(const uint8_t *digits, bool begins, bool ends, struct traits *traits)
{
	int code = hex_value(digits[0]) * 16 + hex_value(digits[1]);

	if (digits[0] >= 'A' || digits[1] >= 'A')
		learn(traits, MIME_QUOTED_LOWER, digits[0] >= 'a' || digits[1] >= 'a');
	if (code == '.' && begins)
		learn(traits, MIME_QUOTED_DOT, true);
	if (code == '\t' && !ends)
		learn(traits, MIME_QUOTED_TAB, true);
	if ((code == '\t' || code == ' ') && ends)
		learn(traits, MIME_QUOTED_BLANK, false);
	if (is_of_many(code))
		learn(traits, MIME_QUOTED_MANY, true);
}

/* A line without its end, hard or soft. */
static void look_at_content(
	const uint8_t *line, size_t size, bool is_soft, struct traits *traits)
{
	size_t at = 0;

	if (size > 0 && line[0] == '.')
		learn(traits, MIME_QUOTED_DOT, false);
	if (size > 0 && !is_soft && (line[size - 1] == ' ' || line[size - 1] == '\t'))
		learn(traits, MIME_QUOTED_BLANK, true);
	while (at < size) {
		if (line[at] == '=' && size - at >= 3) {
			look_at_code(
				line + at + 1, at == 0, at + 3 == size && !is_soft, traits);
			at += 3;
			continue;
		}
		if (line[at] == '\t' && at + 1 < size)
			learn(traits, MIME_QUOTED_TAB, false);
		if (is_of_many(line[at]))
			learn(traits, MIME_QUOTED_MANY, false);
		at++;
	}
}

static void raise_to(size_t *most, size_t value)
{
	if (value > *most)
		*most = value;
}

static bool ends_hex(const uint8_t *line, size_t size)
{
	return size >= 3 && line[size - 3] == '=';
}

/* A line, and the one behind it. */
static void look_at_line(
	const uint8_t *line, size_t size, const uint8_t *next, struct traits *traits)
{
	size_t end = end_size(line, size);
	size_t content = size - end;
	bool is_soft = quoted_ends_soft(line, size);

	if (end > 0 && traits->line_end == 0)
		traits->line_end = (uint8_t)end;
	raise_to(&traits->longest, content);
	look_at_content(line, content - is_soft, is_soft, traits);
	if (!is_soft) {
		raise_to(
			ends_hex(line, content) ? &traits->longest_hex : &traits->longest_plain,
			content);
		return;
	}
	if (content >= LENGTHS)
		return;
	traits->lengths[content]++;
	if (next && *next != '=' && *next != '\n' && *next != '\r' &&
		!ends_hex(line, content - 1))
		traits->before_plain[content]++;
}

static struct traits look_at(const uint8_t *text, size_t size)
{
	struct traits traits = {0};

	for (size_t at = 0; at < size;) {
		const uint8_t *found = memchr(text + at, '\n', size - at);
		size_t line_size = found ? (size_t)(found - text) + 1 - at : size - at;
		const uint8_t *line = text + at;
		at += line_size;
		look_at_line(line, line_size, at < size ? text + at : NULL, &traits);
	}
	return traits;
}

/* The facts that the traits allow with this line limit. */
static struct mime_facts facts_of(const struct traits *traits, size_t line)
{
	unsigned profile = traits->profile;

	if (traits->longest_plain >= line)
		profile |= MIME_QUOTED_FULL;
	if (traits->longest_hex >= line)
		profile |= MIME_QUOTED_FULL_HEX;
	if (line < LENGTHS && traits->before_plain[line - 2] + traits->before_plain[line - 1] >
				      traits->before_plain[line])
		profile |= MIME_QUOTED_EVEN;
	return (struct mime_facts){.encoding = MIME_QUOTED,
		.line_end = traits->line_end ? traits->line_end : MIME_LF,
		.profile = (uint8_t)profile,
		.line = (uint32_t)line};
}

/* The length that most lines with a soft end have, the longest of these. */
static size_t usual_length(const struct traits *traits)
{
	size_t best = 0;

	for (size_t i = 1; i < LENGTHS; i++)
		if (traits->lengths[i] > 0 && traits->lengths[i] >= traits->lengths[best])
			best = i;
	return best;
}

static size_t longest_soft(const struct traits *traits)
{
	size_t length = LENGTHS - 1;

	while (length > 0 && traits->lengths[length] == 0)
		length--;
	return length;
}

size_t quoted_guess(const struct quoted_text *text, uint8_t *decoded, struct mime_facts *facts)
{
	const uint8_t *end = text->size > SAMPLE ? memrchr(text->data, '\n', SAMPLE) : NULL;
	struct quoted_text sample = *text;
	size_t best = 0;
	bool is_wrong = true;

	if (end) {
		sample.size = (size_t)(end - text->data) + 1;
		sample.is_all = false;
	}
	struct traits traits = look_at(sample.data, sample.size);
	const size_t lines[] = {
		usual_length(&traits), longest_soft(&traits), LINE_USUAL, traits.longest};
	*facts = (struct mime_facts){0};
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]) && is_wrong; i++) {
		if (lines[i] < QUOTED_LINE_LEAST || lines[i] > MIME_LINE_MAX ||
			(i > 0 && lines[i] == lines[i - 1]))
			continue;
		struct mime_facts tried = facts_of(&traits, lines[i]);
		size_t same = quoted_check(&tried, &sample, decoded, &is_wrong);
		if (same > best || !is_wrong) {
			best = same;
			*facts = tried;
		}
	}
	return best;
}
