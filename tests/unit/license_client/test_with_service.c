/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"
#include "license/sunset.h"
#include "license_service/history.h"
#include "license_service/home.h"
#include "license_service/orders.h"
#include "license_service/root.h"
#include "license_service/service.h"
#include "license_service/store.h"
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

static void C2_a_claim_says_of_each_subject_how_it_stands(void **state)
{
	struct vendor *vendor = *state;
	static const char *const names[] = {"ada", "bob", "cyd", "dan", "eve"};
	char texts[5][LICENSE_SUBJECT_TEXT];
	const char *subjects[5];
	enum license_hold first[2], second[3], third[2];

	for (int i = 0; i < 5; i++)
		subjects[i] = subject_of(vendor->first, names[i], texts[i]);
	assert_true(claim(vendor->second, "bob").granted);
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

/* Histories. */

static void copy_database(struct vendor *vendor)
{
	AUTO_TEXT copy = io_join(vendor->folder, "copy.db");

	assert_int_equal(db_backup(store_db(vendor->store), copy), 0);
}

/* Ends the service, and begins again with the copy of the database. */
static void put_copy_back(struct vendor *vendor)
{
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = 2};
	AUTO_TEXT copy = io_join(vendor->folder, "copy.db");
	AUTO_TEXT wal = mem_printf("%s-wal", vendor->home->database);
	AUTO_TEXT shared = mem_printf("%s-shm", vendor->home->database);
	AUTO_TEXT root = home_path(vendor->home, "root.pub");

	service_stop(vendor->service);
	store_close(vendor->store);
	assert_int_equal(io_remove(wal), 0);
	assert_int_equal(io_remove(shared), 0);
	assert_int_equal(io_rename(copy, vendor->home->database), 0);
	assert_int_equal(store_open(vendor->home, &vendor->store), 0);
	assert_int_equal(service_start(vendor->home, &options, &vendor->service), 0);
	const char *url = service_url(vendor->service);
	assert_int_equal(license_client_set_server(vendor->first, url, root, NULL), 0);
	assert_int_equal(license_client_set_server(vendor->second, url, root, NULL), 0);
}

static int64_t held_licenses(struct vendor *vendor)
{
	int64_t count;

	assert_int_equal(history_count_held(vendor->store, &count), 0);
	return count;
}

static void assert_refused(struct license_client *client)
{
	assert_int_equal(license_client_contact(client, 5000), ERR_CORRUPT);
	struct license_status status = status_of(client);
	assert_int_equal(status.state, LICENSE_OFFLINE);
	assert_non_null(strstr(status.trouble, "changed or rolled back"));
}

static void assert_heals(struct license_client *client)
{
	if (license_client_contact(client, 5000) < 0)
		fail_msg("not healed: %s", err_message());
	struct license_status status = status_of(client);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_string_equal(status.trouble, "");
}

static void E5_a_database_that_was_put_back_issues_nothing_until_it_is_accepted(void **state)
{
	struct vendor *vendor = *state;
	char text[LICENSE_SUBJECT_TEXT];

	assert_true(claim(vendor->first, "ada").granted);
	copy_database(vendor);
	assert_true(claim(vendor->first, "bob").granted);
	assert_true(claim(vendor->first, "cyd").granted);
	put_copy_back(vendor);
	assert_refused(vendor->first);
	assert_int_equal(held_licenses(vendor), 1);
	assert_refused(vendor->second); /* which saw nothing of what is lost */
	assert_true(license_client_is_held(
		vendor->first, subject_of(vendor->first, "bob", text))); /* E2: it goes on */

	assert_int_equal(history_accept(vendor->store, vendor->license_id, clock_now_s()), 0);
	assert_int_equal(held_licenses(vendor), 0);
	assert_int_equal(
		history_accept(vendor->store, vendor->license_id, clock_now_s()), ERR_EXISTS);
	assert_heals(vendor->first);
	assert_heals(vendor->second);
}

static void C5_E5_seats_are_not_exceeded_after_a_database_was_put_back(void **state)
{
	struct vendor *vendor = *state;
	char text[LICENSE_SUBJECT_TEXT];

	copy_database(vendor);
	assert_true(claim(vendor->first, "ada").granted);
	assert_true(claim(vendor->first, "bob").granted);
	assert_true(claim(vendor->first, "cyd").granted);
	put_copy_back(vendor);
	assert_refused(vendor->first);
	assert_int_equal(history_accept(vendor->store, vendor->license_id, clock_now_s()), 0);
	assert_true(claim(vendor->second, "dan").granted);
	assert_true(claim(vendor->second, "eve").granted);
	assert_heals(vendor->first);
	assert_false(
		license_client_is_held(vendor->first, subject_of(vendor->first, "ada", text)));
	assert_true(
		license_client_is_held(vendor->first, subject_of(vendor->first, "dan", text)));
	assert_true(claim(vendor->first, "ada").granted);
	assert_false(claim(vendor->first, "bob").granted);
	assert_int_equal(status_of(vendor->first).used, 3);
}

static void E5_a_history_that_went_on_elsewhere_is_noticed(void **state)
{
	struct vendor *vendor = *state;

	copy_database(vendor);
	assert_true(claim(vendor->first, "ada").granted);
	put_copy_back(vendor);
	assert_true(claim(vendor->second, "dan").granted); /* at the revision of ada's */
	assert_true(claim(vendor->second, "eve").granted);
	assert_refused(vendor->first);
	assert_refused(vendor->second);
	assert_int_equal(history_accept(vendor->store, vendor->license_id, clock_now_s()), 0);
	assert_heals(vendor->second);
	assert_heals(vendor->first);
	assert_int_equal(status_of(vendor->first).used, 2);
	assert_true(claim(vendor->first, "ada").granted);
	assert_heals(vendor->second);
}

static void E5_an_event_that_was_changed_is_noticed_by_the_instance(void **state)
{
	struct vendor *vendor = *state;
	struct db *db = store_db(vendor->store);

	assert_true(claim(vendor->first, "ada").granted);
	assert_int_equal(
		db_run(db, "UPDATE event SET detail = detail || ' ' WHERE kind = 'claimed'",
			""),
		0);
	assert_refused(vendor->second);
	assert_int_equal(db_run(db, "UPDATE event SET detail = rtrim(detail)", ""), 0);
	assert_heals(vendor->second);
	assert_int_equal(
		db_run(db, "UPDATE event SET kind = 'restored' WHERE kind = 'claimed'", ""), 0);
	assert_heals(vendor->second); /* it does not read again what it knows */
}

static void E5_an_event_that_is_missing_is_noticed_by_the_instance(void **state)
{
	struct vendor *vendor = *state;
	struct db *db = store_db(vendor->store);

	assert_true(claim(vendor->first, "ada").granted);
	assert_true(claim(vendor->first, "bob").granted);
	assert_int_equal(db_run(db,
				 "DELETE FROM event WHERE revision = (SELECT max(revision) - 1"
				 " FROM event)",
				 ""),
		0);
	assert_refused(vendor->second);
}

/* The root key. */

static void E5_keys_rotate_over_400_days_also_for_who_was_away(void **state)
{
	struct vendor *vendor = *state;
	const struct root_asking asking = {0};
	AUTO_TEXT vault = io_join(vendor->folder, "vault");
	AUTO_TEXT key_file = io_join(vault, "root.key");

	order(vendor, ORDER_RENEWAL, 3);
	assert_int_equal(root_export(vendor->home, vault), 0);
	for (int day = 0; day < 400; day++) {
		if (day % 60 == 45) { /* the offline machine's round */
			AUTO_TEXT request = NULL;
			AUTO_TEXT keyset = NULL;
			assert_int_equal(
				root_request(vendor->home, clock_now_s(), &asking, &request),
				0);
			assert_int_equal(root_sign(key_file, request, &keyset), 0);
			assert_int_equal(root_import(vendor->home, keyset), 0);
		}
		if (license_client_contact(vendor->first, 5000) < 0)
			fail_msg("day %d: %s", day, err_message());
		assert_int_equal(status_of(vendor->first).trouble[0], 0);
		if (day % 130 == 129) /* that one missed two rotations */
			assert_heals(vendor->second);
		world_pass(DAY_S);
	}
}

static void E1_E3_the_vendors_word_lets_an_instance_work_without_a_service(void **state)
{
	struct vendor *vendor = *state;
	AUTO_TEXT key_file = home_path(vendor->home, "root.key");
	AUTO_TEXT file = io_join(vendor->folder, "word");
	AUTO_TEXT text = NULL;
	int64_t until_s = clock_now_s() + 3000 * DAY_S;

	assert_true(claim(vendor->first, "ada").granted);
	assert_int_equal(root_sunset(key_file, vendor->license_id, until_s, &text), 0);
	assert_int_equal(io_write_file(file, text, strlen(text), 0600), 0);
	assert_int_equal(license_client_take_sunset(vendor->first, file), 0);
	assert_int_equal(status_of(vendor->first).state, LICENSE_ACTIVE);
	service_stop(vendor->service);
	vendor->service = NULL;
	world_pass(1000 * DAY_S);
	struct license_status status = status_of(vendor->first);
	assert_int_equal(status.state, LICENSE_OFFLINE);
	assert_true(status.may_back_up);
	assert_int_equal(status.sunset_until_s, until_s);
	assert_non_null(strstr(status.trouble, "vendor's word"));
	static const char *const names[] = {"ada", "bob", "cyd", "dan", "eve"};
	for (int i = 0; i < 5; i++) /* more than the 3 that were bought */
		assert_true(claim(vendor->first, names[i]).granted);
	assert_int_equal(status_of(vendor->second).state, LICENSE_EXPIRED);
	world_pass(2000 * DAY_S);
	assert_int_equal(status_of(vendor->first).state, LICENSE_EXPIRED);
	assert_false(status_of(vendor->first).may_back_up);
}

static void E5_a_word_of_nobody_or_for_others_lets_nothing(void **state)
{
	struct vendor *vendor = *state;
	static const char other[] = "00112233445566778899aabbccddeeff";
	struct sign_key key;
	AUTO_TEXT key_file = home_path(vendor->home, "root.key");
	AUTO_TEXT file = io_join(vendor->folder, "word");
	AUTO_TEXT of_others = NULL;
	const struct sunset forged = {.until_s = clock_now_s() + 3000 * DAY_S};

	sign_key_new(&key);
	AUTO_TEXT of_nobody = sunset_write(&forged, &key);
	assert_int_equal(io_write_file(file, of_nobody, strlen(of_nobody), 0600), 0);
	assert_int_equal(license_client_take_sunset(vendor->first, file), ERR_CORRUPT);
	assert_int_equal(root_sunset(key_file, other, forged.until_s, &of_others), 0);
	assert_int_equal(io_write_file(file, of_others, strlen(of_others), 0600), 0);
	assert_int_equal(license_client_take_sunset(vendor->first, file), ERR_LICENSE);
	world_pass(400 * DAY_S);
	assert_int_equal(status_of(vendor->first).state, LICENSE_EXPIRED);
}

#define TEST(name, fixture) cmocka_unit_test_setup_teardown(name, fixture, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(A1_A2_A3_the_term_is_of_the_first_activation, setup),
		TEST(A11_unknown_and_revoked_keys_each_have_their_words, setup_active),
		TEST(T8_C5_one_user_of_two_instances_needs_one_license, setup_active),
		TEST(C2_a_claim_says_of_each_subject_how_it_stands, setup_active),
		TEST(E5_a_database_that_was_put_back_issues_nothing_until_it_is_accepted,
			setup_active),
		TEST(C5_E5_seats_are_not_exceeded_after_a_database_was_put_back, setup_active),
		TEST(E5_a_history_that_went_on_elsewhere_is_noticed, setup_active),
		TEST(E5_an_event_that_was_changed_is_noticed_by_the_instance, setup_active),
		TEST(E5_an_event_that_is_missing_is_noticed_by_the_instance, setup_active),
		TEST(E5_keys_rotate_over_400_days_also_for_who_was_away, setup_active),
		TEST(E1_E3_the_vendors_word_lets_an_instance_work_without_a_service,
			setup_active),
		TEST(E5_a_word_of_nobody_or_for_others_lets_nothing, setup_active),
		TEST(T20_D5_D7_any_instance_releases_after_30_days_for_all, setup_active),
		TEST(D2_both_instances_see_one_list, setup_active),
		TEST(A8_licenses_that_are_added_join_the_key, setup_active),
		TEST(A7_T14_a_renewal_for_fewer_resets, setup_active),
		TEST(E2_E4_a_service_that_stops_and_comes_back, setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
