/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ITEM_MUTATE_H
#define TESTS_ITEM_MUTATE_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Messages that nobody would write: made up from nothing, or out of two that somebody did.
 * Everything follows from *random.
 */

/** Puts into `out` a message with `message` for its beginning, changed in a few places: bytes,
 * lines, structure, pieces of `other`. Large ones are cut to a part first. */
void mutate_make(
	const struct buf *message, const struct buf *other, uint64_t *random, struct buf *out);

/** Puts into `out` a message made up: headers, parts in parts, all encodings in many hands. */
void mutate_invent(uint64_t *random, struct buf *out);

#endif
