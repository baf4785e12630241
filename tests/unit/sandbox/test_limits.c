/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/limits.h"

static const struct limits_bounds bounds = {4, 10};
static struct limits limits;

static int set_up(void **state)
{
	(void)state;
	limits = (struct limits){0};
	return 0;
}

static void the_fifth_at_once_is_refused_and_takes_no_place(void **state)
{
	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(limits_enter(&limits, &bounds, 1000), LIMITS_FINE);
	assert_int_equal(limits_enter(&limits, &bounds, 1000), LIMITS_CONCURRENCY);
	limits_leave(&limits);
	assert_int_equal(limits_enter(&limits, &bounds, 1000), LIMITS_FINE);
	assert_int_equal(limits_enter(&limits, &bounds, 1000), LIMITS_CONCURRENCY);
}

static void one_at_a_time(int count, int64_t now_s, enum limits_answer expected)
{
	for (int i = 0; i < count; i++) {
		assert_int_equal(limits_enter(&limits, &bounds, now_s), expected);
		if (expected == LIMITS_FINE)
			limits_leave(&limits);
	}
}

static void the_window_moves_on_second_by_second(void **state)
{
	(void)state;
	one_at_a_time(6, 1000, LIMITS_FINE);
	one_at_a_time(4, 1100, LIMITS_FINE);
	one_at_a_time(1, 1101, LIMITS_BUDGET);
	one_at_a_time(1, 1599, LIMITS_BUDGET);
	assert_int_equal(limits_wait_s(&limits, &bounds), 1);
	one_at_a_time(4, 1600, LIMITS_FINE);
	one_at_a_time(1, 1600, LIMITS_BUDGET);
}

static void the_wait_is_until_there_is_room(void **state)
{
	(void)state;
	one_at_a_time(10, 1000, LIMITS_FINE);
	one_at_a_time(1, 1010, LIMITS_BUDGET);
	assert_int_equal(limits_wait_s(&limits, &bounds), 590);
	one_at_a_time(1, 1600, LIMITS_FINE);
}

static void a_long_rest_forgets_all(void **state)
{
	(void)state;
	one_at_a_time(10, 1000, LIMITS_FINE);
	one_at_a_time(10, 5000, LIMITS_FINE);
}

static void no_bounds_bound_nothing(void **state)
{
	(void)state;
	const struct limits_bounds none = {0, 0};

	for (int i = 0; i < 50; i++)
		assert_int_equal(limits_enter(&limits, &none, 1000), LIMITS_FINE);
}

#define CASE(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_fifth_at_once_is_refused_and_takes_no_place),
		CASE(the_window_moves_on_second_by_second),
		CASE(the_wait_is_until_there_is_room),
		CASE(a_long_rest_forgets_all),
		CASE(no_bounds_bound_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
