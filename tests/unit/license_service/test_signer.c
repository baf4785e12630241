/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/signer.h"
#include "world.h"

static struct lease lease_at(int64_t issued_s)
{
	return (struct lease){
		.license_id = "00112233445566778899aabbccddeeff",
		.instance_id = "ffeeddccbbaa99887766554433221100",
		.issued_s = issued_s,
		.expires_s = issued_s,
	};
}

/* Signs at that moment and believes the result; the keyset's version. */
static int64_t sign_and_read(struct world *world, struct signer *signer, int64_t at_s)
{
	struct lease lease = lease_at(at_s), read;
	struct keyset keyset;
	AUTO_TEXT text = NULL;
	AUTO_TEXT keyset_text = NULL;

	assert_int_equal(signer_sign(signer, &lease, &text, &keyset_text), 0);
	assert_int_equal(keyset_read(keyset_text, world->home->root.public, &keyset), 0);
	assert_int_equal(lease_read(text, &keyset, &read), 0);
	return keyset.version;
}

static void a_key_signs_for_60_days_and_then_a_new_one_does(void **state)
{
	struct world *world = *state;
	struct signer *signer;
	int64_t rotation_s = world_start_s + 60 * (int64_t)WORLD_DAY_S;

	assert_int_equal(signer_open(world->home, &signer), 0);
	assert_int_equal(sign_and_read(world, signer, world_start_s), 1);
	assert_int_equal(sign_and_read(world, signer, rotation_s - 1), 1);
	assert_int_equal(sign_and_read(world, signer, rotation_s), 2);
	assert_int_equal(sign_and_read(world, signer, rotation_s + 800 * WORLD_DAY_S), 3);
	signer_close(signer);
}

static void an_old_lease_is_believed_under_a_newer_keyset(void **state)
{
	struct world *world = *state;
	struct signer *signer;
	struct keyset keyset;
	struct lease old = lease_at(world_start_s), newer, read;
	AUTO_TEXT old_text = NULL;
	AUTO_TEXT old_keyset = NULL;
	AUTO_TEXT text = NULL;
	AUTO_TEXT keyset_text = NULL;

	newer = lease_at(world_start_s + 70 * (int64_t)WORLD_DAY_S);
	assert_int_equal(signer_open(world->home, &signer), 0);
	assert_int_equal(signer_sign(signer, &old, &old_text, &old_keyset), 0);
	assert_int_equal(signer_sign(signer, &newer, &text, &keyset_text), 0);
	assert_int_equal(keyset_read(keyset_text, world->home->root.public, &keyset), 0);
	assert_int_equal(lease_read(old_text, &keyset, &read), 0);
	assert_int_equal(lease_read(text, &keyset, &read), 0);
	signer_close(signer);
}

static void the_keyset_stays_bounded_over_many_years(void **state)
{
	struct world *world = *state;
	struct signer *signer;

	assert_int_equal(signer_open(world->home, &signer), 0);
	for (int i = 0; i < 3 * KEYSET_MAX; i++)
		assert_int_equal(sign_and_read(world, signer,
					 world_start_s + i * 90 * (int64_t)WORLD_DAY_S),
			i + 1);
	signer_close(signer);
}

static void the_key_is_the_same_after_a_restart(void **state)
{
	struct world *world = *state;
	struct signer *signer;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(signer_open(world->home, &signer), 0);
		assert_int_equal(sign_and_read(world, signer, world_start_s + i), 1);
		signer_close(signer);
	}
}

static void a_damaged_key_file_is_told(void **state)
{
	struct world *world = *state;
	struct signer *signer;
	AUTO_TEXT path = home_path(world->home, "online");

	assert_int_equal(io_write_file(path, "rubbish\n", 8, 0600), 0);
	assert_int_equal(signer_open(world->home, &signer), ERR_CORRUPT);
	assert_null(signer);
	assert_int_equal(io_write_file(path, "", 0, 0600), 0);
	assert_int_equal(signer_open(world->home, &signer), ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_key_signs_for_60_days_and_then_a_new_one_does,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(an_old_lease_is_believed_under_a_newer_keyset,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(the_keyset_stays_bounded_over_many_years,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			the_key_is_the_same_after_a_restart, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			a_damaged_key_file_is_told, world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
