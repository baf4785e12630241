/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ITEM_MIME_ROUND_H
#define TESTS_ITEM_MIME_ROUND_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "item/mime_build.h"

/*
 * A message through the splitter and back: literals and rebuilt bodies are held against the
 * message as they come. Used by the unit tests, the property test, the mutations, the fuzz
 * target and the benchmark.
 */

struct mime_round {
	struct mime_split *split;
	const uint8_t *data; /* the message, borrowed */
	size_t size;
	size_t at; /* rebuilt and found alike so far */
	bool differs;
	size_t literal;          /* bytes of the message that are literal */
	size_t bodies[3];        /* bytes of it in bodies, by enum mime_encoding */
	size_t kinds[3];         /* decoded bytes, by enum mime_kind */
	size_t count;            /* of bodies */
	uint64_t events;         /* a hash of what was given, however it was cut */
	struct mime_facts facts; /* of the last body */
	enum mime_kind kind;     /* of it */
	struct buf body;         /* it, decoded */
	struct buf text;         /* all literals, where wanted */
	bool wants_text;
};

void mime_round_init(struct mime_round *round);
void mime_round_free(struct mime_round *round);

/** Splits and rebuilds a message. It is added in pieces of 1 to `most` bytes, whose sizes
 * follow from `seed`; whole where `most` is 0. Returns whether it came back. */
bool mime_round_check(
	struct mime_round *round, const uint8_t *data, size_t size, size_t most, uint64_t seed);

/** splitmix64, for whoever makes up messages: the next number, below `bound`. */
uint64_t mime_random(uint64_t *state, uint64_t bound);

#endif
