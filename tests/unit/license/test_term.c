/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "license/term.h"

static void assert_end(const char *anchor, int64_t years, const char *end)
{
	int64_t anchor_s;
	char text[TIMESTAMP_SIZE];

	assert_int_equal(timestamp_parse(anchor, &anchor_s), 0);
	timestamp_format(term_end(anchor_s, years), text);
	assert_string_equal(text, end);
}

static void A1_a_term_is_a_calendar_year_to_the_second(void **state)
{
	(void)state;
	assert_end("2026-11-25T01:22:33Z", 1, "2027-11-25T01:22:33Z");
	assert_end("2027-11-25T23:59:59Z", 1, "2028-11-25T23:59:59Z");
	assert_end("2026-12-31T00:00:00Z", 3, "2029-12-31T00:00:00Z");
	assert_end("2026-11-25T01:22:33Z", 0, "2026-11-25T01:22:33Z");
}

static void T23_a_term_from_29_february_ends_on_the_28th_and_again_on_the_29th(void **state)
{
	(void)state;
	assert_end("2028-02-29T10:00:00Z", 1, "2029-02-28T10:00:00Z");
	assert_end("2028-02-29T10:00:00Z", 2, "2030-02-28T10:00:00Z");
	assert_end("2028-02-29T10:00:00Z", 3, "2031-02-28T10:00:00Z");
	assert_end("2028-02-29T10:00:00Z", 4, "2032-02-29T10:00:00Z");
}

static void A1_a_century_that_is_no_leap_year_counts_as_common(void **state)
{
	(void)state;
	assert_end("2096-02-29T10:00:00Z", 4, "2100-02-28T10:00:00Z");
	assert_end("2096-02-29T10:00:00Z", 8, "2104-02-29T10:00:00Z");
	assert_end("1996-02-29T10:00:00Z", 4, "2000-02-29T10:00:00Z");
}

static void A1_28_february_stays_the_28th(void **state)
{
	(void)state;
	assert_end("2027-02-28T10:00:00Z", 1, "2028-02-28T10:00:00Z");
	assert_end("2027-03-01T00:00:00Z", 1, "2028-03-01T00:00:00Z");
}

static bool leaps(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* Goes through a hundred years day by day, counting days alone, and asks for the end of a term
 * of each length that begins on each of them. */
static void A1_T23_terms_of_a_hundred_years_fall_on_the_days_of_the_calendar(void **state)
{
	(void)state;
	static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	enum { FIRST = 1996, YEARS = 112, HOUR_S = 10 * 3600 + 59 * 60 + 58 };
	static int64_t days[YEARS][12][31]; /* since 1970 */
	int64_t day = 26 * 365 + 6;         /* 1 January 1996 */

	for (int year = 0; year < YEARS; year++)
		for (int month = 0; month < 12; month++)
			for (int i = 0;
				i < lengths[month] + (month == 1 && leaps(FIRST + year)); i++)
				days[year][month][i] = day++;
	for (int year = 0; year < 100; year++)
		for (int month = 0; month < 12; month++)
			for (int i = 0; i < 31 && days[year][month][i]; i++)
				for (int years = 1; years <= 12; years++) {
					int64_t end = days[year + years][month][i];

					if (end == 0) /* 29 February, in a common year */
						end = days[year + years][month][i - 1];
					assert_int_equal(
						term_end(days[year][month][i] * 86400 + HOUR_S,
							years),
						end * 86400 + HOUR_S);
				}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A1_a_term_is_a_calendar_year_to_the_second),
		cmocka_unit_test(
			T23_a_term_from_29_february_ends_on_the_28th_and_again_on_the_29th),
		cmocka_unit_test(A1_a_century_that_is_no_leap_year_counts_as_common),
		cmocka_unit_test(A1_28_february_stays_the_28th),
		cmocka_unit_test(
			A1_T23_terms_of_a_hundred_years_fall_on_the_days_of_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
