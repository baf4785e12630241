/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ROOT_H
#define LICENSE_SERVICE_ROOT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license/keyset.h"
#include "license/lease.h"
#include "license_service/home.h"

/*
 * The root key and what it signs. As long as it lies in the service's state, online keys are
 * made by themselves. Moved away, it signs on another machine: `root_request` makes the next
 * online key and a text for that machine, `root_sign` makes the keyset of it, `root_import`
 * takes the keyset, which the running service sees by itself.
 */

/** Whether the root key lies in the state folder, now. */
bool root_is_here(const struct home *home);

/** Days before the end of a key at which it is told: 30, 14, 7; 0 where that is further off.
 * NULL: 0. */
int root_warning_days(const struct keyset_key *newest, int64_t now_s);

struct root_status {
	bool is_here;
	int64_t version;             /* of the keyset; 0: none yet */
	char key_id[KEYSET_ID_SIZE]; /* of the newest online key; "" */
	int64_t from_s, until_s;
	int warning_days; /* see above; 0: none; -1: over, nothing can be signed */
};

NODISCARD int root_status(const struct home *home, int64_t now_s, struct root_status *out);

/** Moves the root key into another folder, which is made: written, read back, compared, and
 * only then removed here. ERR_NOTFOUND where it is not here, ERR_EXISTS, ERR_IO. */
NODISCARD int root_export(struct home *home, const char *folder);

struct root_asking {
	bool alone;    /* the older keys are not believed any more */
	int64_t raise; /* so much more on the version: a copy may be behind what was given out
			*/
};

/** Makes the next online key, or takes the one that waits already, and gives the text to be
 * signed. The caller frees the text. */
NODISCARD int root_request(
	const struct home *home, int64_t now_s, const struct root_asking *asking, char **out);

/** After a copy was put back: an online key under a version beyond those given out since, where
 * the root key is here; else that is left to root_request. */
NODISCARD int root_renew_after_restore(const struct home *home, int64_t now_s);

/** Signs a request with the root key in a file; needs no state. ERR_NOTFOUND, ERR_CORRUPT,
 * ERR_INVALID. The caller frees the keyset's text. */
NODISCARD int root_sign(const char *key_file, const char *request, char **out);

/** Takes a signed keyset whose newest key is the one that waits. ERR_CORRUPT where the root did
 * not sign it; ERR_INVALID where its version does not rise or its key is another. */
NODISCARD int root_import(const struct home *home, const char *keyset_text);

/** A statement of license/sunset.h: for a license, NULL for all. The caller frees the text. */
NODISCARD int root_sunset(
	const char *key_file, const char *license_id, int64_t until_s, char **out);

#endif
