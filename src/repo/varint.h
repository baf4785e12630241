/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_VARINT_H
#define REPO_VARINT_H

#include "base/buf.h"

/*
 * Varints of docs/format.md: 7 bits a byte, the lowest first, in the fewest bytes.
 */

enum { VARINT_MAX = 10 };

/** How many bytes were written. */
size_t varint_encode(uint64_t value, uint8_t out[VARINT_MAX]);

/** ERR_LIMIT. */
NODISCARD int varint_put(struct buf *out, uint64_t value);

/** ERR_CORRUPT where it is cut off, too large, or longer than it need be. */
NODISCARD int varint_get(struct reader *reader, uint64_t *out);

#endif
