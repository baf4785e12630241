/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "license_client/transport.h"
#include "license_service/api.h"
#include "net/http_direct.h"
#include "vendor.h"

/* Two instances under one key, and the licensing service itself. */

static void A1_A2_A3_the_term_is_of_the_first_activation(void **state)
{
	struct vendor *vendor = *state;

	assert_int_equal(license_client_activate(vendor->first, vendor->key), 0);
	struct license_status first = vendor_status(vendor->first);
	assert_int_equal(first.state, LICENSE_ACTIVE);
	assert_int_equal(first.seats, 3);
	world_pass(10 * DAY_S);
	assert_int_equal(license_client_activate(vendor->second, vendor->key), 0);
	assert_int_equal(vendor_status(vendor->second).expires_s, first.expires_s);
	assert_int_equal(license_client_activate(vendor->first, vendor->key), 0);
	assert_int_equal(vendor_status(vendor->first).expires_s, first.expires_s);
}

static void A11_unknown_and_revoked_keys_each_have_their_words(void **state)
{
	struct vendor *vendor = *state;
	static const uint8_t random[KEY_RANDOM_SIZE] = {9, 9, 9};
	char unknown[KEY_TEXT_SIZE];

	key_make(random, unknown);
	assert_int_equal(license_client_activate(vendor->first, unknown), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "does not know"));
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_ACTIVE);
	assert_int_equal(
		orders_revoke(vendor->store, vendor->license_id, "test", clock_now_s()), 0);
	assert_int_equal(license_client_activate(vendor->first, vendor->key), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "revoked"));
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_ACTIVE);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_REVOKED);
}

static void T8_C5_one_user_of_two_instances_needs_one_license(void **state)
{
	struct vendor *vendor = *state;

	assert_int_equal(vendor_claim(vendor->first, "ada").newly, 1);
	assert_int_equal(vendor_claim(vendor->second, "ada").newly, 0);
	assert_int_equal(vendor_claim(vendor->first, "bob").newly, 1);
	assert_int_equal(vendor_claim(vendor->second, "cyd").newly, 1);
	struct license_claim refused = vendor_claim(vendor->first, "dan");
	assert_false(refused.granted);
	assert_int_equal(refused.missing, 1);
	assert_int_equal(vendor_status(vendor->first).used, 3);
}

static void C2_a_claim_says_of_each_subject_how_it_stands(void **state)
{
	struct vendor *vendor = *state;
	static const char *const names[] = {"ada", "bob", "cyd", "dan", "eve"};
	char texts[5][LICENSE_SUBJECT_TEXT];
	const char *subjects[5];
	enum license_hold first[2], second[3], third[2];

	for (int i = 0; i < 5; i++)
		subjects[i] = vendor_subject(vendor->first, names[i], texts[i]);
	assert_true(vendor_claim(vendor->second, "bob").granted);
	const char *one[] = {subjects[0], subjects[1]};
	const char *two[] = {subjects[2], subjects[3], subjects[0]};
	const char *three[] = {subjects[4], subjects[0]};
	struct license_claim claims[] = {
		{.subjects = one, .count = 2, .holds = first},
		{.subjects = two, .count = 3, .holds = second},
		{.subjects = three, .count = 2, .holds = third},
	};
	assert_int_equal(license_client_claim(vendor->first, claims, 3), 0);
	assert_int_equal(first[0], LICENSE_HOLD_NEW);
	assert_int_equal(first[1], LICENSE_HOLD_HELD);
	assert_false(claims[1].granted); /* 1 is left, and it needs 2 */
	assert_int_equal(second[0], LICENSE_HOLD_NONE);
	assert_int_equal(second[1], LICENSE_HOLD_NONE);
	assert_int_equal(second[2], LICENSE_HOLD_HELD);
	assert_int_equal(third[0], LICENSE_HOLD_NEW);
	assert_int_equal(third[1], LICENSE_HOLD_HELD);
	assert_int_equal(license_client_claim(vendor->first, claims, 1), 0);
	assert_int_equal(first[0], LICENSE_HOLD_HELD);
}

static void T20_D5_D7_any_instance_releases_after_30_days_for_all(void **state)
{
	struct vendor *vendor = *state;
	int64_t start = clock_now_s();

	assert_true(vendor_claim(vendor->first, "ada").granted);
	world_pass(30 * DAY_S - 1);
	struct license_release early = vendor_release(vendor->second, "ada");
	assert_false(early.released);
	assert_int_equal(early.releasable_s, start + 30 * DAY_S);
	world_pass(1);
	assert_true(vendor_release(vendor->second, "ada").released);
	assert_int_equal(vendor_status(vendor->second).used, 0);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_claim(vendor->first, "ada").newly, 1);
}

static void D2_both_instances_see_one_list(void **state)
{
	struct vendor *vendor = *state;
	struct license_subject *subjects;
	size_t count;

	vendor_claim(vendor->first, "ada");
	vendor_claim(vendor->second, "bob");
	assert_int_equal(license_client_subjects(vendor->first, &subjects, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(subjects[0].assigned_s, clock_now_s());
	assert_int_equal(subjects[1].releasable_s, clock_now_s() + 30 * DAY_S);
	mem_free(subjects);
	assert_string_equal(vendor_status(vendor->first).trouble, "");
}

/* Counts the questions for the list on their way to the service. */
struct counting {
	struct api api;
	int lists;
};

static int send_and_count(void *context, const struct http_request *request, int64_t timeout_ms,
	struct http_response *response)
{
	struct counting *counting = context;

	(void)timeout_ms;
	counting->lists += strstr(request->url, "/v1/subjects") != NULL;
	return http_direct(api_handle, &counting->api, request, response);
}

static bool is_held(struct license_client *client, const char *name)
{
	char text[LICENSE_SUBJECT_TEXT];

	return license_client_is_held(client, vendor_subject(client, name, text));
}

static void D2_who_follows_the_events_needs_no_list(void **state)
{
	struct vendor *vendor = *state;
	struct counting counting = {0};
	const struct license_transport transport = {send_and_count, &counting};
	struct license_subject *subjects;
	size_t count;
	int64_t start = clock_now_s();

	assert_true(vendor_claim(vendor->second, "ada").granted);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(api_open_alone(&counting.api, vendor->home), 0);
	license_client_send_by(vendor->first, &transport);
	world_pass(30 * DAY_S);
	assert_int_equal(license_client_contact(vendor->second, 5000), 0);
	assert_true(vendor_claim(vendor->second, "bob").granted);
	assert_true(vendor_release(vendor->second, "ada").released);
	assert_true(vendor_claim(vendor->second, "cyd").granted);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_false(is_held(vendor->first, "ada"));
	assert_true(is_held(vendor->first, "bob"));
	assert_true(is_held(vendor->first, "cyd"));
	world_pass(60);
	assert_true(vendor_claim(vendor->second, "ada").granted);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_true(is_held(vendor->first, "ada"));
	assert_int_equal(counting.lists, 0);
	assert_int_equal(license_client_subjects(vendor->first, &subjects, &count), 0);
	assert_int_equal(counting.lists, 1); /* who asks for it gets it as it is now */
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		assert_in_range(subjects[i].assigned_s, start + 30 * DAY_S, clock_now_s());
	mem_free(subjects);
	license_client_send_by(vendor->first, NULL);
	api_close(&counting.api);
}

static void A7_D2_a_reset_among_the_events_empties_the_set(void **state)
{
	struct vendor *vendor = *state;
	struct counting counting = {0};
	const struct license_transport transport = {send_and_count, &counting};

	assert_true(vendor_claim(vendor->second, "ada").granted);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_true(is_held(vendor->first, "ada"));
	world_pass(366 * DAY_S);
	vendor_order(vendor, ORDER_RENEWAL, 2);
	assert_int_equal(license_client_contact(vendor->second, 5000), 0);
	assert_true(vendor_claim(vendor->second, "bob").granted);
	assert_int_equal(api_open_alone(&counting.api, vendor->home), 0);
	license_client_send_by(vendor->first, &transport);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(counting.lists, 0);
	assert_false(is_held(vendor->first, "ada"));
	assert_true(is_held(vendor->first, "bob"));
	license_client_send_by(vendor->first, NULL);
	api_close(&counting.api);
}

static void A8_licenses_that_are_added_join_the_key(void **state)
{
	struct vendor *vendor = *state;
	int64_t end = vendor_status(vendor->first).expires_s;

	vendor_order(vendor, ORDER_ADDITION, 4);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_status(vendor->first).seats, 7);
	assert_int_equal(vendor_status(vendor->first).expires_s, end);
}

static void A7_T14_a_renewal_for_fewer_resets(void **state)
{
	struct vendor *vendor = *state;

	assert_true(vendor_claim(vendor->first, "ada").granted);
	world_pass(366 * DAY_S);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_EXPIRED);
	vendor_order(vendor, ORDER_RENEWAL, 2);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_ACTIVE);
	assert_int_equal(vendor_status(vendor->first).used, 0);
	assert_int_equal(vendor_claim(vendor->first, "ada").newly, 1);
}

static void E2_E4_a_service_that_stops_and_comes_back(void **state)
{
	struct vendor *vendor = *state;
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = 2};
	char text[LICENSE_SUBJECT_TEXT];

	assert_true(vendor_claim(vendor->first, "ada").granted);
	service_stop(vendor->service);
	assert_int_equal(license_client_contact(vendor->first, 5000), ERR_NETWORK);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_OFFLINE);
	assert_true(vendor_claim(vendor->first, "ada").granted);
	world_pass(14 * DAY_S);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_SUSPENDED);
	assert_int_equal(service_start(vendor->home, &options, &vendor->service), 0);
	AUTO_TEXT root = home_path(vendor->home, "root.pub");
	assert_int_equal(license_client_set_server(
				 vendor->first, service_url(vendor->service), root, NULL),
		0);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_ACTIVE);
	assert_true(license_client_is_held(
		vendor->first, vendor_subject(vendor->first, "ada", text)));
}

/* Brings a question straight to an API that has no thread and no socket. */
static int send_directly(void *context, const struct http_request *request, int64_t timeout_ms,
	struct http_response *response)
{
	(void)timeout_ms;
	return http_direct(api_handle, context, request, response);
}

static void another_transport_takes_the_place_of_the_network(void **state)
{
	struct vendor *vendor = *state;
	struct api api;
	const struct license_transport direct = {.send = send_directly, .context = &api};

	service_stop(STEAL(vendor->service));
	assert_int_equal(license_client_contact(vendor->first, 5000), ERR_NETWORK);
	assert_int_equal(api_open_alone(&api, vendor->home), 0);
	license_client_send_by(vendor->first, &direct);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_true(vendor_claim(vendor->first, "ada").granted);
	license_client_send_by(vendor->first, NULL);
	assert_int_equal(license_client_contact(vendor->first, 5000), ERR_NETWORK);
	api_close(&api);
}

static void T27_F1_F3_F4_two_instances_of_one_tenant_have_one_clock(void **state)
{
	struct vendor *vendor = *state;
	struct license_status status;
	int64_t end_s = clock_now_s() + 30 * DAY_S;

	assert_int_equal(license_client_trial_begin(vendor->first, "Contoso", 5000), 0);
	world_pass(10 * DAY_S);
	assert_int_equal(license_client_trial_begin(vendor->second, "contoso", 5000), 0);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(vendor_status(vendor->first).expires_s, end_s);
	assert_int_equal(vendor_status(vendor->second).expires_s, end_s);
	assert_int_equal(vendor_status(vendor->second).trial_items, 5);
	assert_string_equal(vendor_status(vendor->second).trouble, "");
	world_pass(20 * DAY_S);
	assert_int_equal(license_client_contact(vendor->second, 5000), 0);
	license_client_tenant_status(vendor->second, "contoso", &status);
	assert_int_equal(status.state, LICENSE_TRIAL_OVER);
	assert_int_equal(license_client_activate(vendor->second, vendor->key), 0);
	license_client_tenant_status(vendor->second, "contoso", &status);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_TRIAL_OVER);
}

#define TEST(name, fixture) cmocka_unit_test_setup_teardown(name, fixture, vendor_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(A1_A2_A3_the_term_is_of_the_first_activation, vendor_setup),
		TEST(A11_unknown_and_revoked_keys_each_have_their_words, vendor_setup_active),
		TEST(T8_C5_one_user_of_two_instances_needs_one_license, vendor_setup_active),
		TEST(C2_a_claim_says_of_each_subject_how_it_stands, vendor_setup_active),
		TEST(T20_D5_D7_any_instance_releases_after_30_days_for_all,
			vendor_setup_active),
		TEST(D2_both_instances_see_one_list, vendor_setup_active),
		TEST(D2_who_follows_the_events_needs_no_list, vendor_setup_active),
		TEST(A7_D2_a_reset_among_the_events_empties_the_set, vendor_setup_active),
		TEST(A8_licenses_that_are_added_join_the_key, vendor_setup_active),
		TEST(A7_T14_a_renewal_for_fewer_resets, vendor_setup_active),
		TEST(T27_F1_F3_F4_two_instances_of_one_tenant_have_one_clock, vendor_setup),
		TEST(E2_E4_a_service_that_stops_and_comes_back, vendor_setup_active),
		TEST(another_transport_takes_the_place_of_the_network, vendor_setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
