/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_MIME_SPLIT_PRIV_H
#define ITEM_MIME_SPLIT_PRIV_H

#include <stdbool.h>

#include "item/mime_header_priv.h"
#include "item/mime_split.h"

/*
 * The inside of mime_split.h: what its sources share. The input is worked on line by line; the
 * lines are its own, however the input was cut into calls, and so is all that is decided.
 */

enum {
	STAGE_SIZE = 16384,
	WINDOW = 32768, /* of quoted-printable, looked at together */
	HOLD_SIZE = WINDOW + MIME_LINE_MAX,
	BREAKS_MAX = 12, /* bodies and lines given up of one quoted-printable part; then it is
			    left */
};

enum where {
	IN_HEADER,
	IN_LITERAL, /* preamble, epilogue, what is not understood */
	IN_PLAIN,
	IN_BASE64,
	IN_QUOTED,
};

/* A line, or a piece of one that is longer than MIME_LINE_MAX bytes. */
struct piece {
	const uint8_t *data;
	size_t size;
	size_t end;   /* of these the line end: 0, 1 or 2 */
	bool starts;  /* a line */
	bool is_last; /* of its line */
};

struct boundary {
	size_t size;
	char text[MIME_BOUNDARY_MAX];
};

struct mime_split {
	struct mime_sink sink;

	/* What is to be given out: a run of bytes where they lie in the input, and decoded
	 * ones. */
	const uint8_t *run;
	size_t run_size;
	size_t staged;
	uint8_t stage[STAGE_SIZE];

	/* The beginning of a line whose end has not come. */
	size_t line_size;
	uint8_t line[MIME_LINE_MAX];

	/* The structure. */
	struct mime_header header;
	size_t depth;
	struct boundary boundaries[MIME_DEPTH_MAX];
	enum where where;

	/* The part. */
	enum mime_kind kind;
	struct mime_facts facts; /* of the body */
	size_t held_end;         /* plain: size of the line end that is held back */
	size_t lines;            /* base64: full ones of the body, or of what may become one */
	size_t breaks;           /* quoted: how often a body was begun or a line given up */
	size_t hold_size;
	uint8_t hold[HOLD_SIZE]; /* what is not decided yet */
	uint8_t decoded[HOLD_SIZE];

	bool run_is_body; /* plain, else literal */
	bool in_body;     /* between body_begin and body_end */
	bool in_line;     /* behind the first piece of a long line */
	bool is_endless;  /* base64: in one line */
	bool ends_soft;   /* quoted: what was given last */
};

/* mime_give.c: out to the sink. */

/** Bytes that stay where they are until split_flush. */
NODISCARD int split_literal(struct mime_split *split, const uint8_t *data, size_t size);
NODISCARD int split_plain(struct mime_split *split, const uint8_t *data, size_t size);
NODISCARD int split_flush(struct mime_split *split);

/** What is held, as literal. */
NODISCARD int split_literal_hold(struct mime_split *split);

NODISCARD int split_body_begin(struct mime_split *split, enum mime_kind kind);
NODISCARD int split_body_data(struct mime_split *split, const uint8_t *data, size_t size);
NODISCARD int split_body_end(struct mime_split *split);

void split_hold(struct mime_split *split, const uint8_t *data, size_t size);

/* The kinds of parts: a line that is no boundary; and their end, before a boundary or at the
 * end of the message. */
NODISCARD int split_plain_piece(struct mime_split *split, const struct piece *piece);
NODISCARD int split_plain_end(struct mime_split *split, bool at_boundary);
NODISCARD int split_base64_piece(struct mime_split *split, const struct piece *piece);
NODISCARD int split_base64_end(struct mime_split *split);
NODISCARD int split_quoted_piece(struct mime_split *split, const struct piece *piece);
NODISCARD int split_quoted_end(struct mime_split *split, bool at_boundary);

#endif
