/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_DELTA_H
#define SANDBOX_DELTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "sandbox/mailbox.h"

/*
 * Delta queries on a folder: what has changed between two moments of its log, a page at a time,
 * and the tokens that carry a walk from one request to the next.
 *
 * A walk looks at a window of the log that was fixed by its first request; what happens
 * meanwhile belongs to the next walk. Of a message that did several things in the window, the
 * last one counts.
 */

enum { DELTA_KEY_SIZE = 32, DELTA_SELECT_MAX = 2048 };

struct delta_walk {
	struct ids_key folder;
	uint64_t origin;               /* of the folder */
	bool is_finished;              /* a delta link: the next request opens a new window */
	uint32_t since, until;         /* moments: the window is (since, until] */
	uint32_t position;             /* the last moment that was looked at */
	uint32_t left;                 /* messages until $top is reached; 0: no $top */
	char select[DELTA_SELECT_MAX]; /* as first asked for */
};

enum delta_kind {
	DELTA_FULL,
	DELTA_MARKED,  /* it was marked and no more: a partial object */
	DELTA_CHANGED, /* it left for another folder */
	DELTA_DELETED,
};

struct delta_entry {
	const struct message *message;
	enum delta_kind kind;
	uint32_t moves; /* for the id that it had when it left */
};

/** A walk over all that the folder holds. */
void delta_begin(const struct folder *folder, struct delta_walk *out);

/** Puts at most `limit` entries into `out` and moves the walk on. Returns how many; the walk is
 * at its end where position == until. Messages that were only marked are passed over where
 * `marks` is false. */
size_t delta_page(const struct folder *folder, struct delta_walk *walk, size_t limit,
	bool marks, struct delta_entry *out);

/** Ends a walk: the folder remembers its moment among the last three, which stay good. */
void delta_finish(struct folder *folder, struct delta_walk *walk);

/** Opens the next window where the walk is finished. ERR_NOTFOUND where its moment is too old,
 * or of a folder that began in another way, with Graph's words. */
NODISCARD int delta_resume(const struct folder *folder, struct delta_walk *walk);

/** The token of a walk, authenticated; the caller frees it. */
char *delta_write(const struct delta_walk *walk, const uint8_t key[DELTA_KEY_SIZE]);

/** Reads a token. ERR_INVALID where it was not made by delta_write with this key. */
NODISCARD int delta_read(
	const char *token, const uint8_t key[DELTA_KEY_SIZE], struct delta_walk *out);

#endif
