/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license_service/guard.h"

static const char key[] = "ABCDE-FGHJK-MNPQR-STVWX-YZ234";

static int64_t wait_of(struct guard *guard, const char *peer, const char *typed, int64_t now_s)
{
	return guard_wait_s(
		guard, &(struct guard_try){.peer = peer, .typed = typed, .now_s = now_s});
}

static void wrong(struct guard *guard, const char *peer, const char *typed, int64_t now_s)
{
	guard_count(guard, &(struct guard_try){.peer = peer, .typed = typed, .now_s = now_s});
}

static void A11_a_first_group_is_not_guessed_from_many_addresses(void **state)
{
	(void)state;
	struct guard *guard = guard_new();
	char peer[32];
	int looked_at = 0;

	for (int i = 0; i < 5000; i++) { /* from 50 addresses, in any spelling */
		snprintf(peer, sizeof(peer), "192.0.2.%d", i % 50);
		const char *typed = i % 2 ? "abcde fghjk" : key;
		if (wait_of(guard, peer, typed, 1000) > 0)
			continue;
		looked_at++;
		wrong(guard, peer, typed, 1000);
	}
	assert_int_equal(looked_at, GUARD_PREFIX_MAX);
	assert_int_equal(wait_of(guard, "198.51.100.1", key, 1000), 0); /* the customer */
	assert_int_equal(wait_of(guard, "192.0.2.1", "ZZZZZ", 1000), 0);
	guard_free(guard);
}

static void A11_all_together_are_slowed_down(void **state)
{
	(void)state;
	struct guard *guard = guard_new();
	char peer[32], typed[32];
	int looked_at = 0;

	for (int i = 0; i < 3 * GUARD_TOTAL_MAX; i++) {
		snprintf(peer, sizeof(peer), "10.0.%d.%d", i % 200 / 50, i % 50);
		snprintf(typed, sizeof(typed), "%05d", i);
		if (wait_of(guard, peer, typed, 1000) > 0)
			continue;
		looked_at++;
		wrong(guard, peer, typed, 1000);
	}
	assert_true(looked_at >= GUARD_TOTAL_MAX);
	assert_true(looked_at <= GUARD_TOTAL_MAX + 200);
	guard_free(guard);
}

/* Whatever others do, and however steadily it fails itself: a client is heard again within a
 * minute, and at the latest when it was told to come. */
static void A11_a_slow_steady_client_is_never_locked_out_for_good(void **state)
{
	(void)state;
	char other[32], typed[32];
	uint32_t random = 7;

	for (int64_t every_s = 1; every_s < 70; every_s += 3) {
		struct guard *guard = guard_new();
		int64_t heard_s = 5000, told_s = 0;

		for (int64_t now_s = 5000; now_s < 5000 + 1800; now_s++) {
			for (int i = 0; i < 40; i++) {
				random = random * 1664525 + 1013904223;
				snprintf(other, sizeof(other), "10.1.%u.1", random >> 24);
				snprintf(typed, sizeof(typed), "%05u", (random >> 12) % 9);
				wrong(guard, other, typed, now_s);
			}
			if (now_s % every_s)
				continue;
			int64_t wait_s = wait_of(guard, "192.0.2.9", "00001", now_s);
			assert_true(wait_s <= GUARD_WINDOW_S);
			assert_true(wait_s == 0 ||
				    now_s + wait_s <= heard_s + GUARD_WINDOW_S + every_s);
			if (told_s && now_s >= told_s)
				assert_int_equal(wait_s, 0);
			told_s = wait_s ? now_s + wait_s : 0;
			if (wait_s)
				continue;
			wrong(guard, "192.0.2.9", "00001", now_s);
			heard_s = now_s;
		}
		assert_true(heard_s > 5000 + 1800 - 2 * GUARD_WINDOW_S - every_s);
		guard_free(guard);
	}
}

static void A11_who_is_slower_than_the_limit_never_waits(void **state)
{
	(void)state;
	struct guard *guard = guard_new();

	for (int64_t now_s = 5000; now_s < 5000 + 7200; now_s += 2) {
		assert_int_equal(wait_of(guard, "192.0.2.9", key, now_s), 0);
		wrong(guard, "192.0.2.9", key, now_s);
	}
	guard_free(guard);
}

static void wrong_keys_make_one_address_wait(void **state)
{
	(void)state;
	struct guard *guard = guard_new();

	for (int i = 0; i < GUARD_FAILURES_MAX; i++) {
		assert_int_equal(wait_of(guard, "192.0.2.1", key, 1000), 0);
		wrong(guard, "192.0.2.1", key, 1000);
	}
	assert_int_equal(wait_of(guard, "192.0.2.1", key, 1000), GUARD_WINDOW_S);
	assert_int_equal(wait_of(guard, "192.0.2.1", key, 1059), 1);
	assert_int_equal(wait_of(guard, "192.0.2.2", key, 1000), 0);
	guard_free(guard);
}

static void the_wait_ends_with_its_minute(void **state)
{
	(void)state;
	struct guard *guard = guard_new();

	for (int i = 0; i < GUARD_FAILURES_MAX; i++)
		wrong(guard, "192.0.2.1", key, 1000);
	assert_int_equal(wait_of(guard, "192.0.2.1", key, 1000 + GUARD_WINDOW_S), 0);
	wrong(guard, "192.0.2.1", key, 1000 + GUARD_WINDOW_S);
	assert_int_equal(wait_of(guard, "192.0.2.1", key, 1000 + GUARD_WINDOW_S), 0);
	guard_free(guard);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_keys_make_one_address_wait),
		cmocka_unit_test(A11_a_first_group_is_not_guessed_from_many_addresses),
		cmocka_unit_test(A11_who_is_slower_than_the_limit_never_waits),
		cmocka_unit_test(A11_all_together_are_slowed_down),
		cmocka_unit_test(A11_a_slow_steady_client_is_never_locked_out_for_good),
		cmocka_unit_test(the_wait_ends_with_its_minute),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
