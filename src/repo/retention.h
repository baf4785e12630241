/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RETENTION_H
#define REPO_RETENTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which snapshots stay: rules over moments, without I/O and clock. Periods are those of UTC;
 * weeks are those of ISO 8601, from Monday on.
 */

/** How much is kept; 0 keeps nothing by that rule. What any rule keeps stays. */
struct retention {
	int64_t last;   /* the newest so many */
	int64_t hourly; /* of the newest so many hours that have one, the newest one of each */
	int64_t daily, weekly, monthly, yearly;
	int64_t within_s; /* all that are at most so old, counted from the newest one */
};

enum { RETENTION_MOST = 1000000 }; /* of each number but within_s */

/** Whether it keeps anything at all. */
bool retention_is_set(const struct retention *retention);

/** One snapshot, for the rules. */
struct retention_item {
	int64_t created_s;
	bool keep; /* set by retention_apply, never cleared */
};

/** Marks what stays of the items, which are in the order of their moments, the oldest first.
 * The newest one stays with any rule that is set. */
void retention_apply(
	const struct retention *retention, struct retention_item *items, size_t count);

/** Reads "30d": a number and h, d, w, m (30 days) or y (365 days). ERR_INVALID. */
int retention_read_duration(const char *text, int64_t *out_s)
	__attribute__((warn_unused_result));

#endif
