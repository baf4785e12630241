/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "license_client/timefloor.h"

enum { START_S = 1800000000, DAY_S = 86400 };

static struct timefloor_reading reading(int64_t wall_s, int64_t boot_s)
{
	return (struct timefloor_reading){
		.wall_s = wall_s, .boot_us = boot_s * 1000000, .boot = "first"};
}

/* A contact at which the wall clock was off by `error_s`. */
static struct timefloor contact(int64_t error_s)
{
	struct timefloor floor = {0};
	struct timefloor_reading clocks = reading(START_S + error_s, 100);

	timefloor_set(&floor, START_S, &clocks);
	return floor;
}

static void time_goes_on_with_the_wall_clock(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading clocks = reading(START_S + DAY_S, 100);

	assert_int_equal(timefloor_now(&floor, &clocks), START_S + DAY_S);
	assert_int_equal(timefloor_error_s(&floor, &clocks), 0);
}

static void E5_a_clock_that_is_set_back_goes_on_with_the_boot_clock(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading clocks = reading(START_S - 10 * DAY_S, 100 + 3 * DAY_S);

	assert_int_equal(timefloor_now(&floor, &clocks), START_S + 3 * DAY_S);
	assert_int_equal(timefloor_error_s(&floor, &clocks), -13 * DAY_S);
}

static void E5_a_clock_that_is_set_back_by_minutes_takes_no_second_away(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading ahead = reading(START_S + 200, 101);
	struct timefloor_reading back = reading(START_S + 2, 102);

	assert_false(timefloor_raise(&floor, &ahead)); /* not worth keeping, and known */
	assert_int_equal(timefloor_now(&floor, &back), START_S + 201);
}

static void what_was_not_worth_keeping_adds_up(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);

	for (int64_t s = 100; s < TIMEFLOOR_SAVE_S; s += 100) {
		struct timefloor_reading later = reading(START_S + s, 100 + s);
		assert_false(timefloor_raise(&floor, &later));
	}
	struct timefloor_reading due =
		reading(START_S + TIMEFLOOR_SAVE_S, 100 + TIMEFLOOR_SAVE_S);
	assert_true(timefloor_raise(&floor, &due));
	assert_false(timefloor_raise(&floor, &due));
}

static void a_clock_that_is_behind_within_a_day_is_not_told(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading within = reading(START_S - DAY_S, 100);
	struct timefloor_reading beyond = reading(START_S - DAY_S - 1, 100);

	assert_int_equal(timefloor_error_s(&floor, &within), 0);
	assert_int_equal(timefloor_error_s(&floor, &beyond), -DAY_S - 1);
}

static void E5_what_the_source_says_counts_for_a_day_beyond_the_clocks(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading back = reading(START_S - 30 * DAY_S, 200);

	back.boot = "second"; /* restarted, with the clock set back: nothing else is known */
	assert_int_equal(timefloor_now(&floor, &back), START_S);
	assert_true(timefloor_hear(&floor, START_S + DAY_S / 2, &back));
	assert_int_equal(timefloor_now(&floor, &back), START_S + DAY_S / 2);
	assert_int_equal(timefloor_error_s(&floor, &back), -30 * DAY_S - DAY_S / 2);
	back.boot_us += INT64_C(3600) * 1000000;
	assert_int_equal(timefloor_now(&floor, &back), START_S + DAY_S / 2 + 3600);
	for (int i = 0; i < 100; i++) { /* a mad clock moves it no further, also in steps */
		(void)timefloor_hear(&floor, START_S + 3000 * DAY_S + i * 86400, &back);
		(void)timefloor_raise(&floor, &back);
	}
	assert_int_equal(timefloor_now(&floor, &back), START_S + DAY_S);
	assert_false(timefloor_hear(&floor, START_S, &back)); /* nothing falls */
	struct timefloor_reading right = reading(START_S + 2 * DAY_S, 300);
	timefloor_set(&floor, START_S + 2 * DAY_S, &right); /* a contact heals */
	assert_int_equal(timefloor_now(&floor, &right), START_S + 2 * DAY_S);
	assert_int_equal(timefloor_error_s(&floor, &right), 0);
}

static void E5_a_clock_that_was_ahead_at_the_contact_gains_nothing(void **state)
{
	(void)state;
	struct timefloor floor = contact(10 * DAY_S);

	for (int day = 0; day <= 20; day++) { /* set right, and restarted each day */
		struct timefloor_reading clocks = reading(START_S + day * DAY_S, 0);
		clocks.boot = "another";
		assert_int_equal(timefloor_now(&floor, &clocks), START_S + day * DAY_S);
		assert_true(timefloor_raise(&floor, &clocks));
	}
}

static void E5_a_restart_does_not_take_the_kept_floor_away(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading later = reading(START_S + DAY_S, 100);

	assert_true(timefloor_raise(&floor, &later));
	struct timefloor_reading restarted = {
		.wall_s = START_S, .boot_us = 9000000, .boot = "second"};
	assert_int_equal(timefloor_now(&floor, &restarted), START_S + DAY_S);
	restarted.boot_us = INT64_C(400) * DAY_S * 1000000; /* another machine's */
	assert_int_equal(timefloor_now(&floor, &restarted), START_S + DAY_S);
}

/* Else a clock that was set back before a restart would stand for ever. */
static void E5_after_a_restart_the_boot_clock_counts_on_from_the_floor(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading clocks = {
		.wall_s = START_S - 300 * DAY_S, .boot_us = 9000000, .boot = "second"};

	assert_true(timefloor_raise(&floor, &clocks)); /* which boot it was is worth keeping */
	assert_int_equal(timefloor_now(&floor, &clocks), START_S);
	clocks.boot_us += INT64_C(1000000) * DAY_S;
	assert_int_equal(timefloor_now(&floor, &clocks), START_S + DAY_S);
}

static void a_floor_that_hardly_moved_is_not_worth_keeping(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading soon = reading(START_S + TIMEFLOOR_SAVE_S - 1, 100);
	struct timefloor_reading later = reading(START_S + TIMEFLOOR_SAVE_S, 100);

	assert_false(timefloor_raise(&floor, &soon));
	assert_int_equal(floor.kept_s, START_S);
	assert_true(timefloor_raise(&floor, &later));
	assert_int_equal(floor.floor_s, START_S + TIMEFLOOR_SAVE_S);
}

static void a_clock_that_is_ahead_is_corrected_by_what_the_contact_showed(void **state)
{
	(void)state;
	struct timefloor floor = contact(20 * DAY_S);
	struct timefloor_reading clocks = reading(START_S + 21 * DAY_S, 100);

	assert_int_equal(timefloor_now(&floor, &clocks), START_S + DAY_S);
	assert_int_equal(timefloor_error_s(&floor, &clocks), 20 * DAY_S);
}

static void a_clock_that_was_ahead_and_is_set_right_counts_as_it_is(void **state)
{
	(void)state;
	struct timefloor floor = contact(20 * DAY_S);
	struct timefloor_reading clocks = reading(START_S + 2 * DAY_S, 100);

	assert_int_equal(timefloor_now(&floor, &clocks), START_S + 2 * DAY_S);
	assert_int_equal(timefloor_error_s(&floor, &clocks), 0);
}

static void a_contact_puts_the_floor_back_to_the_services_time(void **state)
{
	(void)state;
	struct timefloor floor = contact(0);
	struct timefloor_reading forward = reading(START_S + 3000 * DAY_S, 200);
	struct timefloor_reading right = reading(START_S + 60, 260);

	assert_true(timefloor_raise(&floor, &forward));
	assert_true(timefloor_now(&floor, &right) >= START_S + 3000 * DAY_S);
	timefloor_set(&floor, START_S + 60, &right);
	assert_int_equal(timefloor_now(&floor, &right), START_S + 60);
	assert_int_equal(timefloor_error_s(&floor, &right), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(time_goes_on_with_the_wall_clock),
		cmocka_unit_test(E5_a_clock_that_is_set_back_by_minutes_takes_no_second_away),
		cmocka_unit_test(what_was_not_worth_keeping_adds_up),
		cmocka_unit_test(E5_a_clock_that_is_set_back_goes_on_with_the_boot_clock),
		cmocka_unit_test(a_clock_that_is_behind_within_a_day_is_not_told),
		cmocka_unit_test(E5_what_the_source_says_counts_for_a_day_beyond_the_clocks),
		cmocka_unit_test(E5_a_clock_that_was_ahead_at_the_contact_gains_nothing),
		cmocka_unit_test(E5_a_restart_does_not_take_the_kept_floor_away),
		cmocka_unit_test(E5_after_a_restart_the_boot_clock_counts_on_from_the_floor),
		cmocka_unit_test(a_floor_that_hardly_moved_is_not_worth_keeping),
		cmocka_unit_test(a_clock_that_is_ahead_is_corrected_by_what_the_contact_showed),
		cmocka_unit_test(a_clock_that_was_ahead_and_is_set_right_counts_as_it_is),
		cmocka_unit_test(a_contact_puts_the_floor_back_to_the_services_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
