/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ONLINE_H
#define LICENSE_SERVICE_ONLINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license/keyset.h"
#include "license_service/home.h"

/*
 * The file `online` of a service's state: the secret key's line, then the keyset as it is given
 * out, whose newest key that is.
 */

struct online {
	struct sign_key key;
	struct keyset keyset; /* no keys: there is no such file */
	char *keyset_text;
};

/** Reads it; what is not there is empty. ERR_IO, ERR_CORRUPT. The caller frees it. */
NODISCARD int online_read(const struct home *home, struct online *out);

/** Writes it; durable when it returns 0. */
NODISCARD int online_write(
	const struct home *home, const struct sign_key *key, const char *keyset_text);

/** What tells one version of the file from the next. */
struct online_stamp {
	uint64_t inode;
	int64_t size;
	int64_t modified_ns;
};
struct online_stamp online_stamp(const struct home *home);

/** Wipes and frees. */
void online_free(struct online *online);

/** The newest key; NULL where there is none. */
const struct keyset_key *online_newest(const struct online *online);

/** The keyset with one key more, its version raised; without the older keys where these are to
 * go. */
struct keyset online_with_new_key(
	const struct keyset *keyset, const struct sign_key *key, int64_t at_s, bool alone);

#endif
