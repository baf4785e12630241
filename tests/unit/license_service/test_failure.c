/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "license_service/failure.h"

enum { SECOND_US = 1000 * 1000 };

static void the_same_failure_is_told_once_a_second_with_its_number(void **state)
{
	(void)state;
	struct failures failures = {0};
	int64_t times = 0;

	assert_true(failure_is_told(&failures, "failed", "no database", 5, &times));
	assert_int_equal(times, 1);
	for (int i = 0; i < 1000; i++)
		assert_false(
			failure_is_told(&failures, "failed", "no database", 5 + i, &times));
	assert_true(failure_is_told(&failures, "failed", "no database", 5 + SECOND_US, &times));
	assert_int_equal(times, 1001);
	assert_true(
		failure_is_told(&failures, "failed", "no database", 5 + 2 * SECOND_US, &times));
	assert_int_equal(times, 1);
}

static void another_failure_is_told_at_once(void **state)
{
	(void)state;
	struct failures failures = {0};
	char message[16];
	int64_t times;

	assert_true(failure_is_told(&failures, "failed", "no database", 5, &times));
	assert_true(failure_is_told(&failures, "failed", "no room", 5, &times));
	assert_true(failure_is_told(&failures, "other", "no room", 5, &times));
	assert_false(failure_is_told(&failures, "failed", "no room", 6, &times));
	/* So many that the oldest are forgotten, and then are new again. */
	for (int i = 0; i < 2 * FAILURES_MAX; i++) {
		snprintf(message, sizeof(message), "%d", i);
		assert_true(failure_is_told(&failures, "failed", message, 7 + i, &times));
		assert_int_equal(times, 1);
	}
	assert_true(failure_is_told(&failures, "failed", "no database", 99, &times));
	assert_int_equal(times, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_failure_is_told_once_a_second_with_its_number),
		cmocka_unit_test(another_failure_is_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
