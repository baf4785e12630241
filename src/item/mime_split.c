/* SPDX-License-Identifier: Apache-2.0 */
#include "item/mime_split.h"

#include <string.h>

#include "base/mem.h"
#include "item/mime_split_priv.h"

_Static_assert(sizeof(struct mime_split) <= 128 << 10, "mime_split.h promises bounded memory");

static void begin_header(struct mime_split *split)
{
	split->where = IN_HEADER;
	mime_header_clear(&split->header);
}

static void begin_message(struct mime_split *split)
{
	begin_header(split);
	split->depth = 0;
	split->in_line = false;
	split->line_size = 0;
}

struct mime_split *mime_split_new(const struct mime_sink *sink)
{
	struct mime_split *split = mem_alloc(sizeof(*split));

	split->sink = *sink;
	begin_message(split);
	return split;
}

void mime_split_free(struct mime_split *split)
{
	mem_free(split);
}

/* What comes behind the header that has ended. */
static void begin_part(struct mime_split *split)
{
	const struct mime_header *header = &split->header;

	split->kind = mime_header_kind(header);
	split->hold_size = 0;
	split->staged = 0;
	split->held_end = 0;
	split->lines = 0;
	split->is_endless = false;
	split->breaks = 0;
	if (mime_header_is_multipart(header)) {
		split->where = IN_LITERAL;
		if (split->depth == MIME_DEPTH_MAX)
			return;
		struct boundary *boundary = &split->boundaries[split->depth];
		boundary->size = mime_header_boundary(header, boundary->text);
		if (boundary->size > 0)
			split->depth++;
		else
			split->where = IN_PLAIN;
		return;
	}
	if (mime_header_is_message(header)) {
		begin_header(split);
		return;
	}
	switch (mime_header_encoding(header)) {
	case MIME_BASE64:
		split->where = IN_BASE64;
		break;
	case MIME_QUOTED:
		split->where = IN_QUOTED;
		break;
	case MIME_PLAIN:
		split->where = IN_PLAIN;
		break;
	}
}

static int take_header_line(struct mime_split *split, const struct piece *piece)
{
	if (piece->starts && piece->size == piece->end)
		begin_part(split);
	else
		mime_header_add(&split->header, piece->data, piece->size, piece->starts);
	return split_literal(split, piece->data, piece->size);
}

/* Whether a line is a boundary of one of the multiparts around it: sets its depth, and whether
 * it closes it. */
static bool is_boundary(
	const struct mime_split *split, const struct piece *piece, size_t *level, bool *closes)
{
	const char *line = (const char *)piece->data + 2;
	size_t size = piece->size - piece->end - 2;

	while (size > 0 && (line[size - 1] == ' ' || line[size - 1] == '\t'))
		size--;
	for (size_t i = split->depth; i-- > 0;) {
		const struct boundary *boundary = &split->boundaries[i];
		if (size < boundary->size || memcmp(line, boundary->text, boundary->size) != 0)
			continue;
		const char *rest = line + boundary->size;
		*closes = size == boundary->size + 2 && rest[0] == '-' && rest[1] == '-';
		*level = i;
		if (size == boundary->size || *closes)
			return true;
	}
	return false;
}

static int end_part(struct mime_split *split, bool at_boundary)
{
	switch (split->where) {
	case IN_PLAIN:
		return split_plain_end(split, at_boundary);
	case IN_BASE64:
		return split_base64_end(split);
	case IN_QUOTED:
		return split_quoted_end(split, at_boundary);
	case IN_HEADER:
	case IN_LITERAL:
		break;
	}
	return 0;
}

static int take_piece(struct mime_split *split, const struct piece *piece)
{
	size_t level;
	bool closes;

	if (split->depth > 0 && piece->starts && piece->is_last &&
		piece->size - piece->end > 2 && piece->data[0] == '-' &&
		piece->data[1] == '-' && is_boundary(split, piece, &level, &closes)) {
		int r = end_part(split, true);
		begin_header(split);
		split->depth = closes ? level : level + 1;
		if (closes)
			split->where = IN_LITERAL;
		return r == 0 ? split_literal(split, piece->data, piece->size) : r;
	}
	switch (split->where) {
	case IN_HEADER:
		return take_header_line(split, piece);
	case IN_PLAIN:
		return split_plain_piece(split, piece);
	case IN_BASE64:
		return split_base64_piece(split, piece);
	case IN_QUOTED:
		return split_quoted_piece(split, piece);
	case IN_LITERAL:
		break;
	}
	return split_literal(split, piece->data, piece->size);
}

/* Works on the next line, or piece of one; `ends`: a line feed is its last byte, or nothing
 * follows in the message. */
static int take_bytes(struct mime_split *split, const uint8_t *data, size_t size, bool ends)
{
	struct piece piece = {.data = data, .size = size, .starts = !split->in_line};

	if (data[size - 1] == '\n')
		piece.end = size >= 2 && data[size - 2] == '\r' ? 2 : 1;
	piece.is_last = ends;
	split->in_line = !ends;
	return take_piece(split, &piece);
}

/* The line that had begun in an earlier call: takes what belongs to it from *data. */
static int fill_line(struct mime_split *split, const uint8_t **data, size_t *size)
{
	size_t room = MIME_LINE_MAX - split->line_size;
	size_t most = *size < room ? *size : room;
	const uint8_t *feed = memchr(*data, '\n', most);
	size_t part = feed ? (size_t)(feed - *data) + 1 : most;
	int r = 0;

	memcpy(split->line + split->line_size, *data, part);
	split->line_size += part;
	*data += part;
	*size -= part;
	if (feed || split->line_size == MIME_LINE_MAX) {
		r = take_bytes(split, split->line, split->line_size, feed != NULL);
		split->line_size = 0;
		/* What lies in `line` is given out before the next line comes there. */
		if (r == 0)
			r = split_flush(split);
	}
	return r;
}

int mime_split_add(struct mime_split *split, const void *data, size_t size)
{
	const uint8_t *bytes = data;
	int r = 0;

	while (r == 0 && size > 0) {
		if (split->line_size > 0) {
			r = fill_line(split, &bytes, &size);
			continue;
		}
		size_t most = size < MIME_LINE_MAX ? size : MIME_LINE_MAX;
		const uint8_t *feed = memchr(bytes, '\n', most);
		if (!feed && size < MIME_LINE_MAX) {
			memcpy(split->line, bytes, size);
			split->line_size = size;
			break;
		}
		size_t part = feed ? (size_t)(feed - bytes) + 1 : most;
		r = take_bytes(split, bytes, part, feed != NULL);
		bytes += part;
		size -= part;
	}
	return r == 0 ? split_flush(split) : r;
}

int mime_split_finish(struct mime_split *split)
{
	int r = 0;

	if (split->line_size > 0)
		r = take_bytes(split, split->line, split->line_size, true);
	if (r == 0)
		r = end_part(split, false);
	if (r == 0)
		r = split_flush(split);
	begin_message(split);
	return r;
}
