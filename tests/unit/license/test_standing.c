/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/standing.h"

enum { DAY = 86400 };

static const int64_t issued_s = 1795000000;

/* Issued now, for a term that goes on for a year. */
static struct lease lease(void)
{
	return (struct lease){
		.issued_s = issued_s,
		.expires_s = issued_s + 365 * (int64_t)DAY,
		.offline_limit_s = LEASE_OFFLINE_LIMIT_S,
	};
}

static void E2_a_failed_contact_makes_offline_and_backups_go_on(void **state)
{
	(void)state;
	struct lease l = lease();

	assert_int_equal(standing_judge(&l, issued_s + 60, 0), STANDING_ACTIVE);
	assert_int_equal(standing_judge(&l, issued_s + 60, issued_s + 50), STANDING_OFFLINE);
	assert_true(standing_may_back_up(STANDING_OFFLINE));
}

static void T19_offline_for_exactly_the_longest_time_is_suspended(void **state)
{
	(void)state;
	struct lease l = lease();
	int64_t end_s = issued_s + 14 * DAY;

	assert_int_equal(standing_offline_until(&l), end_s);
	assert_int_equal(standing_judge(&l, end_s - 1, end_s - 5), STANDING_OFFLINE);
	assert_int_equal(standing_judge(&l, end_s, end_s - 5), STANDING_SUSPENDED);
	assert_false(standing_may_back_up(STANDING_SUSPENDED));
}

static void E3_the_length_counts_from_the_last_signed_time_also_without_a_try(void **state)
{
	(void)state;
	struct lease l = lease();

	assert_int_equal(standing_judge(&l, issued_s + 14 * DAY, 0), STANDING_SUSPENDED);
	l.offline_limit_s = 3 * DAY;
	assert_int_equal(standing_judge(&l, issued_s + 3 * DAY, 0), STANDING_SUSPENDED);
	assert_int_equal(standing_judge(&l, issued_s + 3 * DAY - 1, 0), STANDING_ACTIVE);
}

static void A1_at_the_end_of_the_term_it_is_expired_also_offline(void **state)
{
	(void)state;
	struct lease l = lease();

	l.expires_s = issued_s + DAY;
	assert_int_equal(standing_judge(&l, l.expires_s - 1, issued_s + 5), STANDING_OFFLINE);
	assert_int_equal(standing_judge(&l, l.expires_s, issued_s + 5), STANDING_EXPIRED);
	assert_int_equal(standing_judge(&l, issued_s + 20 * DAY, 1), STANDING_EXPIRED);
	assert_false(standing_may_back_up(STANDING_EXPIRED));
}

static void I3_thirty_days_before_the_end_it_expires_soon(void **state)
{
	(void)state;
	struct lease l = lease();

	l.expires_s = issued_s + 31 * DAY;
	assert_int_equal(standing_judge(&l, issued_s + DAY - 1, 0), STANDING_ACTIVE);
	assert_int_equal(standing_judge(&l, issued_s + DAY, 0), STANDING_EXPIRES_SOON);
	assert_true(standing_may_back_up(STANDING_EXPIRES_SOON));
	assert_int_equal(standing_judge(&l, issued_s + DAY, issued_s + 5), STANDING_OFFLINE);
}

static void A11_a_revoked_lease_backs_up_nothing(void **state)
{
	(void)state;
	struct lease l = lease();

	l.state = LEASE_REVOKED;
	assert_int_equal(standing_judge(&l, issued_s, 0), STANDING_REVOKED);
	assert_int_equal(standing_judge(&l, issued_s + 500 * DAY, 1), STANDING_REVOKED);
	assert_false(standing_may_back_up(STANDING_REVOKED));
}

static void A11_a_lease_that_says_expired_is_believed(void **state)
{
	(void)state;
	struct lease l = lease();

	l.state = LEASE_EXPIRED;
	assert_int_equal(standing_judge(&l, issued_s, 0), STANDING_EXPIRED);
}

static void T14b_assignments_hold_until_a_waiting_renewal_frees_them(void **state)
{
	(void)state;
	struct lease l = lease();

	assert_true(standing_assignments_hold(&l, issued_s + 100 * DAY));
	l.resets_s = issued_s + DAY;
	assert_true(standing_assignments_hold(&l, issued_s + DAY - 1));
	assert_false(standing_assignments_hold(&l, issued_s + DAY));
}

static void every_standing_has_the_name_that_the_command_line_prints(void **state)
{
	(void)state;
	assert_string_equal(standing_name(STANDING_REVOKED), "revoked");
	assert_string_equal(standing_name(STANDING_EXPIRED), "expired");
	assert_string_equal(standing_name(STANDING_SUSPENDED), "suspended");
	assert_string_equal(standing_name(STANDING_OFFLINE), "offline");
	assert_string_equal(standing_name(STANDING_EXPIRES_SOON), "expires_soon");
	assert_string_equal(standing_name(STANDING_ACTIVE), "active");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(E2_a_failed_contact_makes_offline_and_backups_go_on),
		cmocka_unit_test(T19_offline_for_exactly_the_longest_time_is_suspended),
		cmocka_unit_test(
			E3_the_length_counts_from_the_last_signed_time_also_without_a_try),
		cmocka_unit_test(A1_at_the_end_of_the_term_it_is_expired_also_offline),
		cmocka_unit_test(I3_thirty_days_before_the_end_it_expires_soon),
		cmocka_unit_test(A11_a_revoked_lease_backs_up_nothing),
		cmocka_unit_test(A11_a_lease_that_says_expired_is_believed),
		cmocka_unit_test(T14b_assignments_hold_until_a_waiting_renewal_frees_them),
		cmocka_unit_test(every_standing_has_the_name_that_the_command_line_prints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
