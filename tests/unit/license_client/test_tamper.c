/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "license_client/identity.h"
#include "license_client/statefile.h"
#include "vendor.h"

/* Somebody edits the state of an instance, puts files of another into it, copies it. */

static const char *const files[] = {"server", "license", "lease", "held"};

enum { FILES = sizeof(files) / sizeof(files[0]), HEAL_EVERY = 97 };

static int open_file(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static int no_sync(int fd)
{
	(void)fd;
	return 0;
}

/* Thousands of states are written here, and none of them has to survive. */
static const struct io_calls hasty = {
	.open = open_file,
	.write = write,
	.pread = pread,
	.fdatasync = no_sync,
	.fsync = no_sync,
	.rename = rename,
};

static char *folder_of(const struct vendor *vendor, const char *name)
{
	return io_join(vendor->folder, name);
}

static void read_whole(const char *folder, const char *name, struct buf *out)
{
	AUTO_TEXT path = io_join(folder, name);

	assert_int_equal(io_read_file(path, out), 0);
}

static void write_whole(const char *folder, const char *name, const struct buf *bytes)
{
	AUTO_TEXT path = io_join(folder, name);

	assert_int_equal(io_write_file(path, bytes->data, bytes->size, 0600), 0);
}

/* What is asked of a state that was tampered with: it says so or is as before; and in no case
 * does it allow more than the untouched one. */
static void assert_no_more(struct license_client *client, const struct license_status *before,
	const char *stranger)
{
	struct license_status status;

	license_client_status(client, &status);
	assert_false(license_client_is_held(client, stranger));
	if (status.state == LICENSE_NONE) {
		assert_false(status.may_back_up);
		assert_true(status.trouble[0] != 0);
		return;
	}
	/* Worse than before is no gain: a floor that was raised, a failed contact. */
	assert_int_equal(status.seats, before->seats);
	assert_int_equal(status.expires_s, before->expires_s);
	assert_int_equal(status.offline_until_s, before->offline_until_s);
}

static void assert_contact_heals(struct license_client *client, const char *name, size_t at)
{
	struct license_status status;

	if (license_client_contact(client, 5000) < 0)
		fail_msg("%s at %zu: %s", name, at, err_message());
	license_client_status(client, &status);
	assert_int_equal(status.state, LICENSE_ACTIVE);
	assert_string_equal(status.trouble, "");
}

/* Tries a content of a file in place of the right one. */
struct attempt {
	const char *folder;
	const char *name;
	const struct license_status *before;
	const char *stranger;
	bool heals; /* a contact puts it right */
};

static void try_state(const struct attempt *attempt, size_t at)
{
	struct license_client *client;

	if (license_client_open(attempt->folder, &client) < 0) {
		assert_non_null(strstr(err_message(), "activate again"));
		return;
	}
	assert_no_more(client, attempt->before, attempt->stranger);
	if (attempt->heals && at % HEAL_EVERY == 0)
		assert_contact_heals(client, attempt->name, at);
	license_client_close(client);
}

static void E5_each_byte_of_the_state_that_is_edited_is_noticed(void **state)
{
	struct vendor *vendor = *state;
	static const char *const all[] = {"identity", "server", "license", "lease", "held"};
	AUTO_TEXT folder = folder_of(vendor, "first");
	char stranger[LICENSE_SUBJECT_TEXT];

	assert_true(vendor_claim(vendor->first, "ada").granted);
	vendor_subject(vendor->first, "bob", stranger);
	const struct license_status before = vendor_status(vendor->first);
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		AUTO_BUF right = buf_init(1 << 20);
		read_whole(folder, all[i], &right);
		struct attempt attempt = {folder, all[i], &before, stranger,
			.heals = strcmp(all[i], "lease") == 0 || strcmp(all[i], "held") == 0};
		for (size_t at = 0; at < right.size; at++) {
			struct license_client *client;
			right.data[at] ^= (uint8_t)(1 << at % 7);
			write_whole(folder, all[i], &right);
			if (license_client_open(folder, &client) == 0) {
				struct license_status status;
				license_client_status(client, &status);
				assert_true(status.trouble[0] != 0); /* told */
				license_client_close(client);
			}
			try_state(&attempt, at);
			right.data[at] ^= (uint8_t)(1 << at % 7);
		}
		write_whole(folder, all[i], &right);
	}
}

/* With the identity's key at hand the line at a file's end can be made anew. */
static void E5_each_byte_that_is_edited_with_the_instances_own_key_gains_nothing(void **state)
{
	struct vendor *vendor = *state;
	struct statefile_folder folder = {.path = folder_of(vendor, "first")};
	struct identity identity;
	char stranger[LICENSE_SUBJECT_TEXT];

	assert_true(vendor_claim(vendor->first, "ada").granted);
	vendor_subject(vendor->first, "bob", stranger);
	const struct license_status before = vendor_status(vendor->first);
	assert_int_equal(identity_load(&folder, &identity), 0);
	for (size_t i = 1; i < FILES;
		i++) { /* `server` names the root: a development build's */
		AUTO_BUF right = buf_init(1 << 20);
		assert_int_equal(statefile_read(&folder, files[i], &right), 0);
		struct attempt attempt = {
			folder.path, files[i], &before, stranger, .heals = i > 1};
		for (size_t at = 0; at < right.size; at++) {
			right.data[at] ^= (uint8_t)(1 << at % 7);
			assert_int_equal(
				statefile_write(&folder, files[i], right.data, right.size), 0);
			try_state(&attempt, at);
			right.data[at] ^= (uint8_t)(1 << at % 7);
		}
		assert_int_equal(statefile_write(&folder, files[i], right.data, right.size), 0);
	}
	mem_free(folder.path);
}

static void E5_files_of_another_instance_are_of_no_use(void **state)
{
	struct vendor *vendor = *state;
	AUTO_TEXT first = folder_of(vendor, "first");
	AUTO_TEXT second = folder_of(vendor, "second");
	char stranger[LICENSE_SUBJECT_TEXT];

	assert_true(vendor_claim(vendor->first, "ada").granted);
	vendor_subject(vendor->first, "bob", stranger);
	const struct license_status before = vendor_status(vendor->first);
	assert_int_equal(license_client_contact(vendor->second, 5000), 0);
	for (size_t i = 1; i < FILES; i++) {
		AUTO_BUF own = buf_init(1 << 20);
		AUTO_BUF other = buf_init(1 << 20);
		struct license_client *client;

		read_whole(first, files[i], &own);
		read_whole(second, files[i], &other);
		write_whole(first, files[i], &other);
		assert_int_equal(license_client_open(first, &client), 0);
		assert_no_more(client, &before, stranger);
		assert_true(vendor_status(client).trouble[0] != 0);
		license_client_close(client);
		write_whole(first, files[i], &own);
	}
}

/* An old state put back: as it was then, and no longer than it could have been used then. */
static void E5_an_old_state_gains_no_time_and_heals(void **state)
{
	struct vendor *vendor = *state;
	AUTO_TEXT folder = folder_of(vendor, "first");
	AUTO_BUF old = buf_init(1 << 20);
	struct license_client *client;

	read_whole(folder, "lease", &old);
	int64_t until_s = vendor_status(vendor->first).offline_until_s;
	world_pass(10 * DAY_S);
	assert_int_equal(license_client_contact(vendor->first, 5000), 0);
	write_whole(folder, "lease", &old);
	assert_int_equal(license_client_open(folder, &client), 0);
	assert_int_equal(vendor_status(client).offline_until_s, until_s);
	world_pass(4 * DAY_S);
	assert_int_equal(vendor_status(client).state, LICENSE_SUSPENDED);
	assert_contact_heals(client, "lease", 0);
	license_client_close(client);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, vendor_setup_active, vendor_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(E5_each_byte_of_the_state_that_is_edited_is_noticed),
		TEST(E5_each_byte_that_is_edited_with_the_instances_own_key_gains_nothing),
		TEST(E5_files_of_another_instance_are_of_no_use),
		TEST(E5_an_old_state_gains_no_time_and_heals),
	};

	io_use(&hasty);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
