/* SPDX-License-Identifier: Apache-2.0 */
#include "job/schedule.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { DAY_S = 86400, INTERVAL_LIMIT = 100000 };

/* "every N minutes": the interval in seconds, 0 where it is no such text. */
static int64_t interval_s(const char *schedule)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{" minutes", 60}, {" minute", 60}, {" hours", 3600}, {" hour", 3600}};
	int64_t number;

	if (!text_starts_with(schedule, "every "))
		return 0;
	const char *rest = schedule + strlen("every ");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (!text_ends_with(rest, units[i].unit))
			continue;
		AUTO_TEXT digits = mem_strndup(rest, strlen(rest) - strlen(units[i].unit));
		if (text_to_int(digits, 1, INTERVAL_LIMIT, &number) == 0)
			return number * units[i].seconds;
	}
	return 0;
}

/* "daily HH:MM": seconds after midnight, -1 where it is no such text. */
static int64_t daily_s(const char *schedule)
{
	int64_t hour, minute;

	if (!text_starts_with(schedule, "daily ") ||
		strlen(schedule) != strlen("daily HH:MM") || schedule[8] != ':')
		return -1;
	AUTO_TEXT hours = mem_strndup(schedule + 6, 2);
	if (text_to_int(hours, 0, 23, &hour) < 0 ||
		text_to_int(schedule + 9, 0, 59, &minute) < 0)
		return -1;
	return hour * 3600 + minute * 60;
}

int schedule_check(const char *schedule)
{
	if (!*schedule || interval_s(schedule) > 0 || daily_s(schedule) >= 0)
		return 0;
	return err_set(ERR_INVALID,
		"--schedule \"%s\" is not understood; write \"every 30 minutes\", \"every 4 "
		"hours\" "
		"or \"daily 02:30\" (UTC)",
		schedule);
}

int64_t schedule_next(const char *schedule, int64_t now_s)
{
	int64_t interval = interval_s(schedule);
	int64_t daily = daily_s(schedule);

	if (interval > 0)
		return now_s + interval;
	if (daily < 0)
		return 0;
	int64_t today = now_s - now_s % DAY_S + daily;
	return today > now_s ? today : today + DAY_S;
}
