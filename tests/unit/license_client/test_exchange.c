/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "world.h"

/* Services that lie, and servers that are none. */

static const struct {
	enum lie lie;
	int code;
} lies[] = {
	{LIE_BAD_SIGNATURE, ERR_CORRUPT},
	{LIE_OTHER_ROOT, ERR_CORRUPT},
	{LIE_OTHER_NONCE, ERR_CORRUPT},
	{LIE_OLD_ANSWER, ERR_CORRUPT},
	{LIE_FALLING_SEQUENCE, ERR_CORRUPT},
	{LIE_OLD_KEYSET, ERR_CORRUPT},
	{LIE_OTHER_INSTANCE, ERR_CORRUPT},
	{LIE_OTHER_LICENSE, ERR_CORRUPT},
	{LIE_CHANGED_ANSWER, ERR_CORRUPT},
	{LIE_GARBAGE, ERR_CORRUPT},
	{LIE_EMPTY, ERR_CORRUPT},
	{LIE_OTHER_JSON, ERR_CORRUPT},
	{LIE_500, ERR_UNAVAILABLE},
	{LIE_503, ERR_UNAVAILABLE},
	{LIE_429, ERR_THROTTLED},
	{LIE_REDIRECT, ERR_PROTOCOL},
	{LIE_CUT, ERR_NETWORK},
	{LIE_UNSIGNED_REVOKED, ERR_AUTH},
	{LIE_INSTANCE_UNKNOWN, ERR_AUTH},
	{LIE_KEY_UNKNOWN, ERR_PROTOCOL},
};

enum { LIES = sizeof(lies) / sizeof(*lies) };

/* What does not pass by itself is told. */
static bool is_no_outage(int code)
{
	return code == ERR_CORRUPT || code == ERR_AUTH || code == ERR_PROTOCOL;
}

static int contact(struct world *world)
{
	return license_client_contact(world->client, 5000);
}

static void E5_what_is_no_signed_answer_is_offline_and_never_more(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < LIES; i++) {
		world->service->lease.seats = 1000 + (int64_t)i;
		fake_service_lie(world->service, lies[i].lie);
		int r = contact(world);
		if (r != lies[i].code)
			fail_msg("lie %d: %d (%s)", lies[i].lie, r, err_message());
		struct license_status status = world_status(world);
		assert_int_equal(status.state, LICENSE_OFFLINE);
		assert_int_equal(status.seats, 10);
		assert_int_equal(status.trouble[0] != 0, is_no_outage(lies[i].code));

		world->service->lease.seats = 10;
		fake_service_lie(world->service, LIE_NONE);
		assert_int_equal(contact(world), 0);
		status = world_status(world);
		assert_int_equal(status.state, LICENSE_ACTIVE);
		assert_string_equal(status.trouble, "");
	}
}

static void E5_no_lie_activates(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < LIES; i++) {
		if (lies[i].lie == LIE_OLD_ANSWER || lies[i].lie == LIE_FALLING_SEQUENCE ||
			lies[i].lie == LIE_OLD_KEYSET)
			continue; /* there is nothing older yet */
		fake_service_lie(world->service, lies[i].lie);
		assert_true(license_client_activate(world->client, world->service->key) < 0);
		assert_int_equal(world_state(world), LICENSE_TRIAL);
		assert_false(world_status(world).may_back_up);
		assert_string_equal(world_status(world).key_masked, "");
	}
	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
}

static void E5_no_lie_at_an_activation_changes_what_works(void **state)
{
	struct world *world = *state;

	for (size_t i = 0; i < LIES; i++) {
		if (lies[i].lie == LIE_FALLING_SEQUENCE || lies[i].lie == LIE_OLD_KEYSET)
			continue; /* an activation begins anew */
		fake_service_lie(world->service, lies[i].lie);
		assert_true(license_client_activate(world->client, world->service->key) < 0);
		assert_int_equal(world_state(world), LICENSE_ACTIVE);
	}
}

static void E5_no_lie_grants_a_license(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	world_subject(world, "eve", subject);
	for (size_t i = 0; i < LIES; i++) {
		fake_service_lie(world->service, lies[i].lie);
		assert_true(world_claim(world, &claim, "eve", NULL) < 0);
		assert_false(claim.granted);
		assert_int_equal(claim.missing, 1);
		assert_false(license_client_is_held(world->client, subject));
	}
	fake_service_lie(world->service, LIE_NO_ANSWER);
	assert_true(world_claim(world, &claim, "eve", NULL) < 0);
	assert_false(claim.granted);
}

static void a_redirection_is_not_followed(void **state)
{
	struct world *world = *state;

	fake_service_lie(world->service, LIE_REDIRECT);
	int calls = world->service->calls;
	assert_int_equal(contact(world), ERR_PROTOCOL);
	assert_int_equal(world->service->calls, calls + 1);
	assert_non_null(strstr(err_message(), "redirection"));
}

static void a_contact_takes_no_longer_than_it_may(void **state)
{
	struct world *world = *state;

	clock_use(NULL);
	fake_service_lie(world->service, LIE_SLOW);
	int64_t before = clock_monotonic_us();
	assert_int_equal(license_client_contact(world->client, 300), ERR_NETWORK);
	assert_in_range(clock_monotonic_us() - before, 200 * 1000, 1450 * 1000);
}

static void a_wrong_clock_asks_once_more_in_the_services_time(void **state)
{
	struct world *world = *state;

	world->service->ahead_s = 1000;
	int calls = world->service->calls;
	assert_int_equal(contact(world), 0);
	assert_int_equal(world->service->calls, calls + 2);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world->service->calls, calls + 3);
}

static void E5_a_key_from_a_keyset_that_rotated_goes_on(void **state)
{
	struct world *world = *state;

	sign_key_new(&world->service->online);
	world->service->lease.sequence = 1; /* counts under each key for itself */
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

#define TEST(name, setup) cmocka_unit_test_setup_teardown(name, setup, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(E5_what_is_no_signed_answer_is_offline_and_never_more, world_setup_active),
		TEST(E5_no_lie_activates, world_setup),
		TEST(E5_no_lie_at_an_activation_changes_what_works, world_setup_active),
		TEST(E5_no_lie_grants_a_license, world_setup_active),
		TEST(a_redirection_is_not_followed, world_setup_active),
		TEST(a_contact_takes_no_longer_than_it_may, world_setup_active),
		TEST(a_wrong_clock_asks_once_more_in_the_services_time, world_setup_active),
		TEST(E5_a_key_from_a_keyset_that_rotated_goes_on, world_setup_active),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
