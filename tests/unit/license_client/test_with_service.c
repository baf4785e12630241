/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "license_client/transport.h"
#include "license_service/api.h"
#include "license_service/home.h"
#include "license_service/orders.h"
#include "license_service/service.h"
#include "license_service/store.h"
#include "net/http_direct.h"
#include "world.h"

/* Two instances under one key, and the licensing service itself. */

struct vendor {
	char folder[64];
	struct home *home;
	struct store *store;
	struct service *service;
	char key[KEY_TEXT_SIZE];
	char license_id[LEASE_ID_SIZE];
	struct license_client *first, *second;
};

static void order(struct vendor *vendor, enum order_kind kind, int64_t seats)
{
	const struct order_request request = {
		.kind = kind,
		.license_id = kind == ORDER_NEW ? NULL : vendor->license_id,
		.seats = seats,
		.customer = kind == ORDER_NEW ? "Contoso" : NULL,
		.email = kind == ORDER_NEW ? "it@contoso.example" : NULL,
	};
	struct order order;

	if (orders_place(vendor->store, &request, clock_now_s(), &order) < 0)
		fail_msg("cannot order: %s", err_message());
	if (orders_complete(vendor->store, order.id, clock_now_s(), &order) < 0)
		fail_msg("cannot complete: %s", err_message());
	if (kind == ORDER_NEW) {
		memcpy(vendor->key, order.key, sizeof(vendor->key));
		memcpy(vendor->license_id, order.license_id, sizeof(vendor->license_id));
	}
}

static struct license_client *instance(struct vendor *vendor, const char *name)
{
	AUTO_TEXT folder = io_join(vendor->folder, name);
	AUTO_TEXT root = home_path(vendor->home, "root.pub");
	struct license_client *client;

	assert_int_equal(license_client_open(folder, &client), 0);
	assert_int_equal(
		license_client_set_server(client, service_url(vendor->service), root, NULL), 0);
	return client;
}

static int setup(void **state)
{
	struct vendor *vendor = mem_alloc(sizeof(*vendor));
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = 2};

	world_stop_clocks();
	snprintf(vendor->folder, sizeof(vendor->folder), "/tmp/license-service-XXXXXX");
	assert_non_null(mkdtemp(vendor->folder));
	AUTO_TEXT folder = io_join(vendor->folder, "vendor");
	assert_int_equal(home_open(folder, NULL, &vendor->home), 0);
	assert_int_equal(store_open(vendor->home, &vendor->store), 0);
	assert_int_equal(service_start(vendor->home, &options, &vendor->service), 0);
	order(vendor, ORDER_NEW, 3);
	vendor->first = instance(vendor, "first");
	vendor->second = instance(vendor, "second");
	*state = vendor;
	return 0;
}

static int setup_active(void **state)
{
	setup(state);
	struct vendor *vendor = *state;
	assert_int_equal(license_client_activate(vendor->first, vendor->key), 0);
	assert_int_equal(license_client_activate(vendor->second, vendor->key), 0);
	return 0;
}

static int teardown(void **state)
{
	struct vendor *vendor = *state;

	license_client_close(vendor->first);
	license_client_close(vendor->second);
	service_stop(vendor->service);
	store_close(vendor->store);
	home_close(vendor->home);
	world_remove(vendor->folder);
	mem_free(vendor);
	clock_use(NULL);
	return 0;
}

static const char *subject_of(
	struct license_client *client, const char *name, char out[LICENSE_SUBJECT_TEXT])
{
	assert_int_equal(license_client_subject(client, "tenant", name, out), 0);
	return out;
}

static struct license_claim claim(struct license_client *client, const char *name)
{
	char text[LICENSE_SUBJECT_TEXT];
	const char *subject = subject_of(client, name, text);
	struct license_claim claim = {.subjects = &subject, .count = 1};

	if (license_client_claim(client, &claim, 1) < 0)
		fail_msg("cannot claim: %s", err_message());
	claim.subjects = NULL;
	return claim;
}

static struct license_status status_of(struct license_client *client)
{
	struct license_status status;

	license_client_status(client, &status);
	return status;
}

static struct license_release release(struct license_client *client, const char *name)
{
	char text[LICENSE_SUBJECT_TEXT];
	struct license_release release = {.subject = subject_of(client, name, text)};

	if (license_client_release(client, &release, 1) < 0)
		fail_msg("cannot release: %s", err_message());
	release.subject = NULL;
	return release;
}

static void A1_A2_A3_the_term_is_of_the_first_activation(void **state)
{
	struct vendor *vendor = *state;

	assert_int_equal(license_client_activate(vendor->first, vendor->key), 0);
	struct license_status first = status_of(vendor->first);
	assert_int_equal(first.state, LICENSE_ACTIVE);
	assert_int_equal(first.seats, 3);
	world_pass(10 * DAY_S);
	assert_int_equal(license_client_activate(vendor->second, vendor->key), 0);
	assert_int_equal(status_of(vendor->second).expires_s, first.expires_s);
	assert_int_equal(license_client_activate(vendor->first, vendor->key), 0);
	assert_int_equal(status_of(vendor->first).expires_s, first.expires_s);
}

static void A11_unknown_and_revoked_keys_each_have_their_words(void **state)
{
	struct vendor *vendor = *state;
	static const uint8_t random[KEY_RANDOM_SIZE] = {9, 9, 9};
	char unknown[KEY_TEXT_SIZE];

	key_make(random, unknown);
	assert_int_equal(license_client_activate(vendor->first, unknown), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "does not know"));
	assert_int_equal(status_of(vendor->first).state, LICENSE_ACTIVE);
	assert_int_equal(
		orders_revoke(vendor->store, vendor->license_id, "test", clock_now_s()), 0);
	assert_int_equal(license_client_activate(vendor->first, vendor->key), ERR_LICENSE);
	assert_non_null(strstr(err_message(), "revoked"));
	assert_int_equal(status_of(vendor->first).state, LICENSE_ACTIVE);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(status_of(vendor->first).state, LICENSE_REVOKED);
}

static void T8_C5_one_user_of_two_instances_needs_one_license(void **state)
{
	struct vendor *vendor = *state;

	assert_int_equal(claim(vendor->first, "ada").newly, 1);
	assert_int_equal(claim(vendor->second, "ada").newly, 0);
	assert_int_equal(claim(vendor->first, "bob").newly, 1);
	assert_int_equal(claim(vendor->second, "cyd").newly, 1);
	struct license_claim refused = claim(vendor->first, "dan");
	assert_false(refused.granted);
	assert_int_equal(refused.missing, 1);
	assert_int_equal(status_of(vendor->first).used, 3);
}

static void T20_D5_D7_any_instance_releases_after_30_days_for_all(void **state)
{
	struct vendor *vendor = *state;
	int64_t start = clock_now_s();

	assert_true(claim(vendor->first, "ada").granted);
	world_pass(30 * DAY_S - 1);
	struct license_release early = release(vendor->second, "ada");
	assert_false(early.released);
	assert_int_equal(early.releasable_s, start + 30 * DAY_S);
	world_pass(1);
	assert_true(release(vendor->second, "ada").released);
	assert_int_equal(status_of(vendor->second).used, 0);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(claim(vendor->first, "ada").newly, 1);
}

static void D2_both_instances_see_one_list(void **state)
{
	struct vendor *vendor = *state;
	struct license_subject *subjects;
	size_t count;

	claim(vendor->first, "ada");
	claim(vendor->second, "bob");
	assert_int_equal(license_client_subjects(vendor->first, &subjects, &count), 0);
	assert_int_equal(count, 2);
	assert_int_equal(subjects[0].assigned_s, clock_now_s());
	assert_int_equal(subjects[1].releasable_s, clock_now_s() + 30 * DAY_S);
	mem_free(subjects);
	assert_string_equal(status_of(vendor->first).trouble, "");
}

static void A8_licenses_that_are_added_join_the_key(void **state)
{
	struct vendor *vendor = *state;
	int64_t end = status_of(vendor->first).expires_s;

	order(vendor, ORDER_ADDITION, 4);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(status_of(vendor->first).seats, 7);
	assert_int_equal(status_of(vendor->first).expires_s, end);
}

static void A7_T14_a_renewal_for_fewer_resets(void **state)
{
	struct vendor *vendor = *state;

	assert_true(claim(vendor->first, "ada").granted);
	world_pass(366 * DAY_S);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(status_of(vendor->first).state, LICENSE_EXPIRED);
	order(vendor, ORDER_RENEWAL, 2);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(status_of(vendor->first).state, LICENSE_ACTIVE);
	assert_int_equal(status_of(vendor->first).used, 0);
	assert_int_equal(claim(vendor->first, "ada").newly, 1);
}

static void E2_E4_a_service_that_stops_and_comes_back(void **state)
{
	struct vendor *vendor = *state;
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = 2};
	char text[LICENSE_SUBJECT_TEXT];

	assert_true(claim(vendor->first, "ada").granted);
	service_stop(vendor->service);
	assert_int_equal(license_client_contact(vendor->first, 5000), ERR_NETWORK);
	assert_int_equal(status_of(vendor->first).state, LICENSE_OFFLINE);
	assert_true(claim(vendor->first, "ada").granted);
	world_pass(14 * DAY_S);
	assert_int_equal(status_of(vendor->first).state, LICENSE_SUSPENDED);
	assert_int_equal(service_start(vendor->home, &options, &vendor->service), 0);
	AUTO_TEXT root = home_path(vendor->home, "root.pub");
	assert_int_equal(license_client_set_server(
				 vendor->first, service_url(vendor->service), root, NULL),
		0);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	assert_int_equal(status_of(vendor->first).state, LICENSE_ACTIVE);
	assert_true(
		license_client_is_held(vendor->first, subject_of(vendor->first, "ada", text)));
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
	assert_true(claim(vendor->first, "ada").granted);
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
	assert_int_equal(status_of(vendor->first).expires_s, end_s);
	assert_int_equal(status_of(vendor->second).expires_s, end_s);
	assert_int_equal(status_of(vendor->second).trial_items, 5);
	assert_string_equal(status_of(vendor->second).trouble, "");
	world_pass(20 * DAY_S);
	assert_int_equal(license_client_contact(vendor->second, 5000), 0);
	license_client_tenant_status(vendor->second, "contoso", &status);
	assert_int_equal(status.state, LICENSE_TRIAL_OVER);
	assert_int_equal(license_client_activate(vendor->second, vendor->key), 0);
	license_client_tenant_status(vendor->second, "contoso", &status);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_int_equal(status_of(vendor->first).state, LICENSE_TRIAL_OVER);
}

#define TEST(name, fixture) cmocka_unit_test_setup_teardown(name, fixture, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(A1_A2_A3_the_term_is_of_the_first_activation, setup),
		TEST(A11_unknown_and_revoked_keys_each_have_their_words, setup_active),
		TEST(T8_C5_one_user_of_two_instances_needs_one_license, setup_active),
		TEST(T20_D5_D7_any_instance_releases_after_30_days_for_all, setup_active),
		TEST(D2_both_instances_see_one_list, setup_active),
		TEST(A8_licenses_that_are_added_join_the_key, setup_active),
		TEST(A7_T14_a_renewal_for_fewer_resets, setup_active),
		TEST(T27_F1_F3_F4_two_instances_of_one_tenant_have_one_clock, setup),
		TEST(E2_E4_a_service_that_stops_and_comes_back, setup_active),
		TEST(another_transport_takes_the_place_of_the_network, setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
