/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "license_client/license_client_priv.h"
#include "world.h"

/* The state's files: damaged, edited, taken from elsewhere (E5). */

static int contact(struct world *world)
{
	return license_client_contact(world->client, 5000);
}

/* Puts a file of one folder into another. */
static void copy_file(const char *from_folder, const char *to_folder, const char *name)
{
	AUTO_TEXT from = io_join(from_folder, name);
	AUTO_TEXT to = io_join(to_folder, name);
	AUTO_BUF bytes = buf_init(1 << 20);

	assert_int_equal(io_read_file(from, &bytes), 0);
	assert_int_equal(io_write_file(to, bytes.data, bytes.size, 0600), 0);
}

static void keep_copy(struct world *world, const char *name)
{
	AUTO_TEXT kept = io_join(world->folder, "kept");

	assert_int_equal(io_make_folders(kept, 0700), 0);
	copy_file(world->state, kept, name);
}

static void put_back(struct world *world, const char *name)
{
	AUTO_TEXT kept = io_join(world->folder, "kept");

	copy_file(kept, world->state, name);
}

static void E5_a_changed_lease_is_no_license_until_the_next_contact(void **state)
{
	struct world *world = *state;

	keep_copy(world, "lease");
	for (long at = 0; at < 400; at += 7) {
		world_flip(world, "lease", at);
		struct license_status status = world_status(world);
		assert_int_equal(status.state, LICENSE_NONE);
		assert_false(status.may_back_up);
		assert_non_null(strstr(status.trouble, "heals"));
		put_back(world, "lease");
		assert_int_equal(world_state(world), LICENSE_ACTIVE);
	}
	world_flip(world, "lease", -5);
	assert_int_equal(world_state(world), LICENSE_NONE);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_string_equal(world_status(world).trouble, "");
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void E5_a_removed_lease_is_no_license_until_the_next_contact(void **state)
{
	struct world *world = *state;
	AUTO_TEXT path = io_join(world->state, "lease");

	assert_int_equal(io_remove(path), 0);
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_NONE);
	assert_int_not_equal(status.trouble[0], 0);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void E5_a_cut_lease_is_noticed(void **state)
{
	struct world *world = *state;
	AUTO_TEXT path = io_join(world->state, "lease");

	assert_int_equal(io_write_file(path, "", 0, 0600), 0);
	assert_int_equal(world_state(world), LICENSE_NONE);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void E5_a_changed_license_file_says_to_activate_again(void **state)
{
	struct world *world = *state;

	world_flip(world, "license", 30);
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_NONE);
	assert_non_null(strstr(status.trouble, "activate again"));
	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	status = world_status(world);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_string_equal(status.trouble, "");
}

static void E5_a_changed_server_file_says_to_name_it_again(void **state)
{
	struct world *world = *state;

	world_flip(world, "server", 20);
	struct license_status status = world_status(world);
	assert_false(status.may_back_up);
	assert_non_null(strstr(status.trouble, "name the licensing service again"));
	assert_int_equal(contact(world), ERR_INVALID);
	assert_int_equal(license_client_set_server(world->client,
				 fake_service_url(world->service), world->root_file, NULL),
		0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

static void E5_a_changed_held_set_grants_nothing_and_is_read_anew(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	world_subject(world, "a", subject);
	world_flip(world, "held", -80); /* within the only entry */
	assert_false(license_client_is_held(world->client, subject));
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_int_not_equal(world_status(world).trouble[0], 0);

	fake_service_lie(world->service, LIE_500);
	assert_int_equal(world_claim(world, &claim, "a", NULL), ERR_UNAVAILABLE);
	assert_false(claim.granted);

	fake_service_lie(world->service, LIE_NONE);
	assert_int_equal(contact(world), 0);
	assert_true(license_client_is_held(world->client, subject));
	assert_string_equal(world_status(world).trouble, "");
}

static void E5_an_old_held_set_does_not_bring_released_licenses_back(void **state)
{
	struct world *world = *state;
	char subject[LICENSE_SUBJECT_TEXT];
	struct license_claim claim;
	struct license_release release = {.subject = world_subject(world, "a", subject)};

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	keep_copy(world, "held");
	world_pass(30 * DAY_S);
	assert_int_equal(license_client_release(world->client, &release, 1), 0);
	assert_true(release.released);
	put_back(world, "held");
	assert_false(license_client_is_held(world->client, subject));
}

static void E5_an_old_lease_ends_when_it_would_have_ended(void **state)
{
	struct world *world = *state;

	keep_copy(world, "lease");
	world_pass(10 * DAY_S);
	world->service->lease.state = LEASE_REVOKED;
	assert_int_equal(contact(world), 0);
	put_back(world, "lease");
	world_pass(4 * DAY_S);
	assert_int_equal(world_state(world), LICENSE_SUSPENDED);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_REVOKED);
}

static void E5_the_lease_of_another_instance_is_no_license(void **state)
{
	struct world *world = *state;
	AUTO_TEXT folder = io_join(world->folder, "second");
	struct license_client *other;
	struct license_status status;

	assert_int_equal(license_client_open(folder, &other), 0);
	copy_file(world->state, folder, "server");
	copy_file(world->state, folder, "license");
	copy_file(world->state, folder, "lease");
	license_client_status(other, &status);
	assert_int_equal(status.state, LICENSE_NONE);
	assert_int_not_equal(status.trouble[0], 0);
	license_client_close(other);
}

static void E5_a_state_that_was_copied_to_another_machine_is_told(void **state)
{
	struct world *world = *state;

	world->client->machine[0] ^= 1;
	struct license_status status = world_status(world);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_non_null(strstr(status.trouble, "copied from another machine"));
	assert_int_equal(contact(world), 0);
	assert_string_equal(world_status(world).trouble, "");
}

static void E5_a_damaged_identity_opens_nothing(void **state)
{
	struct world *world = *state;
	struct license_client *other;

	world_flip(world, "identity", 30);
	assert_int_equal(license_client_open(world->state, &other), ERR_CORRUPT);
	assert_null(other);
}

static void E5_a_new_identity_must_be_activated(void **state)
{
	struct world *world = *state;
	AUTO_TEXT path = io_join(world->state, "identity");

	assert_int_equal(io_remove(path), 0);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_NONE);
	assert_int_equal(license_client_set_server(world->client,
				 fake_service_url(world->service), world->root_file, NULL),
		0);
	assert_int_equal(license_client_activate(world->client, world->service->key), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

/* The first version wrote no more than what was signed; a later one may write more. */
static void A10_the_state_of_another_version_of_the_program_goes_on(void **state)
{
	struct world *world = *state;
	struct statefile_folder folder = {.path = world->state};
	struct identity identity;
	struct license_claim claim;
	AUTO_JSON written = NULL;
	AUTO_JSON first = json_new_object();

	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	assert_int_equal(identity_load(&folder, &identity), 0);
	assert_int_equal(statefile_read_json(&folder, "lease", &written), 0);
	json_put_text(first, "lease", json_get_text(written, "lease"));
	json_put_text(first, "keyset", json_get_text(written, "keyset"));
	json_put_text(first, "of_a_later_version", "something");
	assert_int_equal(statefile_write_json(&folder, "lease", first), 0);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
	assert_true(world_status(world).may_back_up);
	assert_int_equal(world_claim(world, &claim, "a", NULL), 0);
	assert_true(claim.granted);
	assert_int_equal(claim.newly, 0);
	assert_int_equal(contact(world), 0);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

/* A disk that is full: nothing can be written. */

static ssize_t no_space(int fd, const void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static int open_for_real(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static const struct io_calls full_disk = {
	.open = open_for_real,
	.write = no_space,
	.pread = pread,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.rename = rename,
};

static void a_full_disk_fails_an_activation_and_no_claim(void **state)
{
	struct world *world = *state;
	struct license_claim claim;

	io_use(&full_disk);
	int activated = license_client_activate(world->client, world->service->key);
	enum license_state after = world_state(world);
	int contacted = contact(world);
	int claimed = world_claim(world, &claim, "a", NULL);
	io_use(NULL);
	assert_int_equal(activated, ERR_IO);
	assert_int_equal(after, LICENSE_ACTIVE); /* as it was */
	assert_int_equal(contacted, 0);
	assert_int_equal(claimed, 0);
	assert_true(claim.granted);
	world_reopen(world);
	assert_int_equal(world_state(world), LICENSE_ACTIVE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup_active, world_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(E5_a_changed_lease_is_no_license_until_the_next_contact),
		TEST(E5_a_removed_lease_is_no_license_until_the_next_contact),
		TEST(E5_a_cut_lease_is_noticed),
		TEST(E5_a_changed_license_file_says_to_activate_again),
		TEST(E5_a_changed_server_file_says_to_name_it_again),
		TEST(E5_a_changed_held_set_grants_nothing_and_is_read_anew),
		TEST(E5_an_old_held_set_does_not_bring_released_licenses_back),
		TEST(E5_an_old_lease_ends_when_it_would_have_ended),
		TEST(E5_the_lease_of_another_instance_is_no_license),
		TEST(E5_a_state_that_was_copied_to_another_machine_is_told),
		TEST(E5_a_damaged_identity_opens_nothing),
		TEST(E5_a_new_identity_must_be_activated),
		TEST(A10_the_state_of_another_version_of_the_program_goes_on),
		TEST(a_full_disk_fails_an_activation_and_no_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
