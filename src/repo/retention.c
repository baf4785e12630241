/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/retention.h"

#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"

enum { HOUR_S = 3600, DAY_S = 24 * HOUR_S, UNITS = 5 };

bool retention_is_set(const struct retention *r)
{
	return r->last > 0 || r->hourly > 0 || r->daily > 0 || r->weekly > 0 ||
	       r->monthly > 0 || r->yearly > 0 || r->within_s > 0;
}

static int64_t divide_down(int64_t value, int64_t by)
{
	return value / by - (value % by < 0);
}

/* The month since year 0 that a day since 1970 lies in, by the Gregorian calendar; from March
 * on, so that the leap day is the last one of a year. */
static int64_t month_of_day(int64_t day)
{
	int64_t shifted = day + 719468;
	int64_t era = divide_down(shifted, 146097);
	int64_t of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	int64_t from_march = (5 * of_year + 2) / 153;

	return (era * 400 + year) * 12 + from_march + 2;
}

static int64_t hour_of(int64_t moment_s)
{
	return divide_down(moment_s, HOUR_S);
}

static int64_t day_of(int64_t moment_s)
{
	return divide_down(moment_s, DAY_S);
}

/* 1970 began on a Thursday. */
static int64_t week_of(int64_t moment_s)
{
	return divide_down(day_of(moment_s) + 3, 7);
}

static int64_t month_of(int64_t moment_s)
{
	return month_of_day(day_of(moment_s));
}

static int64_t year_of(int64_t moment_s)
{
	return divide_down(month_of(moment_s), 12);
}

/* The newest of each period, of so many periods. */
static void keep_periods(struct retention_item *items, size_t count, int64_t most,
	int64_t (*period_of)(int64_t moment_s))
{
	int64_t last = 0, kept = 0;

	for (size_t i = count; i-- > 0 && kept < most;) {
		int64_t period = period_of(items[i].created_s);
		if (kept > 0 && period == last)
			continue;
		items[i].keep = true;
		last = period;
		kept++;
	}
}

void retention_apply(
	const struct retention *retention, struct retention_item *items, size_t count)
{
	if (count == 0)
		return;
	int64_t newest_s = items[count - 1].created_s;
	for (size_t i = count; i-- > 0;) {
		if ((int64_t)(count - i) <= retention->last)
			items[i].keep = true;
		if (retention->within_s > 0 &&
			items[i].created_s >= newest_s - retention->within_s)
			items[i].keep = true;
	}
	keep_periods(items, count, retention->hourly, hour_of);
	keep_periods(items, count, retention->daily, day_of);
	keep_periods(items, count, retention->weekly, week_of);
	keep_periods(items, count, retention->monthly, month_of);
	keep_periods(items, count, retention->yearly, year_of);
}

int retention_read_duration(const char *text, int64_t *out_s)
{
	static const char letters[] = "hdwmy";
	static const int64_t seconds[UNITS] = {
		HOUR_S, DAY_S, 7 * DAY_S, 30 * DAY_S, 365 * DAY_S};
	size_t size = strlen(text);
	const char *unit = size > 1 ? strchr(letters, text[size - 1]) : NULL;
	AUTO_TEXT number = mem_strndup(text, size > 0 ? size - 1 : 0);
	int64_t count;

	if (!unit || text_to_int(number, 1, RETENTION_MOST, &count) < 0)
		return err_set(ERR_INVALID,
			"\"%s\" is no duration; write a number and h, d, w, m or y: 30d", text);
	*out_s = count * seconds[unit - letters];
	return 0;
}
