/* SPDX-License-Identifier: Apache-2.0 */
#include "base/timestamp.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400 };

/* Days since 1970-01-01 of a date, and back: years are counted from March, so that the leap day
 * is a year's last, and in eras of 400 years, after which the calendar repeats. */
static int64_t days_from_date(int year, int month, int day)
{
	int64_t y = month > 2 ? year : (int64_t)year - 1;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_from_days(int64_t days, int *year, int *month, int *day)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t of_era = shifted - era * 146097;
	int64_t y = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * y + y / 4 - y / 100);
	int64_t m = (5 * of_year + 2) / 153;

	*day = (int)(of_year - (153 * m + 2) / 5 + 1);
	*month = (int)(m < 10 ? m + 3 : m - 9);
	*year = (int)(y + era * 400 + (*month <= 2));
}

struct timestamp_parts timestamp_split(int64_t at_s)
{
	struct timestamp_parts parts;
	int64_t days = (at_s >= 0 ? at_s : at_s - DAY_S + 1) / DAY_S;
	int64_t rest = at_s - days * DAY_S;

	date_from_days(days, &parts.year, &parts.month, &parts.day);
	parts.hour = (int)(rest / 3600);
	parts.minute = (int)(rest / 60 % 60);
	parts.second = (int)(rest % 60);
	return parts;
}

int64_t timestamp_join(const struct timestamp_parts *parts)
{
	return days_from_date(parts->year, parts->month, parts->day) * DAY_S +
	       parts->hour * 3600 + parts->minute * 60 + parts->second;
}

void timestamp_format(int64_t at_s, char out[TIMESTAMP_SIZE])
{
	struct timestamp_parts p = timestamp_split(at_s);

	snprintf(out, TIMESTAMP_SIZE, "%04d-%02d-%02dT%02d:%02d:%02dZ", p.year, p.month, p.day,
		p.hour, p.minute, p.second);
}

static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

void timestamp_format_http(int64_t at_s, char out[TIMESTAMP_SIZE])
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	struct timestamp_parts p = timestamp_split(at_s);
	int64_t day = (at_s >= 0 ? at_s : at_s - DAY_S + 1) / DAY_S;
	int weekday = (int)((day % 7 + 7) % 7);

	snprintf(out, TIMESTAMP_SIZE, "%.3s, %02d %.3s %04d %02d:%02d:%02d GMT",
		days + 3 * weekday, p.day, months + 3 * (p.month - 1), p.year, p.hour, p.minute,
		p.second);
}

/* Takes `count` digits from the front of *text. */
static bool take_digits(const char **text, int count, int *out)
{
	*out = 0;
	for (int i = 0; i < count; i++, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*out = *out * 10 + (**text - '0');
	}
	return true;
}

static bool take_char(const char **text, const char *allowed)
{
	if (!**text || !strchr(allowed, **text))
		return false;
	(*text)++;
	return true;
}

static bool parts_are_valid(const struct timestamp_parts *p)
{
	static const int lengths[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	bool leap = (p->year % 4 == 0 && p->year % 100 != 0) || p->year % 400 == 0;

	if (p->month < 1 || p->month > 12 || p->day < 1)
		return false;
	return p->day <= lengths[p->month - 1] + (p->month == 2 && leap) && p->hour < 24 &&
	       p->minute < 60 && p->second <= 60;
}

static bool take_time(const char **text, struct timestamp_parts *p)
{
	return take_digits(text, 2, &p->hour) && take_char(text, ":") &&
	       take_digits(text, 2, &p->minute) && take_char(text, ":") &&
	       take_digits(text, 2, &p->second);
}

/* "Z" or "+hh:mm", as seconds to subtract. */
static bool take_offset(const char **text, int64_t *out_s)
{
	int hours, minutes;
	bool west = **text == '-';

	*out_s = 0;
	if (take_char(text, "Zz"))
		return true;
	if (!take_char(text, "+-") || !take_digits(text, 2, &hours) || !take_char(text, ":") ||
		!take_digits(text, 2, &minutes) || hours > 23 || minutes > 59)
		return false;
	*out_s = (hours * 3600 + minutes * 60) * (west ? -1 : 1);
	return true;
}

static bool take_date(const char **text, struct timestamp_parts *p)
{
	return take_digits(text, 4, &p->year) && take_char(text, "-") &&
	       take_digits(text, 2, &p->month) && take_char(text, "-") &&
	       take_digits(text, 2, &p->day);
}

int timestamp_parse(const char *text, int64_t *out_s)
{
	const char *at = text;
	struct timestamp_parts p = {0};
	int64_t offset_s;

	if (!take_date(&at, &p) || !take_char(&at, "Tt ") || !take_time(&at, &p))
		return err_set(
			ERR_INVALID, "\"%.40s\" is no time like 2026-11-25T01:22:00Z", text);
	if (take_char(&at, ".")) {
		while (*at >= '0' && *at <= '9')
			at++;
	}
	if (!take_offset(&at, &offset_s) || *at || !parts_are_valid(&p))
		return err_set(
			ERR_INVALID, "\"%.40s\" is no time like 2026-11-25T01:22:00Z", text);
	*out_s = timestamp_join(&p) - offset_s;
	return 0;
}

static bool take_month_name(const char **text, int *out)
{
	for (int i = 0; i < 12; i++) {
		if (strncmp(*text, months + 3 * i, 3) == 0) {
			*out = i + 1;
			*text += 3;
			return true;
		}
	}
	return false;
}

/* "25 Nov 2026 01:22:00 GMT" */
static bool read_http_date(const char *text, struct timestamp_parts *p)
{
	return take_digits(&text, 2, &p->day) && take_char(&text, " ") &&
	       take_month_name(&text, &p->month) && take_char(&text, " ") &&
	       take_digits(&text, 4, &p->year) && take_char(&text, " ") &&
	       take_time(&text, p) && strcmp(text, " GMT") == 0 && parts_are_valid(p);
}

int timestamp_parse_http(const char *text, int64_t *out_s)
{
	struct timestamp_parts p = {0};

	/* The day of the week is not looked at. */
	if (strlen(text) != 29 || text[3] != ',' || text[4] != ' ' ||
		!read_http_date(text + 5, &p))
		return err_set(ERR_INVALID, "\"%.40s\" is no HTTP date", text);
	*out_s = timestamp_join(&p);
	return 0;
}
