/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "job/schedule.h"

enum { MINUTE = 60, HOUR = 3600, DAY = 86400 };

/* 2026-11-25 00:00:00 UTC */
static const int64_t midnight = 1795564800;

static void the_forms_that_are_written_down_are_understood(void **state)
{
	(void)state;
	static const char *const good[] = {"", "every 1 minutes", "every 1 minute",
		"every 30 minutes", "every 4 hours", "every 1 hour", "every 100000 hours",
		"daily 00:00", "daily 02:30", "daily 23:59"};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(schedule_check(good[i]), 0);
}

static void all_else_is_refused_with_the_forms_that_there_are(void **state)
{
	(void)state;
	static const char *const bad[] = {" ", "every", "every ", "every minutes",
		"every  minutes", "every hours", "every hour", "every 0 minutes",
		"every -5 minutes", "every +5 minutes", "every 1.5 hours", "every 5",
		"every 5 minutes ", "every five minutes", "every 5 days",
		"every 100001 minutes", "every 99999999999999999999 hours", "Every 5 minutes",
		"every 5  minutes", "daily", "daily ", "daily 2:30", "daily 24:00",
		"daily 12:60", "daily 12-30", "daily -1:30", "daily 1 :30", "daily 12:3",
		"daily 12:+3", "daily 02:30:00", "daily  2:30", "weekly", "02:30"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (schedule_check(bad[i]) != ERR_INVALID)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(strstr(err_message(), "daily 02:30"));
		assert_non_null(strstr(err_message(), "every 30 minutes"));
	}
}

static void the_next_start_lies_strictly_ahead(void **state)
{
	(void)state;
	static const struct {
		const char *schedule;
		int64_t now, next; /* after midnight */
	} cases[] = {
		{"every 30 minutes", 0, 30 * MINUTE},
		{"every 30 minutes", 17, 17 + 30 * MINUTE},
		{"every 1 minute", 5, 65},
		{"every 4 hours", HOUR, 5 * HOUR},
		{"every 1 hour", 0, HOUR},
		{"every 36 hours", 0, 36 * HOUR},
		{"daily 02:30", 0, 2 * HOUR + 30 * MINUTE},
		{"daily 02:30", 2 * HOUR + 30 * MINUTE - 1, 2 * HOUR + 30 * MINUTE},
		{"daily 02:30", 2 * HOUR + 30 * MINUTE, DAY + 2 * HOUR + 30 * MINUTE},
		{"daily 02:30", 20 * HOUR, DAY + 2 * HOUR + 30 * MINUTE},
		{"daily 00:00", 0, DAY},
		{"daily 00:00", -1, 0},
		{"daily 23:59", DAY - 1, 2 * DAY - MINUTE},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_int_equal(schedule_next(cases[i].schedule, midnight + cases[i].now),
			midnight + cases[i].next);
}

static void a_job_that_is_started_by_hand_has_no_next_start(void **state)
{
	(void)state;
	assert_int_equal(schedule_next("", midnight), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_forms_that_are_written_down_are_understood),
		cmocka_unit_test(all_else_is_refused_with_the_forms_that_there_are),
		cmocka_unit_test(the_next_start_lies_strictly_ahead),
		cmocka_unit_test(a_job_that_is_started_by_hand_has_no_next_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
