/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "item/mime_split_priv.h"

/* A part that is not encoded. Its last line end belongs to the boundary behind it (RFC 2046),
 * so each is held back until it is known not to be the last. */

static const uint8_t *line_end(size_t size)
{
	static const uint8_t ends[] = "\r\n";

	return ends + 2 - size;
}

/* The line end held back, as what `next` follows in the input. */
static int give_end(struct mime_split *split, const uint8_t *next)
{
	size_t size = split->held_end;

	split->held_end = 0;
	/* Where the run still lies before `next`, so does the line end. */
	if (size > 0 && split->run_size > 0 && split->run + split->run_size + size == next)
		return split_plain(split, next - size, size);
	return split_plain(split, line_end(size), size);
}

static int begin(struct mime_split *split)
{
	int r = split_body_begin(split, split->kind);

	split->facts = (struct mime_facts){.encoding = MIME_PLAIN};
	if (r == 0)
		r = split_body_data(split, split->hold, split->hold_size - split->held_end);
	split->hold_size = 0;
	return r;
}

int split_plain_piece(struct mime_split *split, const struct piece *piece)
{
	if (!split->in_body) {
		split_hold(split, piece->data, piece->size);
		split->held_end = piece->end;
		return split->hold_size >= MIME_BODY_LEAST ? begin(split) : 0;
	}
	int r = give_end(split, piece->data);
	if (r == 0)
		r = split_plain(split, piece->data, piece->size - piece->end);
	split->held_end = piece->end;
	return r;
}

int split_plain_end(struct mime_split *split, bool at_boundary)
{
	size_t end = split->held_end;
	int r = 0;

	if (!split->in_body)
		return split_literal_hold(split);
	if (!at_boundary)
		r = give_end(split, NULL);
	if (r == 0)
		r = split_body_end(split);
	if (r == 0 && at_boundary)
		r = split_literal(split, line_end(end), end);
	return r;
}
