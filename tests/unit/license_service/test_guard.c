/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license_service/guard.h"

static void wrong_keys_make_one_address_wait(void **state)
{
	(void)state;
	struct guard *guard = guard_new();

	for (int i = 0; i < GUARD_FAILURES_MAX; i++) {
		assert_int_equal(guard_wait_s(guard, "192.0.2.1", 1000), 0);
		guard_count(guard, "192.0.2.1", 1000);
	}
	assert_int_equal(guard_wait_s(guard, "192.0.2.1", 1000), GUARD_WINDOW_S);
	assert_int_equal(guard_wait_s(guard, "192.0.2.1", 1059), 1);
	assert_int_equal(guard_wait_s(guard, "192.0.2.2", 1000), 0);
	guard_free(guard);
}

static void the_wait_ends_with_its_minute(void **state)
{
	(void)state;
	struct guard *guard = guard_new();

	for (int i = 0; i < GUARD_FAILURES_MAX; i++)
		guard_count(guard, "192.0.2.1", 1000);
	assert_int_equal(guard_wait_s(guard, "192.0.2.1", 1000 + GUARD_WINDOW_S), 0);
	guard_count(guard, "192.0.2.1", 1000 + GUARD_WINDOW_S);
	assert_int_equal(guard_wait_s(guard, "192.0.2.1", 1000 + GUARD_WINDOW_S), 0);
	guard_free(guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_keys_make_one_address_wait),
		cmocka_unit_test(the_wait_ends_with_its_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
