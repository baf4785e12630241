/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "license/price.h"

static const struct price_list list = {
	.currency = "EUR", .count = 3, .steps = {{1, 2400}, {50, 2000}, {100, 1500}}};

static int64_t at(const char *text)
{
	int64_t at_s;

	assert_int_equal(timestamp_parse(text, &at_s), 0);
	return at_s;
}

static struct license activated(int64_t seats, const char *when)
{
	struct license license = license_new(seats);
	struct license_effect effect;

	assert_int_equal(license_activate(&license, at(when), &effect), 0);
	return license;
}

static void G2_each_license_costs_what_its_step_says(void **state)
{
	(void)state;
	assert_int_equal(price_year(&list, 0), 0);
	assert_int_equal(price_year(&list, 1), 2400);
	assert_int_equal(price_year(&list, 49), 49 * 2400);
	assert_int_equal(price_year(&list, 50), 49 * 2400 + 2000);
	assert_int_equal(price_year(&list, 150), 49 * 2400 + 50 * 2000 + 51 * 1500);
}

static void G2_more_never_costs_less(void **state)
{
	(void)state;
	for (int64_t seats = 1; seats < 300; seats++)
		assert_true(price_year(&list, seats) > price_year(&list, seats - 1));
}

static void T15_added_licenses_cost_what_is_left_of_the_term(void **state)
{
	(void)state;
	struct license license = activated(10, "2026-01-01T00:00:00Z");

	assert_int_equal(price_add(&list, &license, 20, at("2026-01-01T00:00:00Z")), 20 * 2400);
	/* 146 of 365 days are left. */
	assert_int_equal(
		price_add(&list, &license, 20, at("2026-08-08T00:00:00Z")), 20 * 2400 * 2 / 5);
	assert_int_equal(price_add(&list, &license, 20, at("2027-01-01T00:00:00Z")), 0);
}

static void A8_the_sum_is_rounded_once_half_up(void **state)
{
	(void)state;
	const struct price_list one = {.currency = "EUR", .count = 1, .steps = {{1, 1}}};
	struct license license = activated(1, "2026-01-01T00:00:00Z");

	/* Half of a year of 365 days: 182.5 days. One second less than half rounds down. */
	assert_int_equal(price_add(&one, &license, 1, at("2026-07-02T12:00:00Z")), 1);
	assert_int_equal(price_add(&one, &license, 1, at("2026-07-02T12:00:01Z")), 0);
	assert_int_equal(price_add(&one, &license, 3, at("2026-07-02T12:00:00Z")), 2);
}

static void A8_a_term_that_is_ahead_counts_whole(void **state)
{
	(void)state;
	struct license license = activated(10, "2026-01-01T00:00:00Z");
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 10, at("2026-02-01T00:00:00Z"), &effect), 0);
	assert_int_equal(price_add(&list, &license, 20, at("2026-08-08T00:00:00Z")),
		20 * 2400 + 20 * 2400 * 2 / 5);
	assert_int_equal(price_add(&list, &license, 20, at("2027-01-01T00:00:00Z")), 20 * 2400);
}

static void A8_in_a_renewal_for_fewer_they_cost_what_their_places_there_say(void **state)
{
	(void)state;
	struct license license = activated(99, "2026-01-01T00:00:00Z");
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 40, at("2026-02-01T00:00:00Z"), &effect), 0);
	/* This year they are the 100th to 109th, the next one the 41st to 50th. */
	assert_int_equal(price_add(&list, &license, 10, at("2026-01-01T00:00:00Z")),
		10 * 1500 + 9 * 2400 + 2000);
	assert_int_equal(
		price_add(&list, &license, 10, at("2027-01-01T00:00:00Z")), 9 * 2400 + 2000);
}

static void A8_each_day_of_a_leap_term_that_is_left_counts(void **state)
{
	(void)state;
	struct license license = activated(10, "2027-03-01T00:00:00Z");
	const int64_t days = 366; /* up to 1 March 2028, over 29 February */

	for (int64_t left = 0; left <= days; left++)
		assert_int_equal(price_add(&list, &license, 1,
					 at("2028-03-01T00:00:00Z") - left * 86400),
			(2400 * left * 2 + days) / (days * 2));
}

static void A8_before_the_first_activation_a_whole_year_is_left(void **state)
{
	(void)state;
	struct license license = license_new(10);

	assert_int_equal(price_add(&list, &license, 20, at("2036-01-01T00:00:00Z")), 20 * 2400);
}

static void A8_ten_and_then_ten_cost_what_twenty_cost(void **state)
{
	(void)state;
	struct license license = license_new(45);

	int64_t more = price_add(&list, &license, 20, at("2026-01-01T00:00:00Z"));
	assert_int_equal(price_year(&list, 45) + more, price_year(&list, 65));
}

static void A8_large_sums_do_not_overflow(void **state)
{
	(void)state;
	const struct price_list dear = {
		.currency = "EUR", .count = 1, .steps = {{1, PRICE_AMOUNT_MAX}}};
	struct license license = activated(1, "2026-01-01T00:00:00Z");
	int64_t seats = LICENSE_SEATS_MAX - 1;

	assert_true(price_add(&dear, &license, seats, at("2026-01-01T00:00:00Z")) ==
		    seats * PRICE_AMOUNT_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(G2_each_license_costs_what_its_step_says),
		cmocka_unit_test(G2_more_never_costs_less),
		cmocka_unit_test(T15_added_licenses_cost_what_is_left_of_the_term),
		cmocka_unit_test(A8_the_sum_is_rounded_once_half_up),
		cmocka_unit_test(A8_a_term_that_is_ahead_counts_whole),
		cmocka_unit_test(
			A8_in_a_renewal_for_fewer_they_cost_what_their_places_there_say),
		cmocka_unit_test(A8_each_day_of_a_leap_term_that_is_left_counts),
		cmocka_unit_test(A8_before_the_first_activation_a_whole_year_is_left),
		cmocka_unit_test(A8_ten_and_then_ten_cost_what_twenty_cost),
		cmocka_unit_test(A8_large_sums_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
