/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CHAIN_H
#define LICENSE_CHAIN_H

#include <stdint.h>

#include "crypto/hash.h"

/*
 * The event log of a license as a chain of hashes: each event's hash covers the one before it,
 * so that the head, which is in every lease, vouches for all of it.
 */

struct chain_event {
	const char *license_id;
	int64_t revision; /* from 1, without gaps */
	int64_t at_s;
	const char *kind;
	const char *detail;
};

/** SHA-256 over "GARNER-EVENT/1" and the event's fields, a line each, `before` (32 zero bytes
 * for the first) in hexadecimal among them; the detail comes last. */
void chain_next(const uint8_t before[HASH_SIZE], const struct chain_event *event,
	uint8_t out[HASH_SIZE]);

#endif
