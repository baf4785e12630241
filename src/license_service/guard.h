/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_GUARD_H
#define LICENSE_SERVICE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Slows down who tries license keys: so many wrong ones a minute from one address, then none is
 * looked at until the minute is over. Right keys cost nothing. Any number of threads.
 */

enum { GUARD_FAILURES_MAX = 60, GUARD_WINDOW_S = 60 };

struct guard;

struct guard *guard_new(void);
void guard_free(struct guard *guard); /* NULL is fine */

/** Seconds that this address has to wait; 0: none. `now_s` is of a clock that never goes back.
 */
int64_t guard_wait_s(struct guard *guard, const char *peer, int64_t now_s);

/** A wrong key came from this address. */
void guard_count(struct guard *guard, const char *peer, int64_t now_s);

#endif
