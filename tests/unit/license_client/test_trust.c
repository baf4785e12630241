/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"
#include "license/sunset.h"
#include "license_client/transport.h"
#include "license_service/api.h"
#include "license_service/history.h"
#include "license_service/keys.h"
#include "license_service/root.h"
#include "net/http_direct.h"
#include "vendor.h"

/* What the two sides believe of each other. */

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
	struct license_status status = vendor_status(client);
	assert_int_equal(status.state, LICENSE_OFFLINE);
	assert_non_null(strstr(status.trouble, "changed or rolled back"));
}

static void assert_heals(struct license_client *client)
{
	if (license_client_contact(client, 5000) < 0)
		fail_msg("not healed: %s", err_message());
	struct license_status status = vendor_status(client);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_string_equal(status.trouble, "");
}

static void E5_a_database_that_was_put_back_issues_nothing_until_it_is_accepted(void **state)
{
	struct vendor *vendor = *state;
	char text[LICENSE_SUBJECT_TEXT];

	assert_true(vendor_claim(vendor->first, "ada").granted);
	copy_database(vendor);
	assert_true(vendor_claim(vendor->first, "bob").granted);
	assert_true(vendor_claim(vendor->first, "cyd").granted);
	put_copy_back(vendor);
	assert_refused(vendor->first);
	assert_int_equal(held_licenses(vendor), 1);
	assert_refused(vendor->second); /* which saw nothing of what is lost */
	assert_true(license_client_is_held(vendor->first,
		vendor_subject(vendor->first, "bob", text))); /* E2: it goes on */

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
	assert_true(vendor_claim(vendor->first, "ada").granted);
	assert_true(vendor_claim(vendor->first, "bob").granted);
	assert_true(vendor_claim(vendor->first, "cyd").granted);
	put_copy_back(vendor);
	assert_refused(vendor->first);
	assert_int_equal(history_accept(vendor->store, vendor->license_id, clock_now_s()), 0);
	assert_true(vendor_claim(vendor->second, "dan").granted);
	assert_true(vendor_claim(vendor->second, "eve").granted);
	assert_heals(vendor->first);
	assert_false(license_client_is_held(
		vendor->first, vendor_subject(vendor->first, "ada", text)));
	assert_true(license_client_is_held(
		vendor->first, vendor_subject(vendor->first, "dan", text)));
	assert_true(vendor_claim(vendor->first, "ada").granted);
	assert_false(vendor_claim(vendor->first, "bob").granted);
	assert_int_equal(vendor_status(vendor->first).used, 3);
}

static void E5_a_history_that_went_on_elsewhere_is_noticed(void **state)
{
	struct vendor *vendor = *state;

	copy_database(vendor);
	assert_true(vendor_claim(vendor->first, "ada").granted);
	put_copy_back(vendor);
	assert_true(vendor_claim(vendor->second, "dan").granted); /* at the revision of ada's */
	assert_true(vendor_claim(vendor->second, "eve").granted);
	assert_refused(vendor->first);
	assert_refused(vendor->second);
	assert_int_equal(history_accept(vendor->store, vendor->license_id, clock_now_s()), 0);
	assert_heals(vendor->second);
	assert_heals(vendor->first);
	assert_int_equal(vendor_status(vendor->first).used, 2);
	assert_true(vendor_claim(vendor->first, "ada").granted);
	assert_heals(vendor->second);
}

/* Brings a question to an API, and loses the answer where it is told to. */
struct lossy {
	struct api api;
	bool loses;
};

static int send_lossily(void *context, const struct http_request *request, int64_t timeout_ms,
	struct http_response *response)
{
	struct lossy *lossy = context;
	int r = http_direct(api_handle, &lossy->api, request, response);

	(void)timeout_ms;
	return lossy->loses ? err_set(ERR_NETWORK, "the answer was lost") : r;
}

static void E5_an_instance_that_is_enrolled_anew_behind_a_copy_is_no_alarm(void **state)
{
	struct vendor *vendor = *state;
	struct lossy lossy = {.loses = true};
	const struct license_transport transport = {send_lossily, &lossy};

	copy_database(vendor);
	struct license_client *third = vendor_instance(vendor, "third");
	assert_int_equal(license_client_activate(third, vendor->key), 0);
	assert_heals(third);
	assert_heals(third);
	assert_heals(vendor->first);
	put_copy_back(vendor);
	assert_refused(vendor->first);
	assert_int_equal(history_accept(vendor->store, vendor->license_id, clock_now_s()), 0);

	/* It is enrolled, and does not come to know: it goes on with what it saw last. */
	assert_int_equal(api_open_alone(&lossy.api, vendor->home), 0);
	license_client_send_by(third, &transport);
	assert_int_equal(license_client_activate(third, vendor->key), ERR_NETWORK);
	lossy.loses = false;
	assert_heals(third);
	assert_int_equal(held_licenses(vendor), 0);
	license_client_close(third);
	api_close(&lossy.api);
}

static void E5_an_event_that_was_changed_is_noticed_by_the_instance(void **state)
{
	struct vendor *vendor = *state;
	struct db *db = store_db(vendor->store);

	assert_true(vendor_claim(vendor->first, "ada").granted);
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

	assert_true(vendor_claim(vendor->first, "ada").granted);
	assert_true(vendor_claim(vendor->first, "bob").granted);
	assert_int_equal(db_run(db,
				 "DELETE FROM event WHERE revision = (SELECT max(revision) - 1"
				 " FROM event)",
				 ""),
		0);
	assert_refused(vendor->second);
}

/* Other keys. */

static void reissue(struct vendor *vendor, bool new_secret, char out[KEY_TEXT_SIZE])
{
	const struct keys_reissue how = {
		.keep_s = new_secret ? 0 : 7 * DAY_S, .new_secret = new_secret};

	assert_int_equal(
		keys_reissue(vendor->store, vendor->license_id, &how, clock_now_s(), out), 0);
}

static void assert_not_activated(
	struct license_client *client, const char *key, const char *words)
{
	assert_int_equal(license_client_activate(client, key), ERR_LICENSE);
	if (!strstr(err_message(), words))
		fail_msg("%s", err_message());
}

static void A11_A3_a_key_that_was_issued_again_goes_on_with_the_same_subjects(void **state)
{
	struct vendor *vendor = *state;
	char key[KEY_TEXT_SIZE], one[LICENSE_SUBJECT_TEXT], other[LICENSE_SUBJECT_TEXT];
	struct license_client *third = vendor_instance(vendor, "third");
	struct license_client *fourth = vendor_instance(vendor, "fourth");

	assert_true(vendor_claim(vendor->first, "ada").granted);
	reissue(vendor, false, key);
	assert_heals(vendor->first); /* enrolled instances go on */
	assert_not_activated(third, key, "first at an instance");
	assert_int_equal(license_client_activate(fourth, vendor->key), 0); /* the overlap */
	assert_int_equal(license_client_activate(vendor->first, key), 0);
	assert_int_equal(license_client_activate(third, key), 0);
	vendor_subject(vendor->first, "ada", one);
	assert_string_equal(vendor_subject(third, "ada", other), one);
	assert_int_equal(vendor_claim(third, "ada").newly, 0);

	world_pass(7 * DAY_S);
	assert_not_activated(fourth, vendor->key, "replaced by a new one");
	assert_heals(fourth);
	assert_heals(vendor->second);
	assert_int_equal(license_client_activate(vendor->second, key), 0);
	assert_string_equal(vendor_subject(vendor->second, "ada", other), one);
	license_client_close(third);
	license_client_close(fourth);
}

static void D3_a_new_secret_begins_anew(void **state)
{
	struct vendor *vendor = *state;
	char key[KEY_TEXT_SIZE], before[LICENSE_SUBJECT_TEXT], after[LICENSE_SUBJECT_TEXT];

	assert_true(vendor_claim(vendor->first, "ada").granted);
	vendor_subject(vendor->first, "ada", before);
	reissue(vendor, true, key);
	assert_int_equal(license_client_contact(vendor->first, 5000), ERR_AUTH);
	assert_not_activated(vendor->first, vendor->key, "replaced by a new one");
	assert_int_equal(license_client_activate(vendor->first, key), 0);
	assert_string_not_equal(vendor_subject(vendor->first, "ada", after), before);
	assert_int_equal(vendor_status(vendor->first).used, 0);
	assert_int_equal(vendor_claim(vendor->first, "ada").newly, 1);
	assert_int_equal(license_client_activate(vendor->second, key), 0);
	assert_int_equal(vendor_claim(vendor->second, "ada").newly, 0);
}

static void E5_a_revoked_instance_gets_nothing_and_the_others_go_on(void **state)
{
	struct vendor *vendor = *state;
	AUTO_ROWS rows = NULL;
	char id[LEASE_ID_SIZE];

	assert_int_equal(db_one(store_db(vendor->store), &rows,
				 "SELECT instance_id FROM instance ORDER BY instance_id", ""),
		1);
	snprintf(id, sizeof(id), "%s", db_text(rows, 0));
	db_end_slot(&rows);
	assert_int_equal(
		keys_revoke_instance(vendor->store, vendor->license_id, id, clock_now_s()), 0);
	assert_int_equal(
		keys_revoke_instance(vendor->store, vendor->license_id, id, clock_now_s()),
		ERR_EXISTS);
	bool is_first = license_client_contact(vendor->first, 5000) < 0;
	struct license_client *revoked = is_first ? vendor->first : vendor->second;
	assert_int_equal(license_client_contact(revoked, 5000), ERR_AUTH);
	assert_non_null(strstr(err_message(), "revoked this instance"));
	assert_not_activated(revoked, vendor->key, "revoked this instance");
	assert_int_equal(vendor_status(revoked).state, LICENSE_OFFLINE);
	assert_heals(is_first ? vendor->second : vendor->first);
	world_pass(14 * DAY_S);
	assert_int_equal(vendor_status(revoked).state, LICENSE_SUSPENDED);
}

/* The root key. */

static void E5_keys_rotate_over_400_days_also_for_who_was_away(void **state)
{
	struct vendor *vendor = *state;
	const struct root_asking asking = {0};
	AUTO_TEXT vault = io_join(vendor->folder, "vault");
	AUTO_TEXT key_file = io_join(vault, "root.key");

	vendor_order(vendor, ORDER_RENEWAL, 3);
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
		assert_int_equal(vendor_status(vendor->first).trouble[0], 0);
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

	assert_true(vendor_claim(vendor->first, "ada").granted);
	assert_int_equal(root_sunset(key_file, vendor->license_id, until_s, &text), 0);
	assert_int_equal(io_write_file(file, text, strlen(text), 0600), 0);
	assert_int_equal(license_client_take_sunset(vendor->first, file), 0);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_ACTIVE);
	service_stop(vendor->service);
	vendor->service = NULL;
	world_pass(1000 * DAY_S);
	struct license_status status = vendor_status(vendor->first);
	assert_int_equal(status.state, LICENSE_OFFLINE);
	assert_true(status.may_back_up);
	assert_int_equal(status.sunset_until_s, until_s);
	assert_non_null(strstr(status.trouble, "vendor's word"));
	static const char *const names[] = {"ada", "bob", "cyd", "dan", "eve"};
	for (int i = 0; i < 5; i++) /* more than the 3 that were bought */
		assert_true(vendor_claim(vendor->first, names[i]).granted);
	assert_int_equal(vendor_status(vendor->second).state, LICENSE_EXPIRED);
	world_pass(2000 * DAY_S);
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_EXPIRED);
	assert_false(vendor_status(vendor->first).may_back_up);
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
	assert_int_equal(vendor_status(vendor->first).state, LICENSE_EXPIRED);
}

#define TEST(name, fixture) cmocka_unit_test_setup_teardown(name, fixture, vendor_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(E5_a_database_that_was_put_back_issues_nothing_until_it_is_accepted,
			vendor_setup_active),
		TEST(C5_E5_seats_are_not_exceeded_after_a_database_was_put_back,
			vendor_setup_active),
		TEST(E5_a_history_that_went_on_elsewhere_is_noticed, vendor_setup_active),
		TEST(E5_an_instance_that_is_enrolled_anew_behind_a_copy_is_no_alarm,
			vendor_setup_active),
		TEST(E5_an_event_that_was_changed_is_noticed_by_the_instance,
			vendor_setup_active),
		TEST(E5_an_event_that_is_missing_is_noticed_by_the_instance,
			vendor_setup_active),
		TEST(E5_keys_rotate_over_400_days_also_for_who_was_away, vendor_setup_active),
		TEST(E1_E3_the_vendors_word_lets_an_instance_work_without_a_service,
			vendor_setup_active),
		TEST(E5_a_word_of_nobody_or_for_others_lets_nothing, vendor_setup_active),
		TEST(A11_A3_a_key_that_was_issued_again_goes_on_with_the_same_subjects,
			vendor_setup_active),
		TEST(D3_a_new_secret_begins_anew, vendor_setup_active),
		TEST(E5_a_revoked_instance_gets_nothing_and_the_others_go_on,
			vendor_setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
