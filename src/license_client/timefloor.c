/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/timefloor.h"

#include <stdio.h>

#include "base/text.h"

/* How far the wall clock is known to be ahead: what it was at the last contact, unless it was
 * set back since. */
static int64_t known_ahead(
	const struct timefloor *floor, const struct timefloor_reading *reading)
{
	int64_t ahead = floor->contact_wall_s - floor->contact_s;

	return ahead > 0 && reading->wall_s >= floor->contact_wall_s ? ahead : 0;
}

/* The floor and what the boot clock counted since. After a restart it counts anew: what it says
 * then may have passed before the floor was set, on another machine. */
static int64_t by_boot_clock(
	const struct timefloor *floor, const struct timefloor_reading *reading)
{
	bool same = text_equal(floor->boot, reading->boot);

	if (!same || reading->boot_us < floor->floor_boot_us)
		return floor->floor_s;
	return floor->floor_s + (reading->boot_us - floor->floor_boot_us) / 1000000;
}

static void set_floor(
	struct timefloor *floor, int64_t at_s, const struct timefloor_reading *reading)
{
	floor->floor_s = at_s;
	floor->floor_boot_us = reading->boot_us;
	snprintf(floor->boot, sizeof(floor->boot), "%s", reading->boot);
}

void timefloor_set(
	struct timefloor *floor, int64_t service_s, const struct timefloor_reading *reading)
{
	set_floor(floor, service_s, reading);
	floor->kept_s = service_s;
	floor->contact_s = service_s;
	floor->contact_wall_s = reading->wall_s;
	floor->heard_s = 0;
}

/* What was heard, and the boot clock's count since; 0 where nothing was. */
static int64_t by_hearsay(
	const struct timefloor *floor, const struct timefloor_reading *reading)
{
	bool same = text_equal(floor->heard_boot, reading->boot);

	if (!floor->heard_s || !same || reading->boot_us < floor->heard_boot_us)
		return floor->heard_s;
	return floor->heard_s + (reading->boot_us - floor->heard_boot_us) / 1000000;
}

bool timefloor_hear(
	struct timefloor *floor, int64_t heard_s, const struct timefloor_reading *reading)
{
	if (heard_s - by_hearsay(floor, reading) < TIMEFLOOR_SAVE_S)
		return false;
	floor->heard_s = heard_s;
	floor->heard_boot_us = reading->boot_us;
	snprintf(floor->heard_boot, sizeof(floor->heard_boot), "%s", reading->boot);
	return true;
}

/* By the clocks of this machine alone. */
static int64_t by_clocks(const struct timefloor *floor, const struct timefloor_reading *reading)
{
	int64_t wall_s = reading->wall_s - known_ahead(floor, reading);
	int64_t boot_s = by_boot_clock(floor, reading);

	return wall_s > boot_s ? wall_s : boot_s;
}

int64_t timefloor_now(const struct timefloor *floor, const struct timefloor_reading *reading)
{
	int64_t now_s = by_clocks(floor, reading);
	int64_t heard_s = by_hearsay(floor, reading);

	if (heard_s <= now_s)
		return now_s;
	return heard_s - now_s < TIMEFLOOR_TOLERANCE_S ? heard_s
						       : now_s + TIMEFLOOR_TOLERANCE_S;
}

bool timefloor_raise(struct timefloor *floor, const struct timefloor_reading *reading)
{
	bool was_set_right = floor->contact_wall_s > floor->contact_s &&
			     reading->wall_s < floor->contact_wall_s;

	/* A clock that was ahead at the contact and was set right is not ahead any more, also
	 * when it comes to where it was then. */
	if (was_set_right)
		floor->contact_wall_s = floor->contact_s;
	/* From here on this boot's clock counts, also where the wall clock was set back. */
	bool is_new_boot = !text_equal(floor->boot, reading->boot);
	int64_t now_s = by_clocks(floor, reading);
	if (now_s > floor->floor_s || is_new_boot)
		set_floor(floor, now_s, reading);
	if (now_s - floor->kept_s < TIMEFLOOR_SAVE_S && !is_new_boot)
		return was_set_right;
	floor->kept_s = now_s;
	return true;
}

int64_t timefloor_error_s(
	const struct timefloor *floor, const struct timefloor_reading *reading)
{
	int64_t boot_s = by_boot_clock(floor, reading);
	int64_t heard_s = by_hearsay(floor, reading);
	int64_t behind_s = (boot_s > heard_s ? boot_s : heard_s) - reading->wall_s;
	int64_t ahead_s = known_ahead(floor, reading);

	if (behind_s > TIMEFLOOR_TOLERANCE_S)
		return -behind_s;
	return ahead_s > TIMEFLOOR_TOLERANCE_S ? ahead_s : 0;
}
