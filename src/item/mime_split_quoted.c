/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "item/mime_quoted_priv.h"
#include "item/mime_split_priv.h"

/*
 * A part in quoted-printable. Lines are held until a window is full; how they were encoded is
 * guessed, the encoder says how many of them it gives back, and those are a body. The lines of
 * the next window go on with it.
 */

/* Takes `size` bytes away from the front of what is held. */
static void consume(struct mime_split *split, size_t size)
{
	split->hold_size -= size;
	memmove(split->hold, split->hold + size, split->hold_size);
}

static int give_literal(struct mime_split *split, size_t size)
{
	int r = split_literal(split, split->hold, size);

	if (r == 0)
		r = split_flush(split);
	consume(split, size);
	return r;
}

/* Gives up the line at which the encoder would write something else, with what lies before. */
static int skip_line(struct mime_split *split, size_t before)
{
	const uint8_t *rest = split->hold + before;
	const uint8_t *end = memchr(rest, '\n', split->hold_size - before);
	size_t size = end ? (size_t)(end - split->hold) + 1 : split->hold_size;

	split->breaks++;
	return give_literal(split, size);
}

static int begin(struct mime_split *split, bool is_all)
{
	const struct quoted_text text = {split->hold, split->hold_size, is_all};
	size_t same = quoted_guess(&text, split->decoded, &split->facts);

	if (same < MIME_BODY_LEAST)
		return skip_line(split, same);
	split->breaks++;
	return split_body_begin(split, split->kind);
}

/* What the body has of the held lines. */
static int go_on(struct mime_split *split, bool is_all)
{
	bool is_wrong;
	size_t used;
	const struct quoted_text text = {split->hold, split->hold_size, is_all};
	size_t same = quoted_check(&split->facts, &text, split->decoded, &is_wrong);
	size_t made = quoted_decode(split->hold, same, split->decoded, &used);
	int r = split_body_data(split, split->decoded, made);

	if (same > 0)
		split->ends_soft = quoted_ends_soft(split->hold, same);
	consume(split, same);
	if (r == 0 && (is_all || is_wrong)) {
		split->facts.tail = split->ends_soft ? MIME_TAIL_SOFT : 0;
		r = split_body_end(split);
	}
	return r;
}

/* Works on what is held; on all of it where nothing follows. */
static int work(struct mime_split *split, bool is_all)
{
	int r = 0;

	while (r == 0 && (split->hold_size >= WINDOW || (is_all && split->hold_size > 0))) {
		if (split->in_body)
			r = go_on(split, is_all);
		else if (split->breaks >= BREAKS_MAX || split->hold_size < MIME_BODY_LEAST)
			r = split_literal_hold(split);
		else
			r = begin(split, is_all);
	}
	if (r == 0 && is_all && split->in_body)
		r = go_on(split, true);
	return r;
}

int split_quoted_piece(struct mime_split *split, const struct piece *piece)
{
	if (!split->in_body && split->breaks >= BREAKS_MAX && split->hold_size == 0)
		return split_literal(split, piece->data, piece->size);
	if (piece->starts && piece->is_last) {
		split_hold(split, piece->data, piece->size);
		return work(split, false);
	}
	/* A line that is too long ends what lies before it. */
	int r = work(split, true);
	if (piece->starts)
		split->breaks++;
	return r == 0 ? split_literal(split, piece->data, piece->size) : r;
}

int split_quoted_end(struct mime_split *split, bool at_boundary)
{
	static const uint8_t ends[] = "\r\n";
	size_t size = split->hold_size, end = 0;

	/* The last line end belongs to the boundary, but for one behind a "=". */
	if (at_boundary && size > 0 && split->hold[size - 1] == '\n' &&
		!quoted_ends_soft(split->hold, size))
		end = size > 1 && split->hold[size - 2] == '\r' ? 2 : 1;
	split->hold_size -= end;
	int r = work(split, true);
	return r == 0 ? split_literal(split, ends + 2 - end, end) : r;
}
