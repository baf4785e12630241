/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_GUARD_H
#define LICENSE_SERVICE_GUARD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Slows down who tries license keys: so many wrong ones a minute from one address, then none of
 * its keys is looked at until the minute is over. Two more limits, on wrong keys with the same
 * first group and on wrong keys in all, hold for addresses from which a wrong key came in this
 * minute; so nobody can keep the customer of a known first group out. A minute begins with its
 * first wrong key and is never prolonged: who waits as long as he is told is heard. Right keys
 * cost nothing. Any number of threads; each call is a fixed amount of work.
 */

enum {
	GUARD_FAILURES_MAX = 60, /* from one address */
	GUARD_PREFIX_MAX = 60,   /* with one first group */
	GUARD_TOTAL_MAX = 6000,
	GUARD_WINDOW_S = 60,
};

struct guard;

struct guard *guard_new(void);
void guard_free(struct guard *guard); /* NULL is fine */

struct guard_try {
	const char *peer;
	const char *typed; /* the key as it was typed; NULL where none is meant, and the address
			      alone counts */
	int64_t now_s;     /* of a clock that never goes back */
};

/** Seconds to wait before a key of this try is looked at; 0: none. */
int64_t guard_wait_s(struct guard *guard, const struct guard_try *try);

/** It was a wrong key. */
void guard_count(struct guard *guard, const struct guard_try *try);

#endif
