/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIES_TIMELINE_H
#define HISTORIES_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "crypto/hash.h"

/*
 * A license as its event log tells it, replayed from nothing: what was true after each
 * revision. The replay knows the rules in their plainest form and nothing of the service's
 * code; it also checks the log itself (hashes, order, no seat too many, no release too early).
 */

struct timeline;

/** What was true from a revision on. */
struct timeline_state {
	int64_t at_s;
	int64_t epoch;
	int64_t seats, used;
	int64_t expires_s;
	char instance_id[33]; /* who made the event, "" where nobody did */
	char kind[24];
	char hash[2 * HASH_SIZE + 1];
	size_t first, count; /* of the subjects that the event names */
	bool matched;        /* an operation was found for it */
};

/** Replays `show --json` of one license. ERR_CORRUPT where the log breaks a rule. */
NODISCARD int timeline_new(const struct json *report, struct timeline **out);
void timeline_free(struct timeline *timeline);

const char *timeline_license(const struct timeline *timeline);
int64_t timeline_last(const struct timeline *timeline); /* revision */

/** State after a revision, 1..timeline_last. */
struct timeline_state *timeline_at(struct timeline *timeline, int64_t revision);

/** Whether the subject holds a license after that revision; since when in *out_since_s. */
bool timeline_holds(
	struct timeline *timeline, const char *subject, int64_t revision, int64_t *out_since_s);

/** The subject of that place among those that an event names. */
const char *timeline_subject(const struct timeline *timeline, size_t place);

#endif
