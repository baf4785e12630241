/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/timestamp.h"
#include "license/license.h"

static int64_t at(const char *text)
{
	int64_t at_s;

	assert_int_equal(timestamp_parse(text, &at_s), 0);
	return at_s;
}

static void assert_expires(const struct license *license, const char *end)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format(license_expires(license), text);
	assert_string_equal(text, end);
}

/* A license of `seats`, activated on 2026-03-10 at 12:00, with `used` assigned. */
static struct license active(int64_t seats, int64_t used)
{
	struct license license = license_new(seats);
	struct license_effect effect;

	assert_int_equal(license_activate(&license, at("2026-03-10T12:00:00Z"), &effect), 0);
	assert_true(effect.changed);
	license.used = used;
	return license;
}

static void settle(struct license *license, const char *now)
{
	struct license_effect effect;

	while (license_settle(license, at(now), &effect))
		assert_true(effect.changed);
}

static void A1_the_term_begins_with_the_first_activation_not_with_the_order(void **state)
{
	(void)state;
	struct license license = license_new(50);

	assert_int_equal(license_expires(&license), 0);
	assert_int_equal(
		license_phase(&license, at("2040-01-01T00:00:00Z")), LICENSE_PHASE_NEW);
	license = active(50, 0);
	assert_expires(&license, "2027-03-10T12:00:00Z");
}

static void A1_the_moment_of_the_end_is_expired(void **state)
{
	(void)state;
	struct license license = active(50, 0);

	assert_int_equal(
		license_phase(&license, at("2027-03-10T11:59:59Z")), LICENSE_PHASE_ACTIVE);
	assert_int_equal(
		license_phase(&license, at("2027-03-10T12:00:00Z")), LICENSE_PHASE_EXPIRED);
}

static void A2_a_second_activation_does_not_move_the_term(void **state)
{
	(void)state;
	struct license license = active(50, 3);
	struct license before = license;
	struct license_effect effect;

	assert_int_equal(license_activate(&license, at("2026-09-01T00:00:00Z"), &effect), 0);
	assert_false(effect.changed);
	assert_memory_equal(&license, &before, sizeof(license));
}

static void A11_an_expired_key_can_be_activated_and_stays_expired(void **state)
{
	(void)state;
	struct license license = active(50, 3);
	struct license_effect effect;

	assert_int_equal(license_activate(&license, at("2028-01-01T00:00:00Z"), &effect), 0);
	assert_false(effect.changed);
	assert_expires(&license, "2027-03-10T12:00:00Z");
}

static void T13_an_early_renewal_for_the_same_number_keeps_the_assignments(void **state)
{
	(void)state;
	struct license license = active(100, 90);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 100, at("2027-01-01T00:00:00Z"), &effect), 0);
	assert_expires(&license, "2028-03-10T12:00:00Z");
	settle(&license, "2027-06-01T00:00:00Z");
	assert_int_equal(license.seats, 100);
	assert_int_equal(license.used, 90);
	assert_int_equal(license.epoch, 0);
}

static void T13_an_early_renewal_for_more_counts_from_the_old_end(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 120, at("2027-01-01T00:00:00Z"), &effect), 0);
	assert_int_equal(effect.at_s, at("2027-03-10T12:00:00Z"));
	settle(&license, "2027-03-10T11:59:59Z");
	assert_int_equal(license.seats, 100);
	settle(&license, "2027-03-10T12:00:00Z");
	assert_int_equal(license.seats, 120);
	assert_int_equal(license.used, 100);
	assert_int_equal(license.epoch, 0);
	assert_int_equal(license.waiting_count, 0);
}

static void A6_a_late_renewal_for_the_same_or_more_keeps_the_assignments(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 100, at("2027-05-01T08:00:00Z"), &effect), 0);
	assert_false(effect.reset);
	assert_expires(&license, "2028-05-01T08:00:00Z");
	assert_int_equal(license_renew(&license, 120, at("2028-07-01T08:00:00Z"), &effect), 0);
	assert_int_equal(license.seats, 120);
	assert_int_equal(license.used, 100);
	assert_int_equal(license.epoch, 0);
}

static void A9_a_renewal_at_the_moment_of_the_end_is_a_late_one(void **state)
{
	(void)state;
	struct license license = active(100, 10);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 100, at("2027-03-10T12:00:00Z"), &effect), 0);
	assert_int_equal(license.waiting_count, 0);
	assert_expires(&license, "2028-03-10T12:00:00Z");
}

static void A9_a_late_renewal_counts_from_the_renewal_not_from_the_end(void **state)
{
	(void)state;
	struct license license = active(100, 10);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 100, at("2027-05-01T08:00:00Z"), &effect), 0);
	assert_int_equal(effect.at_s, at("2027-05-01T08:00:00Z"));
	assert_expires(&license, "2028-05-01T08:00:00Z");
}

static void T14_a_late_renewal_for_fewer_resets_at_once(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 80, at("2027-05-01T00:00:00Z"), &effect), 0);
	assert_true(effect.reset);
	assert_int_equal(license.seats, 80);
	assert_int_equal(license.used, 0);
	assert_int_equal(license.epoch, 1);
}

static void A7_fewer_reset_even_where_all_would_fit(void **state)
{
	(void)state;
	struct license license = active(100, 5);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 99, at("2027-05-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license.used, 0);
	assert_int_equal(license.epoch, 1);
}

static void T14b_an_early_renewal_for_fewer_changes_nothing_until_the_end(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 80, at("2027-02-10T00:00:00Z"), &effect), 0);
	assert_false(effect.reset);
	assert_int_equal(license_next_reset(&license), at("2027-03-10T12:00:00Z"));
	assert_false(license_settle(&license, at("2027-03-10T11:59:59Z"), &effect));
	assert_int_equal(license.seats, 100);
	assert_int_equal(license.used, 100);

	assert_true(license_settle(&license, at("2027-03-10T12:00:00Z"), &effect));
	assert_true(effect.reset);
	assert_int_equal(license.seats, 80);
	assert_int_equal(license.used, 0);
	assert_int_equal(license_next_reset(&license), 0);
	assert_int_equal(
		license_phase(&license, at("2027-03-10T12:00:00Z")), LICENSE_PHASE_ACTIVE);
}

static void T23_an_early_renewal_keeps_the_anchor_of_29_february(void **state)
{
	(void)state;
	struct license license = license_new(10);
	struct license_effect effect;

	assert_int_equal(license_activate(&license, at("2028-02-29T10:00:00Z"), &effect), 0);
	assert_expires(&license, "2029-02-28T10:00:00Z");
	assert_int_equal(license_renew(&license, 10, at("2028-12-01T00:00:00Z"), &effect), 0);
	assert_expires(&license, "2030-02-28T10:00:00Z");
	for (int i = 0; i < 2; i++)
		assert_int_equal(
			license_renew(&license, 10, at("2029-12-01T00:00:00Z"), &effect), 0);
	assert_expires(&license, "2032-02-29T10:00:00Z");
}

static void A9_early_renewals_stack(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 80, at("2026-04-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license_renew(&license, 90, at("2026-04-02T00:00:00Z"), &effect), 0);
	assert_int_equal(license_renew(&license, 70, at("2026-04-03T00:00:00Z"), &effect), 0);
	assert_expires(&license, "2030-03-10T12:00:00Z");
	settle(&license, "2027-04-01T00:00:00Z");
	assert_int_equal(license.seats, 80);
	assert_int_equal(license.epoch, 1);
	license.used = 80;
	settle(&license, "2028-04-01T00:00:00Z");
	assert_int_equal(license.seats, 90);
	assert_int_equal(license.used, 80);
	assert_int_equal(license_next_reset(&license), at("2029-03-10T12:00:00Z"));
	settle(&license, "2029-04-01T00:00:00Z");
	assert_int_equal(license.seats, 70);
	assert_int_equal(license.epoch, 2);
}

static void A9_renewals_that_nobody_noticed_take_effect_in_their_order(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 80, at("2026-04-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license_renew(&license, 100, at("2026-04-02T00:00:00Z"), &effect), 0);
	settle(&license, "2028-12-01T00:00:00Z");
	assert_int_equal(license.seats, 100);
	assert_int_equal(license.used, 0);
	assert_int_equal(license.epoch, 1);
}

static void A9_too_many_waiting_renewals_are_refused(void **state)
{
	(void)state;
	struct license license = active(100, 0);
	struct license_effect effect;

	for (int i = 0; i < LICENSE_WAITING_MAX; i++)
		assert_int_equal(
			license_renew(&license, 100, at("2026-04-01T00:00:00Z"), &effect), 0);
	struct license before = license;
	assert_int_equal(
		license_renew(&license, 100, at("2026-04-01T00:00:00Z"), &effect), ERR_LIMIT);
	assert_memory_equal(&license, &before, sizeof(license));
}

static void A1_a_key_that_was_never_activated_cannot_be_renewed(void **state)
{
	(void)state;
	struct license license = license_new(10);
	struct license_effect effect;

	assert_int_equal(
		license_renew(&license, 10, at("2026-04-01T00:00:00Z"), &effect), ERR_LICENSE);
}

static void T15_added_licenses_do_not_move_the_end(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_add(&license, 20, at("2026-09-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license.seats, 120);
	assert_int_equal(license.used, 100);
	assert_expires(&license, "2027-03-10T12:00:00Z");
}

static void A8_licenses_can_be_added_before_the_first_activation_and_after_the_end(void **state)
{
	(void)state;
	struct license license = license_new(10);
	struct license_effect effect;

	assert_int_equal(license_add(&license, 5, at("2026-09-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license.seats, 15);
	assert_int_equal(license_expires(&license), 0);
	license = active(10, 0);
	assert_int_equal(license_add(&license, 5, at("2029-09-01T00:00:00Z"), &effect), 0);
	assert_int_equal(
		license_phase(&license, at("2029-09-01T00:00:00Z")), LICENSE_PHASE_EXPIRED);
}

static void A9_added_licenses_raise_a_renewal_that_waits(void **state)
{
	(void)state;
	struct license license = active(100, 100);
	struct license_effect effect;

	assert_int_equal(license_renew(&license, 80, at("2026-04-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license_add(&license, 20, at("2026-05-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license.seats, 120);
	settle(&license, "2027-04-01T00:00:00Z");
	assert_int_equal(license.seats, 100);
	assert_int_equal(license.epoch, 1);
}

static void A8_numbers_out_of_bounds_are_refused(void **state)
{
	(void)state;
	struct license license = active(LICENSE_SEATS_MAX - 5, 0);
	struct license before = license;
	struct license_effect effect;
	int64_t now_s = at("2026-04-01T00:00:00Z");

	assert_int_equal(license_add(&license, 6, now_s, &effect), ERR_INVALID);
	assert_int_equal(license_add(&license, 0, now_s, &effect), ERR_INVALID);
	assert_int_equal(license_add(&license, -1, now_s, &effect), ERR_INVALID);
	assert_int_equal(license_renew(&license, 0, now_s, &effect), ERR_INVALID);
	assert_int_equal(
		license_renew(&license, LICENSE_SEATS_MAX + 1, now_s, &effect), ERR_INVALID);
	assert_memory_equal(&license, &before, sizeof(license));
}

static void A8_no_more_are_added_than_fit_with_a_renewal_that_waits(void **state)
{
	(void)state;
	struct license license = active(10, 0);
	struct license_effect effect;
	int64_t now_s = at("2026-04-01T00:00:00Z");

	assert_int_equal(license_renew(&license, LICENSE_SEATS_MAX - 5, now_s, &effect), 0);
	assert_int_equal(license_add(&license, 6, now_s, &effect), ERR_INVALID);
	assert_int_equal(license.seats, 10);
	assert_int_equal(license_add(&license, 5, now_s, &effect), 0);
	assert_int_equal(license.waiting[0].seats, LICENSE_SEATS_MAX);
}

static void A11_a_revoked_key_takes_nothing_more(void **state)
{
	(void)state;
	struct license license = active(10, 4);
	struct license_effect effect;
	int64_t now_s = at("2026-04-01T00:00:00Z");

	assert_int_equal(license_revoke(&license, now_s, &effect), 0);
	struct license before = license;
	assert_int_equal(license_phase(&license, now_s), LICENSE_PHASE_REVOKED);
	assert_int_equal(license_activate(&license, now_s, &effect), ERR_LICENSE);
	assert_int_equal(license_renew(&license, 10, now_s, &effect), ERR_LICENSE);
	assert_int_equal(license_add(&license, 1, now_s, &effect), ERR_LICENSE);
	assert_int_equal(license_revoke(&license, now_s, &effect), ERR_EXISTS);
	assert_memory_equal(&license, &before, sizeof(license));
}

static void A7_in_a_gap_after_the_end_the_assignments_stay(void **state)
{
	(void)state;
	struct license license = active(100, 70);
	struct license_effect effect;

	settle(&license, "2029-01-01T00:00:00Z");
	assert_int_equal(license.used, 70);
	assert_int_equal(license.epoch, 0);
	assert_int_equal(license_renew(&license, 100, at("2029-01-01T00:00:00Z"), &effect), 0);
	assert_int_equal(license.used, 70);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			A1_the_term_begins_with_the_first_activation_not_with_the_order),
		cmocka_unit_test(A1_the_moment_of_the_end_is_expired),
		cmocka_unit_test(A2_a_second_activation_does_not_move_the_term),
		cmocka_unit_test(A11_an_expired_key_can_be_activated_and_stays_expired),
		cmocka_unit_test(
			T13_an_early_renewal_for_the_same_number_keeps_the_assignments),
		cmocka_unit_test(T13_an_early_renewal_for_more_counts_from_the_old_end),
		cmocka_unit_test(A6_a_late_renewal_for_the_same_or_more_keeps_the_assignments),
		cmocka_unit_test(A9_a_renewal_at_the_moment_of_the_end_is_a_late_one),
		cmocka_unit_test(A9_a_late_renewal_counts_from_the_renewal_not_from_the_end),
		cmocka_unit_test(T14_a_late_renewal_for_fewer_resets_at_once),
		cmocka_unit_test(A7_fewer_reset_even_where_all_would_fit),
		cmocka_unit_test(T14b_an_early_renewal_for_fewer_changes_nothing_until_the_end),
		cmocka_unit_test(T23_an_early_renewal_keeps_the_anchor_of_29_february),
		cmocka_unit_test(A9_early_renewals_stack),
		cmocka_unit_test(A9_renewals_that_nobody_noticed_take_effect_in_their_order),
		cmocka_unit_test(A9_too_many_waiting_renewals_are_refused),
		cmocka_unit_test(A1_a_key_that_was_never_activated_cannot_be_renewed),
		cmocka_unit_test(T15_added_licenses_do_not_move_the_end),
		cmocka_unit_test(
			A8_licenses_can_be_added_before_the_first_activation_and_after_the_end),
		cmocka_unit_test(A9_added_licenses_raise_a_renewal_that_waits),
		cmocka_unit_test(A8_numbers_out_of_bounds_are_refused),
		cmocka_unit_test(A8_no_more_are_added_than_fit_with_a_renewal_that_waits),
		cmocka_unit_test(A11_a_revoked_key_takes_nothing_more),
		cmocka_unit_test(A7_in_a_gap_after_the_end_the_assignments_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
