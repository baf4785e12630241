/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "item/mime_base64_priv.h"
#include "item/mime_split_priv.h"

/*
 * A part in base64. Lines of one length, each a multiple of four characters of the alphabet and
 * all with the same line end, are a body, and so is the shorter or padded line behind them,
 * which ends it. Encoding can give nothing else, so there is nothing to compare. Any other line
 * ends the body before it, and may begin the next one.
 */

enum verdict { GOES_ON, ENDS, IS_NONE };

enum { LINE_LEAST = 16 };

static enum mime_kind kind_of(const struct mime_split *split)
{
	return split->kind == MIME_KIND_DOCUMENT && mime_is_media(split->stage, split->staged)
		       ? MIME_KIND_MEDIA
		       : split->kind;
}

/* Room in the stage for one more line. What may become a body never fills it. */
static int make_room(struct mime_split *split)
{
	return split->in_body && split->staged + MIME_LINE_MAX > STAGE_SIZE ? split_flush(split)
									    : 0;
}

/* The bytes of the message that were decoded into the stage last: held until they make a body.
 */
static int took(struct mime_split *split, const uint8_t *data, size_t size)
{
	if (split->in_body)
		return 0;
	split_hold(split, data, size);
	if (split->hold_size < MIME_BODY_LEAST)
		return 0;
	split->hold_size = 0;
	return split_body_begin(split, kind_of(split));
}

/* Gives up what is no body, or ends the body. */
static int stop(struct mime_split *split)
{
	int r;

	if (split->in_body) {
		r = split_body_end(split);
	} else {
		r = split_literal_hold(split);
		split->staged = 0;
	}
	split->lines = 0;
	split->is_endless = false;
	return r;
}

static enum verdict decode_line(struct mime_split *split, const struct piece *piece)
{
	size_t size = piece->size - piece->end, made;
	uint8_t *out = split->stage + split->staged;

	if (size == split->facts.line && piece->end == split->facts.line_end &&
		base64_decode(piece->data, size, out)) {
		split->staged += size / 4 * 3;
		return GOES_ON;
	}
	if (size == 0 || size > split->facts.line || size % 4 != 0 ||
		!base64_decode_last(piece->data, size, out, &made))
		return IS_NONE;
	split->staged += made;
	return ENDS;
}

/* The line that ends a body; its line end belongs to it where it is like the others. */
static int take_last(struct mime_split *split, const struct piece *piece)
{
	size_t own = piece->end == split->facts.line_end ? piece->end : 0;
	int r = took(split, piece->data, piece->size - piece->end + own);

	split->facts.tail = own ? MIME_TAIL_LINE_END : 0;
	if (r == 0)
		r = stop(split);
	if (r == 0 && own == 0)
		r = split_literal(split, piece->data + piece->size - piece->end, piece->end);
	return r;
}

static bool is_enough(const struct mime_split *split, const struct piece *piece)
{
	return split->hold_size + piece->size >= MIME_BODY_LEAST;
}

/* A line with which a body may begin. */
static bool may_begin(const struct piece *piece)
{
	size_t size = piece->size - piece->end;

	return piece->starts && piece->end > 0 && size >= LINE_LEAST && size % 4 == 0;
}

static int begin_lines(struct mime_split *split, const struct piece *piece)
{
	split->staged = 0;
	split->facts = (struct mime_facts){.encoding = MIME_BASE64,
		.line_end = (uint8_t)piece->end,
		.tail = MIME_TAIL_LINE_END,
		.line = (uint32_t)(piece->size - piece->end)};
	switch (decode_line(split, piece)) {
	case GOES_ON:
		split->lines = 1;
		return took(split, piece->data, piece->size);
	case ENDS:
		return take_last(split, piece);
	case IS_NONE:
		break;
	}
	return split_literal(split, piece->data, piece->size);
}

/* The first piece of a line that is longer than a line may be. */
static int begin_endless(struct mime_split *split, const struct piece *piece)
{
	split->staged = 0;
	if (!base64_decode(piece->data, piece->size, split->stage))
		return split_literal(split, piece->data, piece->size);
	split->facts = (struct mime_facts){.encoding = MIME_BASE64};
	split->staged = piece->size / 4 * 3;
	split->is_endless = true;
	return took(split, piece->data, piece->size);
}

static int go_on_endless(struct mime_split *split, const struct piece *piece)
{
	size_t size = piece->size - piece->end, made = 0;
	bool is_good =
		size > 0 && size % 4 == 0 &&
		base64_decode_last(piece->data, size, split->stage + split->staged, &made);
	bool goes_on = is_good && !piece->is_last && made == size / 4 * 3;
	int r = 0;

	if (is_good)
		split->staged += made;
	if (!goes_on)
		r = stop(split);
	if (r == 0 && !is_good)
		return split_literal(split, piece->data, piece->size);
	return r == 0 ? split_literal(split, piece->data + size, piece->end) : r;
}

int split_base64_piece(struct mime_split *split, const struct piece *piece)
{
	int r = make_room(split);

	if (r != 0)
		return r;
	if (split->is_endless)
		return go_on_endless(split, piece);
	if (split->lines > 0) {
		enum verdict verdict = piece->is_last ? decode_line(split, piece) : IS_NONE;
		if (verdict == GOES_ON)
			return took(split, piece->data, piece->size);
		/* What is too small so far may be what stands before a body of shorter lines.
		 */
		if (verdict == ENDS && (split->in_body || is_enough(split, piece)))
			return take_last(split, piece);
		r = stop(split);
		if (r != 0)
			return r;
	}
	if (piece->starts && !piece->is_last)
		return begin_endless(split, piece);
	if (may_begin(piece))
		return begin_lines(split, piece);
	return split_literal(split, piece->data, piece->size);
}

int split_base64_end(struct mime_split *split)
{
	return stop(split);
}
