/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "world.h"

/* Activation, and how an instance stands as time goes by. */

static int contact(struct world *world)
{
	return license_client_contact(world->client, 5000);
}

static void F1_an_instance_without_a_key_is_in_a_trial_that_has_not_begun(void **state)
{
	struct world *world = *state;
	struct license_status status = world_status(world);
	char subject[LICENSE_SUBJECT_TEXT];

	assert_int_equal(status.state, LICENSE_TRIAL);
	assert_false(status.may_back_up);
	assert_string_equal(status.key_masked, "");
	assert_string_equal(status.trouble, "");
	assert_true(status.development);
	assert_int_equal(contact(world), ERR_LICENSE);
	assert_int_equal(license_client_subject(world->client, "t", "u", subject), ERR_LICENSE);
}

static void activation_shows_what_was_bought(void **state)
{
	struct world *world = *state;

	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_true(status.may_back_up);
	assert_int_equal(status.seats, 10);
	assert_int_equal(status.used, 0);
	assert_int_equal(status.expires_s, world->service->lease.expires_s);
	assert_int_equal(status.offline_until_s, world_now() + 14 * DAY_S);
	assert_int_equal(status.offline_since_s, 0);
	assert_string_equal(status.server, fake_service_url(world->service));
	assert_memory_equal(status.key_masked, world->service->key, 5);
	assert_string_equal(status.key_masked + 5, "-*****-*****-*****-*****");
	assert_string_equal(status.trouble, "");
}

static void the_state_is_the_owners_alone_and_outlives_the_process(void **state)
{
	struct world *world = *state;
	struct stat status;

	assert_int_equal(stat(world->state, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0700);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void A11_a_mistyped_key_is_told_without_asking(void **state)
{
	struct world *world = *state;
	char key[32];

	memcpy(key, world->service->key, sizeof(key));
	key[0] = key[0] == '2' ? '3' : '2';
	int calls = world->service->calls;
	assert_int_equal(license_client_activate(world->client, key), ERR_INVALID);
	assert_int_equal(license_client_activate(world->client, "nonsense"), ERR_INVALID);
	assert_int_equal(world->service->calls, calls);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void A11_an_unknown_and_a_revoked_key_have_their_own_words(void **state)
{
	struct world *world = *state;
	char before[256];

	world->service->key_is_revoked = true;
	assert_int_equal(
		license_client_activate(world->client, world->service->key), ERR_LICENSE);
	strcpy(before, err_message());
	assert_non_null(strstr(before, "revoked"));

	AUTO_TEXT key = mem_strdup(world->service->key);
	world->service->key[0] ^= 1;
	assert_int_equal(license_client_activate(world->client, key), ERR_LICENSE);
	assert_string_not_equal(err_message(), before);
	assert_null(strstr(err_message(), key));
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_int_equal(world_status(world).offline_since_s, 0);
}

static void A11_an_expired_key_can_be_activated_and_says_that_it_is(void **state)
{
	struct world *world = *state;

	world->service->lease.state = LEASE_EXPIRED;
	world->service->lease.expires_s = world_now() - 1;
	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	assert_int_equal(world_state(world), LICENSE_EXPIRED);
	assert_false(world_status(world).may_back_up);
}

static void A5_a_renewal_is_seen_at_the_next_contact(void **state)
{
	struct world *world = *state;

	world_pass(365 * DAY_S);
	assert_int_equal(world_state(world), LICENSE_EXPIRED);
	world->service->lease.expires_s += 365 * DAY_S;
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void A1_the_moment_of_the_end_is_expired(void **state)
{
	struct world *world = *state;

	world_pass(360 * DAY_S);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_EXPIRES_SOON);
	assert_true(world_status(world).may_back_up);
	world_pass(5 * DAY_S - 1);
	assert_int_equal(world_state(world), LICENSE_EXPIRES_SOON);
	world_pass(1);
	assert_int_equal(world_state(world), LICENSE_EXPIRED);
}

static void A11_a_revoked_license_backs_up_nothing(void **state)
{
	struct world *world = *state;

	world->service->lease.state = LEASE_REVOKED;
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_REVOKED);
	assert_false(world_status(world).may_back_up);
}

static void another_key_takes_the_place_of_the_first_once_it_is_accepted(void **state)
{
	struct world *world = *state;
	char before[LICENSE_SUBJECT_TEXT], after[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "ada", NULL), 0);
	world_subject(world, "ada", before);
	/* Another license, whose service knows nothing of this instance. */
	world->service->license_id[0] = 'f';
	mem_replace(&world->service->wrapped_secret, NULL);
	heldset_free(&world->service->assigned);
	world->service->lease.sequence = 0;
	world->service->lease.seats = 77;

	fake_service_lie(world->service, LIE_500);
	assert_int_equal(
		license_client_activate(world->client, world->service->key), ERR_UNAVAILABLE);
	assert_int_equal(world_status(world).seats, 10);
	assert_true(license_client_is_held(world->client, before));

	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	assert_int_equal(world_status(world).seats, 77);
	assert_false(license_client_is_held(world->client, before));
	assert_string_not_equal(world_subject(world, "ada", after), before);
	assert_string_equal(world_status(world).trouble, "");
}

static void D3_instances_of_one_license_make_the_same_subject_and_others_do_not(void **state)
{
	struct world *world = *state;
	AUTO_TEXT folder = io_join(world->folder, "second");
	char first[LICENSE_SUBJECT_TEXT], second[LICENSE_SUBJECT_TEXT];
	struct license_client *other;

	assert_int_equal(license_client_open(folder, &other), 0);
	assert_int_equal(license_client_set_server(other, fake_service_url(world->service),
				 world->root_file, NULL),
		0);
	assert_int_equal(license_client_activate(other, world->service->key), 0);
	world_subject(world, "Ada", first);
	assert_int_equal(license_client_subject(other, "TENANT", "aDA", second), 0);
	assert_string_equal(first, second);
	assert_string_not_equal(first, world_subject(world, "bob", second));
	assert_int_equal(license_client_subject(other, "tenantA", "da", second), 0);
	assert_string_not_equal(first, second);

	/* A secret that somebody put there who does not have the license key. */
	world->service->wrapped_secret[3] ^= 1;
	assert_int_equal(license_client_activate(other, world->service->key), ERR_CORRUPT);
	license_client_close(other);
}

static void B13_T25_a_user_is_tenant_id_and_directory_id_whatever_case(void **state)
{
	struct world *world = *state;
	struct license_client *client = world->client;
	static const char *const same[][2] = {
		{"c0ffee00-aaaa-4bbb-8ccc-0123456789ab",
			"DEADBEEF-0000-4000-8000-ABCDEFABCDEF"},
		{"C0FFEE00-AAAA-4BBB-8CCC-0123456789AB",
			"deadbeef-0000-4000-8000-abcdefabcdef"},
		{"C0ffee00-AaAa-4bBb-8cCc-0123456789aB",
			"DeadBeef-0000-4000-8000-AbcdefAbcdef"},
	};
	char first[LICENSE_SUBJECT_TEXT], other[LICENSE_SUBJECT_TEXT];

	assert_int_equal(license_client_subject(client, same[0][0], same[0][1], first), 0);
	for (size_t i = 1; i < 3; i++) {
		assert_int_equal(
			license_client_subject(client, same[i][0], same[i][1], other), 0);
		assert_string_equal(first, other);
	}
	/* The same person in another tenant is another one; so is another one in the same. */
	assert_int_equal(license_client_subject(client, "c0ffee00", same[0][1], other), 0);
	assert_string_not_equal(first, other);
	assert_int_equal(license_client_subject(client, same[0][0], "deadbeef", other), 0);
	assert_string_not_equal(first, other);
}

static void E2_a_short_outage_stops_nothing(void **state)
{
	struct world *world = *state;

	world_pass(100);
	fake_service_lie(world->service, LIE_503);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_OFFLINE);
	assert_true(status.may_back_up);
	assert_int_equal(status.offline_since_s, world_now());
	world_pass(DAY_S);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	assert_int_equal(world_status(world).offline_since_s, world_now() - DAY_S);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_OFFLINE);
}

static void E4_the_first_answer_ends_offline_and_suspended(void **state)
{
	struct world *world = *state;

	fake_service_lie(world->service, LIE_500);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	world_pass(20 * DAY_S);
	assert_int_equal(world_state(world), LICENSE_SUSPENDED);
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_int_equal(world_status(world).offline_since_s, 0);
	assert_int_equal(world_status(world).offline_until_s, world_now() + 14 * DAY_S);
}

static void T19_E3_offline_for_exactly_the_longest_time_is_suspended(void **state)
{
	struct world *world = *state;

	fake_service_lie(world->service, LIE_500);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	world_pass(14 * DAY_S - 1);
	assert_int_equal(world_state(world), LICENSE_OFFLINE);
	world_pass(1);
	assert_int_equal(world_state(world), LICENSE_SUSPENDED);
	assert_false(world_status(world).may_back_up);
}

static void E3_the_longest_time_is_the_services_to_set(void **state)
{
	struct world *world = *state;

	world->service->lease.offline_limit_s = 3600;
	assert_int_equal(contact(world), 0);
	world_pass(3600);
	assert_int_equal(world_state(world), LICENSE_SUSPENDED);
}

static void E5_setting_the_clock_back_gains_nothing_and_is_told(void **state)
{
	struct world *world = *state;
	int64_t start = world_now();

	world_pass(13 * DAY_S);
	assert_int_equal(world_state(world), LICENSE_ACTIVE); /* and the floor is kept */
	world_set_wall(start);
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_non_null(strstr(status.trouble, "behind"));
	world_reopen(world);
	world_pass(DAY_S);
	assert_int_equal(world_state(world), LICENSE_SUSPENDED);
}

static void E5_a_clock_set_forward_and_back_is_healed_by_one_contact(void **state)
{
	struct world *world = *state;
	int64_t start = world_now();

	world_set_wall(start + 3650 * DAY_S);
	assert_int_equal(world_state(world), LICENSE_EXPIRED);
	world_set_wall(start);
	assert_int_equal(world_state(world), LICENSE_EXPIRED);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_string_equal(world_status(world).trouble, "");
}

static void a_clock_that_is_ahead_locks_nobody_out(void **state)
{
	struct world *world = *state;

	world_set_wall(world_now() + 400 * DAY_S);
	world->service->ahead_s = -400 * DAY_S;
	assert_int_equal(contact(world), 0); /* asked again in the service's time */
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_non_null(strstr(status.trouble, "ahead"));
	world_pass(14 * DAY_S);
	assert_int_equal(world_state(world), LICENSE_SUSPENDED);
}

static void a_clock_that_is_behind_is_told_while_everything_works(void **state)
{
	struct world *world = *state;

	world->service->ahead_s = 2 * DAY_S;
	assert_int_equal(contact(world), 0);
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_non_null(strstr(status.trouble, "behind by 48 hours"));
	assert_int_equal(contact(world), 0);
}

static void two_processes_share_one_state(void **state)
{
	struct world *world = *state;
	struct license_client *other;
	struct license_status status;

	assert_int_equal(license_client_open(world->state, &other), 0);
	world->service->lease.seats = 20;
	assert_int_equal(license_client_contact(other, 5000), 0);
	assert_int_equal(world_status(world).seats, 20);
	fake_service_lie(world->service, LIE_500);
	assert_int_equal(contact(world), ERR_UNAVAILABLE);
	license_client_status(other, &status);
	assert_int_equal(status.state, LICENSE_OFFLINE);
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(license_client_contact(other, 5000), 0);
	assert_int_equal(contact(world), 0);
	license_client_close(other);
}

static void a_service_that_is_not_there_is_offline(void **state)
{
	struct world *world = *state;

	assert_int_equal(license_client_set_server(
				 world->client, "http://127.0.0.1:1", world->root_file, NULL),
		0);
	assert_int_equal(contact(world), ERR_NETWORK);
	assert_int_equal(world_state(world), LICENSE_OFFLINE);
	assert_string_equal(world_status(world).server, "http://127.0.0.1:1");
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(F1_an_instance_without_a_key_is_in_a_trial_that_has_not_begun,
			world_setup),
		TEST(activation_shows_what_was_bought, world_setup),
		TEST(the_state_is_the_owners_alone_and_outlives_the_process,
			world_setup_active),
		TEST(A11_a_mistyped_key_is_told_without_asking, world_setup_active),
		TEST(A11_an_unknown_and_a_revoked_key_have_their_own_words, world_setup_active),
		TEST(A11_an_expired_key_can_be_activated_and_says_that_it_is, world_setup),
		TEST(A5_a_renewal_is_seen_at_the_next_contact, world_setup_active),
		TEST(A1_the_moment_of_the_end_is_expired, world_setup_active),
		TEST(A11_a_revoked_license_backs_up_nothing, world_setup_active),
		TEST(another_key_takes_the_place_of_the_first_once_it_is_accepted,
			world_setup_active),
		TEST(D3_instances_of_one_license_make_the_same_subject_and_others_do_not,
			world_setup_active),
		TEST(B13_T25_a_user_is_tenant_id_and_directory_id_whatever_case,
			world_setup_active),
		TEST(E2_a_short_outage_stops_nothing, world_setup_active),
		TEST(E4_the_first_answer_ends_offline_and_suspended, world_setup_active),
		TEST(T19_E3_offline_for_exactly_the_longest_time_is_suspended,
			world_setup_active),
		TEST(E3_the_longest_time_is_the_services_to_set, world_setup_active),
		TEST(E5_setting_the_clock_back_gains_nothing_and_is_told, world_setup_active),
		TEST(E5_a_clock_set_forward_and_back_is_healed_by_one_contact,
			world_setup_active),
		TEST(a_clock_that_is_ahead_locks_nobody_out, world_setup_active),
		TEST(a_clock_that_is_behind_is_told_while_everything_works, world_setup_active),
		TEST(two_processes_share_one_state, world_setup_active),
		TEST(a_service_that_is_not_there_is_offline, world_setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
