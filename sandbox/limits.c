/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/limits.h"

#include <string.h>

/* Moves the window on; what falls out of it no longer counts. */
static void move_on(struct limits *limits, int64_t now_s)
{
	if (now_s - limits->at_s >= LIMITS_WINDOW_S) {
		memset(limits->seconds, 0, sizeof(limits->seconds));
		limits->total = 0;
		limits->at_s = now_s;
	}
	while (limits->at_s < now_s) {
		limits->at_s++;
		uint32_t *second = &limits->seconds[limits->at_s % LIMITS_WINDOW_S];
		limits->total -= *second;
		*second = 0;
	}
}

enum limits_answer limits_enter(
	struct limits *limits, const struct limits_bounds *bounds, int64_t now_s)
{
	move_on(limits, now_s);
	limits->total++;
	limits->seconds[limits->at_s % LIMITS_WINDOW_S]++;
	if (bounds->requests && limits->total > bounds->requests)
		return LIMITS_BUDGET;
	if (bounds->concurrent && limits->running >= bounds->concurrent)
		return LIMITS_CONCURRENCY;
	limits->running++;
	return LIMITS_FINE;
}

void limits_leave(struct limits *limits)
{
	limits->running--;
}

int64_t limits_wait_s(const struct limits *limits, const struct limits_bounds *bounds)
{
	int64_t over = limits->total - bounds->requests;

	/* The oldest seconds leave first; those who wait so long find room for one more. */
	for (int64_t wait = 1; wait < LIMITS_WINDOW_S; wait++) {
		over -= limits->seconds[(limits->at_s + wait) % LIMITS_WINDOW_S];
		if (over < 0)
			return wait;
	}
	return LIMITS_WINDOW_S;
}
