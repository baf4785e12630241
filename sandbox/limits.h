/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_LIMITS_H
#define SANDBOX_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The limits of Exchange Online for one application in one mailbox: so many requests at once,
 * and so many in ten minutes. Numbers alone; the caller has the clock and the lock.
 */

enum { LIMITS_WINDOW_S = 600, LIMITS_CONCURRENT = 4, LIMITS_REQUESTS = 10000 };

struct limits_bounds {
	int64_t concurrent; /* 0: no bound */
	int64_t requests;   /* in LIMITS_WINDOW_S; 0: no bound */
};

/** What one mailbox has used. */
struct limits {
	int64_t running;
	int64_t total;                     /* in the window */
	uint32_t seconds[LIMITS_WINDOW_S]; /* requests in each second of it */
	int64_t at_s;                      /* the newest second */
};

enum limits_answer {
	LIMITS_FINE,
	LIMITS_CONCURRENCY,
	LIMITS_BUDGET,
};

/** Counts a request that comes at `now_s` (of a clock that only goes forward). Where it is
 * refused it is not running, but counts in the window all the same. */
enum limits_answer limits_enter(
	struct limits *limits, const struct limits_bounds *bounds, int64_t now_s);

/** Ends a request that was LIMITS_FINE. */
void limits_leave(struct limits *limits);

/** Seconds until the window has room again, at least 1. */
int64_t limits_wait_s(const struct limits *limits, const struct limits_bounds *bounds);

#endif
