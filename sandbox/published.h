/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_PUBLISHED_H
#define SANDBOX_PUBLISHED_H

#include "base/err.h"

/*
 * How `change`, which is given nothing but a URL, finds the authority to trust: a running
 * sandbox leaves it in the user's cache, in a file named by its port, locked for as long as the
 * process lives. What a killed one left there the next one takes away.
 */

struct published;

/** Where the sandbox at this URL leaves its authority; NULL where the URL has no port. The
 * caller frees it. */
char *published_path(const char *url);

/** Leaves a copy of the file at `ca` for the URL. ERR_IO, ERR_LOCKED, ERR_INVALID. */
NODISCARD int published_leave(const char *url, const char *ca, struct published **out);

/** Takes it away again; NULL is fine. */
void published_take_away(struct published *published);

#endif
