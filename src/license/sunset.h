/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SUNSET_H
#define LICENSE_SUNSET_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/sign.h"
#include "license/lease.h"
#include "license/standing.h"

/*
 * The vendor's word for the day on which there is no licensing service any more:
 *
 *   GARNER-SUNSET/1
 *   license: 00112233445566778899aabbccddeeff
 *   until: 2036-01-01T00:00:00Z
 *   signature: BASE64-OF-64-BYTES
 *
 * signed by the root key over all bytes before the last line; `license` is an id, or "-" for
 * all. Until then an instance of that license works without the service: neither the offline
 * limit nor the end of the term stop it, and it grants licenses itself.
 */

enum { SUNSET_TEXT_MAX = 512 }; /* bytes of a text, its NUL included */

struct sunset {
	char license_id[LEASE_ID_SIZE]; /* "": all */
	int64_t until_s;                /* no longer at this moment */
};

/** The signed text. The caller frees it. */
char *sunset_write(const struct sunset *sunset, const struct sign_key *root);

/** Reads a text that the root signed. ERR_CORRUPT where it has another form or signature. */
NODISCARD int sunset_read(
	const char *text, const uint8_t root[SIGN_PUBLIC_SIZE], struct sunset *out);

/** Whether it is for that license. */
bool sunset_is_for(const struct sunset *sunset, const char *license_id);

/** Whether it lets an instance that stands so work, at its effective time. A revoked license
 * stays revoked. */
bool sunset_allows(const struct sunset *sunset, enum standing standing, int64_t now_s);

#endif
