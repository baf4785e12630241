/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "world.h"

static bool is_held(struct world *world, const char *name)
{
	char subject[LICENSE_SUBJECT_TEXT];

	return license_client_is_held(world->client, world_subject(world, name, subject));
}

static void C2_an_object_gets_all_of_its_licenses_or_none(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	world->service->lease.seats = 3;
	assert_int_equal(world_claim(world, &claim, "a", "b", "c", "d", "e", NULL), 0);
	assert_false(claim.granted);
	assert_int_equal(claim.missing, 2);
	assert_int_equal(claim.newly, 0);
	assert_false(is_held(world, "a"));
	assert_int_equal(world_claim(world, &claim, "a", "b", NULL), 0);
	assert_true(claim.granted);
	assert_int_equal(claim.newly, 2);
	assert_int_equal(claim.missing, 0);
	assert_true(is_held(world, "a"));
	assert_int_equal(world_status(world).used, 2);
}

static void T22_objects_of_one_claim_are_decided_in_order(void **state)
{
	struct world *world = *state;
	char texts[6][LICENSE_SUBJECT_TEXT];
	const char *subjects[6];
	struct license_claim claims[2];

	world->service->lease.seats = 3;
	for (int i = 0; i < 6; i++) {
		char name[] = {(char)('a' + i), 0};
		subjects[i] = world_subject(world, name, texts[i]);
	}
	claims[0] = (struct license_claim){.subjects = subjects, .count = 5};
	claims[1] = (struct license_claim){.subjects = subjects + 5, .count = 1};
	assert_int_equal(license_client_claim(world->client, claims, 2), 0);
	assert_false(claims[0].granted);
	assert_int_equal(claims[0].missing, 2);
	assert_true(claims[1].granted);
	assert_int_equal(claims[1].newly, 1);
	assert_int_equal(world->service->claims, 1);
}

static void what_is_held_is_not_asked_for_again(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", "b", NULL), 0);
	int calls = world->service->calls;
	assert_int_equal(world_claim(world, &claim, "b", "a", NULL), 0);
	assert_true(claim.granted);
	assert_int_equal(claim.newly, 0);
	assert_int_equal(world_claim(world, &claim, NULL), 0);
	assert_true(claim.granted); /* an object that needs nobody */
	assert_int_equal(world->service->calls, calls);
	world_reopen(world);
	assert_true(is_held(world, "a"));
}

static void C6_a_claim_whose_answer_was_lost_counts_once(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	world->service->lose_answers = true; /* once */
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	assert_true(claim.granted);
	assert_int_equal(claim.newly, 1);
	assert_int_equal(world->service->claims, 2);
	assert_int_equal(world->service->assigned.count, 1);
}

static void E2_offline_what_is_held_goes_on_and_new_ones_wait(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	fake_service_lie(world->service, LIE_503);
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	assert_true(claim.granted);
	assert_int_equal(world_claim(world, &claim, "a", "b", "c", "b", NULL), ERR_UNAVAILABLE);
	assert_false(claim.granted);
	assert_int_equal(claim.missing, 2);
	assert_int_equal(world_state(world), LICENSE_OFFLINE);
	world_reopen(world);
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	assert_true(claim.granted);
}

static void E2_offline_each_object_of_a_claim_is_decided_for_itself(void **state)
{
	struct world *world = *state;
	char a[LICENSE_SUBJECT_TEXT], b[LICENSE_SUBJECT_TEXT];
	const char *subjects[] = {world_subject(world, "a", a), world_subject(world, "b", b)};
	struct license_claim claims[] = {
		{.subjects = &subjects[1], .count = 1},
		{.subjects = &subjects[0], .count = 1},
	};

	assert_int_equal(license_client_claim(world->client, &claims[1], 1), 0);
	fake_service_lie(world->service, LIE_CUT);
	assert_int_equal(license_client_claim(world->client, claims, 2), ERR_NETWORK);
	assert_false(claims[0].granted);
	assert_int_equal(claims[0].missing, 1);
	assert_true(claims[1].granted);
	assert_int_equal(claims[1].newly, 0);
}

static void a_service_that_was_silent_just_now_is_asked_once(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	fake_service_lie(world->service, LIE_503);
	int calls = world->service->calls;
	assert_int_equal(world_claim(world, &claim, "a", NULL), ERR_UNAVAILABLE);
	assert_int_equal(world->service->calls, calls + 3);
	assert_int_equal(world_claim(world, &claim, "b", NULL), ERR_UNAVAILABLE);
	assert_int_equal(world->service->calls, calls + 4);
	world_pass(120);
	assert_int_equal(world_claim(world, &claim, "b", NULL), ERR_UNAVAILABLE);
	assert_int_equal(world->service->calls, calls + 7);
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(world_claim(world, &claim, "b", NULL), 0);
	assert_true(claim.granted);
}

static void E3_nothing_is_granted_when_suspended(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	world_pass(14 * DAY_S);
	assert_int_equal(world_claim(world, &claim, "a", NULL), ERR_LICENSE);
	assert_false(claim.granted);
	assert_non_null(strstr(err_message(), "waiting for the licensing server"));
}

static void A4_nothing_is_granted_after_the_term(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	world->service->lease.state = LEASE_EXPIRED; /* which this instance does not know yet */
	assert_int_equal(world_claim(world, &claim, "b", NULL), ERR_LICENSE);
	assert_false(claim.granted);
	assert_int_equal(world_state(world), LICENSE_EXPIRED);
	assert_int_equal(world_claim(world, &claim, "a", NULL), ERR_LICENSE);
	assert_false(claim.granted);
}

static void an_instance_without_a_license_claims_nothing(void **state)
{
	struct world *world = *state;
	struct license_claim claim = {.count = 0};

	assert_int_equal(license_client_claim(world->client, &claim, 1), ERR_LICENSE);
	assert_false(claim.granted);
}

static void C5_what_other_instances_took_is_seen_and_needs_no_more(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	for (int i = 0; i < 7; i++) { /* more than a page of the list */
		char name[] = {(char)('p' + i), 0};
		fake_service_assign(world->service, world_subject(world, name, subject));
	}
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	int calls = world->service->calls;
	assert_true(is_held(world, "p"));
	assert_int_equal(world_claim(world, &claim, "p", "v", NULL), 0);
	assert_true(claim.granted);
	assert_int_equal(claim.newly, 0);
	assert_int_equal(world->service->calls, calls);
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	assert_int_equal(world->service->calls, calls + 1); /* the list is as it was */
}

static void the_list_is_not_read_for_each_claim_while_others_claim_too(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	for (int i = 0; i < 4; i++) {
		char other[] = {(char)('p' + i), 0};
		char own[] = {(char)('a' + i), 0};
		fake_service_assign(world->service, world_subject(world, other, subject));
		assert_int_equal(world_claim(world, &claim, own, NULL), 0);
		assert_true(claim.granted);
	}
	assert_int_equal(world->service->lists, 1);
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	assert_true(is_held(world, "a") && is_held(world, "d") && is_held(world, "s"));
}

static void E2_a_set_that_is_a_little_behind_is_used_offline(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	for (int i = 0; i < 2; i++) {
		char other[] = {(char)('p' + i), 0};
		char own[] = {(char)('b' + i), 0};
		fake_service_assign(world->service, world_subject(world, other, subject));
		assert_int_equal(world_claim(world, &claim, own, NULL), 0);
	}
	fake_service_lie(world->service, LIE_500);
	assert_int_equal(world_claim(world, &claim, "a", NULL), ERR_UNAVAILABLE);
	assert_true(claim.granted);
}

static void A7_a_reset_ends_what_was_held(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	heldset_free(&world->service->assigned);
	world->service->lease.epoch++;
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	assert_false(is_held(world, "a"));
	assert_int_equal(world_status(world).used, 0);
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	assert_int_equal(claim.newly, 1);
}

static void T14b_a_waiting_reset_takes_effect_offline_too(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	world->service->lease.resets_s = world_now() + 5 * DAY_S;
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	fake_service_lie(world->service, LIE_500);
	world_pass(5 * DAY_S - 1);
	assert_true(is_held(world, "a"));
	assert_int_equal(world_status(world).used, 1);
	world_pass(1);
	assert_false(is_held(world, "a"));
	assert_int_equal(world_status(world).used, 0);
	assert_int_equal(world_claim(world, &claim, "a", NULL), ERR_UNAVAILABLE);
	assert_false(claim.granted);
}

static void a_large_claim_goes_in_several_requests(void **state)
{
	enum { COUNT = 10001 };
	struct world *world = *state;
	struct license_claim *claims = mem_array(COUNT, sizeof(*claims));
	char(*texts)[LICENSE_SUBJECT_TEXT] = mem_array(COUNT, sizeof(*texts));
	const char **subjects = mem_array(COUNT, sizeof(*subjects));

	world->service->lease.seats = 10;
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(texts[i], sizeof(texts[i]), "%064zx", i % 12);
		subjects[i] = texts[i];
		claims[i] = (struct license_claim){.subjects = &subjects[i], .count = 1};
	}
	assert_int_equal(license_client_claim(world->client, claims, COUNT), 0);
	assert_int_equal(world->service->claims, 2);
	assert_true(claims[9].granted);
	assert_false(claims[10].granted);
	assert_true(claims[COUNT - 1].granted); /* the sixth of them again */
	assert_int_equal(world->service->assigned.count, 10);

	struct license_claim huge = {.subjects = subjects, .count = COUNT};
	assert_int_equal(license_client_claim(world->client, &huge, 1), ERR_LIMIT);
	mem_free(subjects);
	mem_free(texts);
	mem_free(claims);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(C2_an_object_gets_all_of_its_licenses_or_none, world_setup_active),
		TEST(T22_objects_of_one_claim_are_decided_in_order, world_setup_active),
		TEST(what_is_held_is_not_asked_for_again, world_setup_active),
		TEST(C6_a_claim_whose_answer_was_lost_counts_once, world_setup_active),
		TEST(E2_offline_what_is_held_goes_on_and_new_ones_wait, world_setup_active),
		TEST(E2_offline_each_object_of_a_claim_is_decided_for_itself,
			world_setup_active),
		TEST(a_service_that_was_silent_just_now_is_asked_once, world_setup_active),
		TEST(E3_nothing_is_granted_when_suspended, world_setup_active),
		TEST(A4_nothing_is_granted_after_the_term, world_setup_active),
		TEST(an_instance_without_a_license_claims_nothing, world_setup),
		TEST(C5_what_other_instances_took_is_seen_and_needs_no_more,
			world_setup_active),
		TEST(the_list_is_not_read_for_each_claim_while_others_claim_too,
			world_setup_active),
		TEST(E2_a_set_that_is_a_little_behind_is_used_offline, world_setup_active),
		TEST(A7_a_reset_ends_what_was_held, world_setup_active),
		TEST(T14b_a_waiting_reset_takes_effect_offline_too, world_setup_active),
		TEST(a_large_claim_goes_in_several_requests, world_setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
