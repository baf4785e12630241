/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_ZIP_MEMBERS_H
#define ITEM_ZIP_MEMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where a ZIP file (an office document, a Java archive) wants to be cut, so that members which
 * are the same in two of them are chunks of their own: images, styles and themes of the
 * versions of a document. Streaming, in a few bytes of memory. It reads local headers and never
 * checks that a file is whole; where it is mistaken a cut lies at a useless place, nothing
 * else.
 *
 * A cut is wished between two members where one of them has 4 KiB or more, and before the
 * central directory behind such a member. Of members whose size comes behind them, as streaming
 * writers put it, one that follows at least 1 KiB without a cut gets one before it.
 */

enum {
	ZIP_MEMBER_LARGE = 4096, /* compressed bytes */
	ZIP_MEMBER_APART = 1024,
	ZIP_MEMBERS_LOOK = 30, /* bytes that may be held back: those of a local header */
};

struct zip_members {
	uint64_t left;   /* of a member whose size is known, with its header */
	uint64_t member; /* size of the member begun or ended last */
	uint64_t apart;  /* bytes since the last cut */
	uint8_t where;   /* in the source */
	bool is_cut;     /* here already */
};

/** True where a file that begins with these bytes is worth asking about. */
bool zip_members_begin(const void *data, size_t size);

/** At the beginning of a file. */
void zip_members_init(struct zip_members *members);

/**
 * Looks at the next bytes of the file. Returns how many of them belong before the next cut;
 * *is_cut: the cut lies behind these. Without a cut all are returned, or all but the last few
 * (less than ZIP_MEMBERS_LOOK, maybe all that were given), which are to be given again, more
 * behind them; at the end of the file they are its end. What is cut does not depend on how the
 * file was cut into calls.
 */
size_t zip_members_next(
	struct zip_members *members, const uint8_t *data, size_t size, bool *is_cut);

#endif
