/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_WATCH_H
#define JOB_WATCH_H

#include "job/installation.h"

/*
 * Looks for what is bad news although no run says so (I1, I3): the end of the subscription
 * coming near, the licensing service not answering, jobs that it suspends, a clock that is
 * wrong, a job that had no good run when one was due. Asks nobody; may be called as often as
 * one likes.
 */

/** Raises what is, clears what is over. */
NODISCARD int watch_look(struct installation *installation);

/* The thresholds, pure; for tests. */

/** Days before the end of a subscription that are told of: 30, 14, 7 or 1, the nearest that is
 * reached; 0 at the end and after it; -1 where it is farther. */
int64_t watch_days_before(int64_t expires_s, int64_t now_s);

/** The share of the longest offline time that is over, and told of: 0, 50, 75 or 90 (percent).
 */
int64_t watch_offline_share(int64_t leased_s, int64_t until_s, int64_t now_s);

/** Whether a job on a schedule is overdue: two of its starts have passed since its last good
 * run began (or, without one, since it was made). */
bool watch_is_overdue(const char *schedule, int64_t last_good_s, int64_t now_s);

#endif
