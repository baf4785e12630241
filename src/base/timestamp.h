/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TIMESTAMP_H
#define BASE_TIMESTAMP_H

#include <stdint.h>

#include "base/err.h"

/*
 * Moments as seconds since 1970-01-01T00:00:00Z (`_s`), and their texts. Pure: no clock, no
 * time zone, no locale.
 */

enum { TIMESTAMP_SIZE = 32 }; /* holds every text that is written here, with its NUL */

/** Writes "2026-11-25T01:22:00Z" (RFC 3339, UTC). */
void timestamp_format(int64_t at_s, char out[TIMESTAMP_SIZE]);

/** Writes "Wed, 25 Nov 2026 01:22:00 GMT" (RFC 9110 section 5.6.7). */
void timestamp_format_http(int64_t at_s, char out[TIMESTAMP_SIZE]);

/** Reads RFC 3339 with any offset and any fraction (dropped). ERR_INVALID. */
NODISCARD int timestamp_parse(const char *text, int64_t *out_s);

/** Reads the date form of RFC 9110. ERR_INVALID. */
NODISCARD int timestamp_parse_http(const char *text, int64_t *out_s);

/** A moment taken apart in the proleptic Gregorian calendar, UTC. */
struct timestamp_parts {
	int year, month, day; /* month 1..12, day 1..31 */
	int hour, minute, second;
};

struct timestamp_parts timestamp_split(int64_t at_s);
int64_t timestamp_join(const struct timestamp_parts *parts);

#endif
