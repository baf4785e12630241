/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_MIME_QUOTED_PRIV_H
#define ITEM_MIME_QUOTED_PRIV_H

#include <stdbool.h>

#include "item/mime_build.h"

/*
 * Quoted-printable: the one encoder, which rebuilds bodies and which the splitter asks whether
 * it would give what stands there; so the two cannot disagree. What it does with a line depends
 * on nothing before that line and on nothing behind the next unit.
 */

enum { QUOTED_IN = 1024, QUOTED_OUT = 4096, QUOTED_LINE_LEAST = 8 };

struct quoted_encoder {
	struct mime_facts facts;
	mime_out *out;
	void *context;
	uint8_t classes[256]; /* what becomes of a byte; enum in the source */
	size_t room;          /* of a line that goes on, without its "=" */
	size_t column;
	size_t waiting; /* bytes whose successors are not known yet */
	size_t made;
	uint8_t in[QUOTED_IN];
	uint8_t text[QUOTED_OUT];
};

/** `facts` are in order (mime_facts_check). */
void quoted_encoder_init(struct quoted_encoder *encoder, const struct mime_facts *facts,
	mime_out *out, void *context);
NODISCARD int quoted_encoder_add(
	struct quoted_encoder *encoder, const uint8_t *data, size_t size);
/** Gives out what is encoded so far; never needed for the result. */
NODISCARD int quoted_encoder_flush(struct quoted_encoder *encoder);
NODISCARD int quoted_encoder_finish(struct quoted_encoder *encoder);

/** Decodes whole lines (the last may lack its end), as far as they are well-formed. Sets *used
 * to the size of those, returns the size of what was decoded, never more. */
size_t quoted_decode(const uint8_t *text, size_t size, uint8_t *out, size_t *used);

/** Whether the line that ends with the text ends it by a soft break. */
bool quoted_ends_soft(const uint8_t *text, size_t size);

struct quoted_text {
	const uint8_t *data;
	size_t size;
	bool is_all; /* nothing follows; else whole lines */
};

/** How many bytes of the text, whole lines of it, the encoder gives back; *is_wrong says
 * whether it gave something else behind them. `decoded` is room for as much as the text has. */
size_t quoted_check(const struct mime_facts *facts, const struct quoted_text *text,
	uint8_t *decoded, bool *is_wrong);

/** Finds out from the first lines of a text how it was encoded: sets all of *facts but the
 * tail. Returns how many bytes at the beginning the encoder gives back then, as far as was
 * looked. */
size_t quoted_guess(const struct quoted_text *text, uint8_t *decoded, struct mime_facts *facts);

#endif
