/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/timestamp.h"
#include "license_service/orders.h"
#include "license_service/releases.h"
#include "world.h"

static const int64_t month_s = 30 * (int64_t)WORLD_DAY_S;

static void activated(struct world *world, int64_t seats, char license_id[LEASE_ID_SIZE])
{
	struct world_instance instance;

	world_new_instance(&instance);
	world_order(world, seats, world_start_s, license_id, NULL);
	assert_int_equal(world_activate(world->store, license_id, &instance, world_start_s), 0);
}

static void T11_a_release_a_second_before_30_days_is_refused_and_then_done(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	assert_string_equal(
		world_release(world->store, id, 1, world_start_s + month_s - 1), "too_early");
	assert_int_equal(world_look(world->store, id, world_start_s + month_s - 1).used, 1);
	assert_null(world_release(world->store, id, 1, world_start_s + month_s));
	assert_int_equal(world_look(world->store, id, world_start_s + month_s).used, 0);
}

static void T12_a_released_user_who_is_claimed_again_begins_a_new_30_days(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t later_s = world_start_s + 31 * (int64_t)WORLD_DAY_S;

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	assert_null(world_release(world->store, id, 1, later_s));
	assert_int_equal(world_claim(world->store, id, 1, 1, later_s), 1);
	assert_string_equal(
		world_release(world->store, id, 1, later_s + month_s - 1), "too_early");
	assert_null(world_release(world->store, id, 1, later_s + month_s));
}

static void T20_a_released_license_is_free_at_once(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t later_s = world_start_s + month_s;

	activated(world, 1, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	assert_int_equal(world_claim(world->store, id, 2, 1, later_s), -1);
	assert_null(world_release(world->store, id, 1, later_s));
	assert_int_equal(world_claim(world->store, id, 2, 1, later_s), 1);
}

static void D8_of_several_those_that_may_go_and_the_others_are_named(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE], texts[3][WORLD_SUBJECT_SIZE], when[TIMESTAMP_SIZE];
	const char *subjects[] = {texts[0], texts[1], texts[2], texts[0]};
	struct releases releases = {.instance_id = "i", .subjects = subjects, .count = 4};
	struct ledger ledger;
	int64_t later_s = world_start_s + month_s;

	activated(world, 5, id);
	for (unsigned i = 0; i < 3; i++)
		world_subject(i, texts[i]);
	assert_int_equal(world_claim(world->store, id, 0, 1, world_start_s), 1);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s + 7), 1);
	assert_int_equal(ledger_open(world->store, id, later_s, &ledger), 0);
	assert_int_equal(releases_run(&ledger, &releases), 0);
	assert_int_equal(ledger_commit(&ledger), 0);

	timestamp_format(later_s + 7, when);
	AUTO_TEXT expected = mem_printf(
		"{\"refused\":null,\"results\":["
		"{\"subject\":\"%s\",\"released\":true,\"reason\":null,\"releasable_at\":null},"
		"{\"subject\":\"%s\",\"released\":false,\"reason\":\"too_early\","
		"\"releasable_at\":\"%s\"},"
		"{\"subject\":\"%s\",\"released\":false,\"reason\":\"not_assigned\","
		"\"releasable_at\":null},"
		"{\"subject\":\"%s\",\"released\":false,\"reason\":\"not_assigned\","
		"\"releasable_at\":null}]}",
		texts[0], texts[1], when, texts[2], texts[0]);
	assert_string_equal(releases.answer, expected);
	mem_free(releases.answer);
	assert_int_equal(world_look(world->store, id, later_s).used, 1);
}

static void A7_a_reset_is_no_release_and_a_new_claim_starts_a_new_clock(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t late_s = world_start_s + 400 * (int64_t)WORLD_DAY_S;

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	assert_int_equal(world_renew(world, id, 4, late_s), 0);
	assert_string_equal(world_release(world->store, id, 1, late_s), "not_assigned");
	assert_int_equal(world_claim(world->store, id, 1, 1, late_s), 1);
	assert_string_equal(world_release(world->store, id, 1, late_s + 1), "too_early");
}

static void A7_in_a_gap_after_the_end_a_license_can_be_released(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t late_s = world_start_s + 400 * (int64_t)WORLD_DAY_S;

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	assert_null(world_release(world->store, id, 1, late_s));
}

static void A11_under_a_revoked_key_nothing_is_released(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	assert_int_equal(orders_revoke(world->store, id, "fraud", world_start_s), 0);
	assert_string_equal(
		world_release(world->store, id, 1, world_start_s + month_s), "license_revoked");
	assert_int_equal(
		world_claim(world->store, id, 2, 1, world_start_s + month_s), WORLD_REFUSED);
}

static void D2_the_list_names_every_subject_page_by_page(void **state)
{
	enum { SUBJECTS = 25, PAGE = 10 };
	struct world *world = *state;
	char id[LEASE_ID_SIZE], after[WORLD_SUBJECT_SIZE] = "";
	size_t seen = 0;

	activated(world, SUBJECTS, id);
	assert_int_equal(world_claim(world->store, id, 0, SUBJECTS, world_start_s), SUBJECTS);
	for (bool more = true; more;) {
		struct ledger ledger;
		struct releases_list list = {.after = after, .limit = PAGE};
		AUTO_JSON page = NULL;

		assert_int_equal(ledger_open(world->store, id, world_start_s, &ledger), 0);
		assert_int_equal(releases_list(&ledger, &list), 0);
		ledger_abandon(&ledger);
		assert_int_equal(json_parse(list.answer, strlen(list.answer), &page), 0);
		mem_free(list.answer);
		struct json *subjects = json_get(page, "subjects");
		for (size_t i = 0; i < json_count(subjects); i++) {
			const char *subject = json_get_text(json_at(subjects, i), "id");

			assert_true(strcmp(subject, after) > 0);
			memcpy(after, subject, sizeof(after));
			seen++;
		}
		more = json_get_text(page, "next") != NULL;
		if (more)
			assert_string_equal(json_get_text(page, "next"), after);
	}
	assert_int_equal(seen, SUBJECTS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			T11_a_release_a_second_before_30_days_is_refused_and_then_done,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			T12_a_released_user_who_is_claimed_again_begins_a_new_30_days,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			T20_a_released_license_is_free_at_once, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			D8_of_several_those_that_may_go_and_the_others_are_named, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			A7_a_reset_is_no_release_and_a_new_claim_starts_a_new_clock,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			A7_in_a_gap_after_the_end_a_license_can_be_released, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(A11_under_a_revoked_key_nothing_is_released,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(D2_the_list_names_every_subject_page_by_page,
			world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
