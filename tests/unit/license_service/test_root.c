/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "license_service/root.h"
#include "license_service/signer.h"
#include "world.h"

/* A service whose root key lies in another folder. */
struct vault {
	struct world world;
	char folder[64];
	char *key_file;
};

static int set_up(void **state)
{
	struct vault *vault = mem_alloc(sizeof(*vault));

	world_open(&vault->world);
	snprintf(vault->folder, sizeof(vault->folder), "/tmp/garner-vault-XXXXXX");
	assert_non_null(mkdtemp(vault->folder));
	vault->key_file = io_join(vault->folder, "root.key");
	assert_int_equal(root_export(vault->world.home, vault->folder), 0);
	*state = vault;
	return 0;
}

static int tear_down(void **state)
{
	struct vault *vault = *state;
	AUTO_TEXT public = io_join(vault->folder, "root.pub");

	world_close(&vault->world);
	assert_int_equal(io_remove(vault->key_file), 0);
	assert_int_equal(io_remove(public), 0);
	assert_int_equal(remove(vault->folder), 0);
	mem_free(vault->key_file);
	mem_free(vault);
	return 0;
}

static int sign(struct signer *signer, struct vault *vault, int64_t at_s, int64_t *version)
{
	struct lease lease = {.license_id = "00112233445566778899aabbccddeeff",
		.instance_id = "ffeeddccbbaa99887766554433221100",
		.issued_s = at_s,
		.expires_s = at_s};
	struct lease read;
	struct keyset keyset;
	AUTO_TEXT text = NULL;
	AUTO_TEXT keyset_text = NULL;
	int r = signer_sign(signer, &lease, &text, &keyset_text);

	if (r < 0)
		return r;
	assert_int_equal(keyset_read(keyset_text, vault->world.home->root.public, &keyset), 0);
	assert_int_equal(lease_read(text, &keyset, &read), 0);
	*version = keyset.version;
	return 0;
}

/* Request, signature and import; the keyset's text. */
static char *renew(struct vault *vault, int64_t at_s, bool alone)
{
	const struct root_asking asking = {.alone = alone};
	AUTO_TEXT request = NULL;
	char *keyset;

	assert_int_equal(root_request(vault->world.home, at_s, &asking, &request), 0);
	assert_int_equal(root_sign(vault->key_file, request, &keyset), 0);
	if (root_import(vault->world.home, keyset) < 0)
		fail_msg("%s", err_message());
	return keyset;
}

static void the_root_key_leaves_the_state_for_good(void **state)
{
	struct vault *vault = *state;
	struct home *again;
	AUTO_TEXT here = home_path(vault->world.home, "root.key");

	assert_false(io_exists(here));
	assert_true(io_exists(vault->key_file));
	assert_int_equal(home_open(vault->world.folder, NULL, &again), 0);
	assert_false(again->has_root);
	assert_false(io_exists(here)); /* no other is made in its place */
	assert_memory_equal(
		again->root.public, vault->world.home->root.public, SIGN_PUBLIC_SIZE);
	assert_int_equal(root_export(again, vault->folder), ERR_NOTFOUND);
	home_close(again);
}

static void E5_a_keyset_must_be_of_the_root_and_its_version_must_rise(void **state)
{
	struct vault *vault = *state;
	const struct root_asking asking = {0};
	struct sign_key other;
	struct keyset keyset;
	AUTO_TEXT request = NULL;
	AUTO_TEXT old = renew(vault, world_start_s, false);

	assert_int_equal(root_import(vault->world.home, old), ERR_NOTFOUND); /* none waits */
	assert_int_equal(
		root_request(vault->world.home, world_start_s + 5, &asking, &request), 0);
	assert_int_equal(root_import(vault->world.home, old), ERR_INVALID);
	assert_int_equal(root_import(vault->world.home, request), ERR_CORRUPT);
	/* The key that waits, under the version that is in use. */
	assert_int_equal(keyset_read_request(request, &keyset), 0);
	keyset.version--;
	AUTO_TEXT level = keyset_write_request(&keyset);
	char *level_keyset;
	assert_int_equal(root_sign(vault->key_file, level, &level_keyset), 0);
	assert_int_equal(root_import(vault->world.home, level_keyset), ERR_INVALID);
	mem_free(level_keyset);
	assert_int_equal(keyset_read_request(request, &keyset), 0);
	sign_key_new(&other);
	AUTO_TEXT forged = keyset_write(&keyset, &other);
	assert_int_equal(root_import(vault->world.home, forged), ERR_CORRUPT);
	keyset.keys[keyset.count - 1].until_s += 1;
	AUTO_TEXT longer = keyset_write_request(&keyset);
	char *signed_text;
	assert_int_equal(root_sign(vault->key_file, longer, &signed_text), ERR_INVALID);
	assert_null(signed_text);
	assert_int_equal(
		root_sign("/nonexistent/root.key", request, &signed_text), ERR_NOTFOUND);
}

static void the_running_service_takes_an_imported_key_and_stops_after_its_end(void **state)
{
	struct vault *vault = *state;
	struct signer *signer;
	int64_t version, day = WORLD_DAY_S;

	assert_int_equal(signer_open(vault->world.home, &signer), 0);
	assert_int_equal(sign(signer, vault, world_start_s, &version), ERR_UNAVAILABLE);
	mem_free(renew(vault, world_start_s, false));
	assert_int_equal(sign(signer, vault, world_start_s, &version), 0);
	assert_int_equal(version, 1);
	assert_int_equal(sign(signer, vault, world_start_s + 90 * day - 1, &version), 0);
	assert_int_equal(
		sign(signer, vault, world_start_s + 90 * day, &version), ERR_UNAVAILABLE);
	mem_free(renew(vault, world_start_s + 91 * day, false));
	assert_int_equal(sign(signer, vault, world_start_s + 91 * day, &version), 0);
	assert_int_equal(version, 2);
	signer_close(signer);
}

static void the_end_of_the_online_key_is_told_30_14_and_7_days_ahead(void **state)
{
	struct vault *vault = *state;
	struct root_status status;
	static const struct {
		int64_t before_s;
		int warning;
	} moments[] = {{30 * 86400 + 1, 0}, {30 * 86400, 30}, {14 * 86400 + 1, 30},
		{14 * 86400, 14}, {7 * 86400, 7}, {1, 7}, {0, -1}};

	mem_free(renew(vault, world_start_s, false));
	for (size_t i = 0; i < sizeof(moments) / sizeof(moments[0]); i++) {
		int64_t at_s = world_start_s + KEYSET_VALID_S - moments[i].before_s;
		assert_int_equal(root_status(vault->world.home, at_s, &status), 0);
		assert_int_equal(status.warning_days, moments[i].warning);
	}
}

static void E5_a_leaked_key_leaves_the_keyset(void **state)
{
	struct vault *vault = *state;
	struct keyset before, after;
	AUTO_TEXT first = renew(vault, world_start_s, false);
	AUTO_TEXT second = renew(vault, world_start_s + 50, false);
	AUTO_TEXT third = renew(vault, world_start_s + 60, true);

	assert_int_equal(keyset_read(second, vault->world.home->root.public, &before), 0);
	assert_int_equal(before.count, 2);
	assert_int_equal(keyset_read(third, vault->world.home->root.public, &after), 0);
	assert_int_equal(after.count, 1);
	assert_int_equal(after.version, 3);
	assert_null(keyset_find(&after, before.keys[0].id));
	assert_null(keyset_find(&after, before.keys[1].id));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_root_key_leaves_the_state_for_good),
		TEST(E5_a_keyset_must_be_of_the_root_and_its_version_must_rise),
		TEST(the_running_service_takes_an_imported_key_and_stops_after_its_end),
		TEST(the_end_of_the_online_key_is_told_30_14_and_7_days_ahead),
		TEST(E5_a_leaked_key_leaves_the_keyset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
