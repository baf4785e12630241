/* SPDX-License-Identifier: Apache-2.0 */
#include "item/mime_quoted_priv.h"

#include <string.h>

enum byte_class {
	IS_PLAIN,
	IS_ENCODED,
	IS_BLANK, /* encoded where it ends a line */
	IS_DOT,   /* encoded where it begins one */
};

enum { LOOK_AHEAD = 2 }; /* a line end has at most two bytes */

static enum byte_class class_of(const struct mime_facts *facts, uint8_t byte)
{
	static const char many[] = "!\"#$@[\\]^`{|}~";

	if (byte == '\t' && facts->profile & MIME_QUOTED_TAB)
		return IS_ENCODED;
	if (byte == '\t' || byte == ' ')
		return facts->profile & MIME_QUOTED_BLANK ? IS_PLAIN : IS_BLANK;
	if (byte < ' ' || byte > '~' || byte == '=')
		return IS_ENCODED;
	if (byte == '.' && facts->profile & MIME_QUOTED_DOT)
		return IS_DOT;
	if (facts->profile & MIME_QUOTED_MANY && memchr(many, byte, sizeof(many) - 1))
		return IS_ENCODED;
	return IS_PLAIN;
}

void quoted_encoder_init(struct quoted_encoder *encoder, const struct mime_facts *facts,
	mime_out *out, void *context)
{
	encoder->facts = *facts;
	encoder->out = out;
	encoder->context = context;
	for (unsigned byte = 0; byte < 256; byte++)
		encoder->classes[byte] = (uint8_t)class_of(facts, (uint8_t)byte);
	encoder->room = facts->line - 1;
	encoder->column = 0;
	encoder->waiting = 0;
	encoder->made = 0;
}

int quoted_encoder_flush(struct quoted_encoder *encoder)
{
	size_t size = encoder->made;

	encoder->made = 0;
	return size ? encoder->out(encoder->context, encoder->text, size) : 0;
}

static void put(struct quoted_encoder *encoder, uint8_t byte)
{
	encoder->text[encoder->made++] = byte;
}

static void put_line_end(struct quoted_encoder *encoder)
{
	if (encoder->facts.line_end == MIME_CRLF)
		put(encoder, '\r');
	put(encoder, '\n');
	encoder->column = 0;
}

static void put_hex(struct quoted_encoder *encoder, uint8_t byte)
{
	const char *digits = encoder->facts.profile & MIME_QUOTED_LOWER ? "0123456789abcdef"
									: "0123456789ABCDEF";

	put(encoder, '=');
	put(encoder, (uint8_t)digits[byte >> 4]);
	put(encoder, (uint8_t)digits[byte & 15]);
}

/* Size of the line end at `data`; 0 where there is none. */
static size_t line_end_at(
	const struct quoted_encoder *encoder, const uint8_t *data, size_t size)
{
	if (encoder->facts.line_end == MIME_LF)
		return size >= 1 && data[0] == '\n';
	return size >= 2 && data[0] == '\r' && data[1] == '\n' ? 2 : 0;
}

static size_t unit_size(const struct quoted_encoder *encoder, uint8_t byte, bool is_last)
{
	switch ((enum byte_class)encoder->classes[byte]) {
	case IS_ENCODED:
		return 3;
	case IS_BLANK:
		return is_last ? 3 : 1;
	case IS_DOT:
		return encoder->column == 0 ? 3 : 1;
	case IS_PLAIN:
		break;
	}
	return 1;
}

/* Whether a unit finds room in the line. */
static bool has_room(const struct quoted_encoder *encoder, size_t unit, bool is_last)
{
	uint8_t profile = encoder->facts.profile;
	size_t room = encoder->room;

	if (is_last)
		room += (profile & (unit == 3 ? MIME_QUOTED_FULL_HEX : MIME_QUOTED_FULL)) != 0;
	else if (profile & MIME_QUOTED_EVEN)
		unit = 3;
	return encoder->column + unit <= room;
}

static void put_byte(struct quoted_encoder *encoder, uint8_t byte, bool is_last)
{
	size_t unit = unit_size(encoder, byte, is_last);

	if (!has_room(encoder, unit, is_last)) {
		put(encoder, '=');
		put_line_end(encoder);
		unit = unit_size(encoder, byte, is_last);
	}
	if (unit == 3)
		put_hex(encoder, byte);
	else
		put(encoder, byte);
	encoder->column += unit;
}

/* Bytes that stay as they are, whose successors do too, as far as the line has room. */
static size_t put_plain(struct quoted_encoder *encoder, const uint8_t *data, size_t size)
{
	size_t room = encoder->room - (encoder->facts.profile & MIME_QUOTED_EVEN ? 2 : 0);
	size_t left = encoder->column < room ? room - encoder->column : 0;
	size_t most = size < left ? size : left;
	size_t count = 0;

	while (count < most && encoder->classes[data[count]] == IS_PLAIN)
		count++;
	if (count < 2)
		return 0;
	count--; /* the last one may end its line */
	memcpy(encoder->text + encoder->made, data, count);
	encoder->made += count;
	encoder->column += count;
	return count;
}

/* Encodes what lies in `in`, but for the last bytes while more may follow. */
static int encode_waiting(struct quoted_encoder *encoder, bool is_all)
{
	const uint8_t *data = encoder->in;
	size_t size = encoder->waiting;
	bool ends_line = is_all && !(encoder->facts.tail & MIME_TAIL_SOFT);
	size_t at = 0;

	while (at + (is_all ? 0 : LOOK_AHEAD) < size) {
		if (encoder->made + QUOTED_IN + 8 > QUOTED_OUT) {
			int r = quoted_encoder_flush(encoder);
			if (r != 0)
				return r;
		}
		size_t end = line_end_at(encoder, data + at, size - at);
		if (end > 0) {
			put_line_end(encoder);
			at += end;
			continue;
		}
		size_t plain = put_plain(encoder, data + at, size - at);
		at += plain;
		if (plain > 0)
			continue;
		bool is_last = at + 1 == size
				       ? ends_line
				       : line_end_at(encoder, data + at + 1, size - at - 1) > 0;
		put_byte(encoder, data[at++], is_last);
	}
	encoder->waiting = size - at;
	memmove(encoder->in, data + at, encoder->waiting);
	return 0;
}

int quoted_encoder_add(struct quoted_encoder *encoder, const uint8_t *data, size_t size)
{
	int r = 0;

	while (r == 0 && size > 0) {
		size_t free = QUOTED_IN - encoder->waiting;
		size_t part = size < free ? size : free;
		memcpy(encoder->in + encoder->waiting, data, part);
		encoder->waiting += part;
		data += part;
		size -= part;
		r = encode_waiting(encoder, false);
	}
	return r;
}

int quoted_encoder_finish(struct quoted_encoder *encoder)
{
	int r = encode_waiting(encoder, true);

	if (r != 0)
		return r;
	if (encoder->facts.tail & MIME_TAIL_SOFT) {
		put(encoder, '=');
		put_line_end(encoder);
	}
	return quoted_encoder_flush(encoder);
}
