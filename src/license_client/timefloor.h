/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_TIMEFLOOR_H
#define LICENSE_CLIENT_TIMEFLOOR_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The time by which an instance is judged: never before its floor, which is the service's time
 * at the last contact, raised by what was seen since, by the boot clock, which nobody sets,
 * and, within bounds, by what the backed up source says. So setting the clock back gains
 * nothing, and each contact puts the floor where the service's signed time is, so that a clock
 * that was wrong in either direction locks nobody for ever. Pure: the clocks are read by the
 * caller.
 */

enum {
	TIMEFLOOR_BOOT_SIZE = 40,          /* text of a boot's id, its NUL included */
	TIMEFLOOR_TOLERANCE_S = 24 * 3600, /* a clock that is further off is told */
	TIMEFLOOR_SAVE_S = 300,            /* a floor that moved so far is worth keeping */
};

/** What the clocks say at one moment. */
struct timefloor_reading {
	int64_t wall_s;
	int64_t boot_us;
	const char *boot; /* which boot boot_us counts from; borrowed */
};

struct timefloor {
	int64_t floor_s;
	int64_t floor_boot_us;          /* the boot clock when the floor was set, */
	char boot[TIMEFLOOR_BOOT_SIZE]; /* in this boot */
	int64_t kept_s;                 /* the floor as it was worth keeping last */
	int64_t contact_s;              /* the service's time at the last contact, */
	int64_t contact_wall_s;         /* and the wall clock's then */
	int64_t heard_s;                /* what others said the time is, see timefloor_hear; */
	int64_t heard_boot_us;          /* 0: nothing since the last contact */
	char heard_boot[TIMEFLOOR_BOOT_SIZE];
};

/** The service's signed time at a contact: the floor, whatever it was before. */
void timefloor_set(
	struct timefloor *floor, int64_t service_s, const struct timefloor_reading *reading);

/** What another side that is known by its certificate says the time is: the source that is
 * backed up. It counts for at most TIMEFLOOR_TOLERANCE_S beyond what the other clocks say, also
 * when it is said again and again, and never lowers anything. False where it was known. */
bool timefloor_hear(
	struct timefloor *floor, int64_t heard_s, const struct timefloor_reading *reading);

/** The effective time. */
int64_t timefloor_now(const struct timefloor *floor, const struct timefloor_reading *reading);

/** Raises the floor to the effective time, what was heard left out; true where that is worth
 * keeping: it moved by TIMEFLOOR_SAVE_S since it was kept last, the machine was started anew
 * (its boot clock counts on from here), or a clock that was ahead was set right. */
bool timefloor_raise(struct timefloor *floor, const struct timefloor_reading *reading);

/** By how much the wall clock is off: below 0 where it is behind the floor or behind what was
 * heard, above where it was ahead of the service at the last contact and still is; 0 within the
 * tolerance. */
int64_t timefloor_error_s(
	const struct timefloor *floor, const struct timefloor_reading *reading);

#endif
