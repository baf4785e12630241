/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"

#include <stddef.h>
#include <time.h>

static const struct clock *in_use; /* NULL: the system's */

void clock_use(const struct clock *clock)
{
	in_use = clock;
}

static int64_t read_us(clockid_t id)
{
	struct timespec at;

	clock_gettime(id, &at);
	return (int64_t)at.tv_sec * 1000000 + at.tv_nsec / 1000;
}

int64_t clock_now_us(void)
{
	return in_use ? in_use->now_us(in_use->context) : read_us(CLOCK_REALTIME);
}

int64_t clock_now_s(void)
{
	int64_t us = clock_now_us();

	return us >= 0 ? us / 1000000 : -((999999 - us) / 1000000);
}

int64_t clock_boot_us(void)
{
	return in_use ? in_use->boot_us(in_use->context) : read_us(CLOCK_BOOTTIME);
}

int64_t clock_monotonic_us(void)
{
	return in_use ? in_use->boot_us(in_use->context) : read_us(CLOCK_MONOTONIC);
}

void clock_sleep_us(int64_t us)
{
	if (us <= 0)
		return;
	if (in_use) {
		in_use->sleep_us(in_use->context, us);
		return;
	}
	struct timespec left = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
	nanosleep(&left, NULL); /* a signal may end it early, which callers want */
}

struct timespec clock_deadline(int64_t us)
{
	int64_t at_us = read_us(CLOCK_MONOTONIC) + us;

	return (struct timespec){.tv_sec = at_us / 1000000, .tv_nsec = at_us % 1000000 * 1000};
}
