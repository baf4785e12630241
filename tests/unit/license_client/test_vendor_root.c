/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "license/keyset.h"
#include "license_client/vendor_root.h"
#include "world.h"

/* A vendor's build: this stands in for the library's own vendor_root. */
static char built_in[KEYSET_ROOT_SIZE];

const char *vendor_root(void)
{
	return built_in[0] ? built_in : NULL;
}

/* A world whose service has the vendor's key, and an instance that is active there. */
static int setup_vendor(void **state)
{
	built_in[0] = 0;
	world_setup_active(state);
	struct world *world = *state;
	keyset_root_write(world->service->root.public, built_in);
	world_reopen(world);
	return 0;
}

static void E5_a_vendors_build_takes_no_other_root_key(void **state)
{
	struct world *world = *state;

	assert_int_equal(license_client_set_server(world->client,
				 fake_service_url(world->service), world->root_file, NULL),
		ERR_INVALID);
	assert_int_equal(license_client_set_server(
				 world->client, fake_service_url(world->service), NULL, NULL),
		0);
	assert_int_equal(license_client_contact(world->client, 5000), 0);
	assert_false(world_status(world).development);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void E5_a_service_with_another_root_key_is_not_believed(void **state)
{
	struct world *world = *state;

	fake_service_lie(world->service, LIE_OTHER_ROOT);
	assert_int_equal(license_client_contact(world->client, 5000), ERR_CORRUPT);
	assert_int_equal(
		license_client_activate(world->client, world->service->key), ERR_CORRUPT);
	assert_int_equal(world_state(world), LICENSE_OFFLINE);
}

static void E5_a_state_from_a_development_build_gains_nothing(void **state)
{
	struct world *world = *state;

	keyset_root_write(world->service->other_root.public, built_in);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_NONE);
}

static void E2_a_lost_address_does_not_end_what_the_lease_covers(void **state)
{
	struct world *world = *state;

	world_flip(world, "server", 5);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_int_equal(license_client_contact(world->client, 5000), ERR_INVALID);
	assert_int_not_equal(world_status(world).trouble[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(E5_a_vendors_build_takes_no_other_root_key,
			setup_vendor, world_teardown),
		cmocka_unit_test_setup_teardown(
			E5_a_service_with_another_root_key_is_not_believed, setup_vendor,
			world_teardown),
		cmocka_unit_test_setup_teardown(
			E5_a_state_from_a_development_build_gains_nothing, setup_vendor,
			world_teardown),
		cmocka_unit_test_setup_teardown(
			E2_a_lost_address_does_not_end_what_the_lease_covers, setup_vendor,
			world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
