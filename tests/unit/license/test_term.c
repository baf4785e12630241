/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A1_a_term_is_a_calendar_year_to_the_second),
		cmocka_unit_test(
			T23_a_term_from_29_february_ends_on_the_28th_and_again_on_the_29th),
		cmocka_unit_test(A1_a_century_that_is_no_leap_year_counts_as_common),
		cmocka_unit_test(A1_28_february_stays_the_28th),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
