/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <time.h>

#include "base/timestamp.h"

static void moments_are_written_as_rfc_3339(void **state)
{
	(void)state;
	char text[TIMESTAMP_SIZE];

	timestamp_format(0, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
	timestamp_format(1835431200, text);
	assert_string_equal(text, "2028-02-29T10:00:00Z");
	timestamp_format(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59Z");
	timestamp_format_http(784111777, text);
	assert_string_equal(text, "Sun, 06 Nov 1994 08:49:37 GMT");
}

static void the_calendar_is_the_system_s_own(void **state)
{
	(void)state;
	/* A prime step over 400 years meets every kind of date. */
	for (int64_t at = -3000000000; at < 9700000000; at += 1234577) {
		time_t t = (time_t)at;
		struct tm tm;
		struct timestamp_parts p = timestamp_split(at);
		gmtime_r(&t, &tm);
		assert_int_equal(p.year, tm.tm_year + 1900);
		assert_int_equal(p.month, tm.tm_mon + 1);
		assert_int_equal(p.day, tm.tm_mday);
		assert_int_equal(p.second, tm.tm_sec);
		assert_true(timestamp_join(&p) == at);
	}
}

static void offsets_and_fractions_are_read(void **state)
{
	(void)state;
	int64_t at;

	assert_int_equal(timestamp_parse("2028-02-29T12:00:00.1234567+02:00", &at), 0);
	assert_int_equal(at, 1835431200);
	assert_int_equal(timestamp_parse("2028-02-29T10:00:00Z", &at), 0);
	assert_int_equal(at, 1835431200);
	assert_int_equal(timestamp_parse_http("Sun, 06 Nov 1994 08:49:37 GMT", &at), 0);
	assert_int_equal(at, 784111777);
}

static void dates_that_do_not_exist_are_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"2027-02-29T10:00:00Z", "2027-13-01T10:00:00Z",
		"2027-01-01T24:00:00Z", "2027-01-01T10:00:00", "2027-01-01", "", "x",
		"2027-01-01T10:00:00Zx", "2100-02-29T00:00:00Z"};
	int64_t at;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(timestamp_parse(bad[i], &at), ERR_INVALID);
	assert_int_equal(
		timestamp_parse_http("Sun, 06 Foo 1994 08:49:37 GMT", &at), ERR_INVALID);
	assert_int_equal(timestamp_parse_http("soon", &at), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moments_are_written_as_rfc_3339),
		cmocka_unit_test(the_calendar_is_the_system_s_own),
		cmocka_unit_test(offsets_and_fractions_are_read),
		cmocka_unit_test(dates_that_do_not_exist_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
