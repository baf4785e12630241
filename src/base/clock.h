/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

/*
 * The only way to learn the time and to let it pass. Rules never call this: they are given the
 * moment. Tests put a clock of their own here.
 */

struct clock {
	int64_t (*now_us)(void *context);  /* wall clock, microseconds since 1970, UTC */
	int64_t (*boot_us)(void *context); /* since boot, suspended time included; never set */
	void (*sleep_us)(void *context, int64_t us);
	void *context;
};

/** Puts another clock in place, borrowed; NULL puts the system's back. Only while no other
 * thread runs. */
void clock_use(const struct clock *clock);

int64_t clock_now_s(void);
int64_t clock_now_us(void);
int64_t clock_boot_us(void);

/** For durations; the same as clock_boot_us where nothing is faked. */
int64_t clock_monotonic_us(void);

void clock_sleep_us(int64_t us);

/** The point so far from now on the machine's own monotonic clock, for a condition variable of
 * CLOCK_MONOTONIC. Not faked: threads wait in the machine's time. */
struct timespec clock_deadline(int64_t us);

#endif
