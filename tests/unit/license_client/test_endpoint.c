/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "license/keyset.h"
#include "license_client/endpoint.h"

static struct statefile_folder folder;
static char *root_file;
static struct sign_key root;

static int make_folder(void **state)
{
	char path[] = "/tmp/license-endpoint-XXXXXX";
	char text[KEYSET_ROOT_SIZE];

	(void)state;
	assert_non_null(mkdtemp(path));
	folder = (struct statefile_folder){.path = mem_strdup(path)};
	root_file = io_join(path, "root.pub");
	sign_key_new(&root);
	keyset_root_write(root.public, text);
	return io_write_file(root_file, text, strlen(text), 0600);
}

static int remove_one(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return io_remove(path);
}

static int remove_folder(void **state)
{
	(void)state;
	int r = io_list(folder.path, remove_one, folder.path);
	rmdir(folder.path);
	mem_free(folder.path);
	mem_free(root_file);
	return r;
}

static int save(const char *url)
{
	const struct endpoint_setting setting = {.url = url, .root_key_file = root_file};

	return endpoint_save(&folder, &setting);
}

static void addresses_are_kept_without_their_final_slash(void **state)
{
	(void)state;
	static const char *const good[] = {"https://license.example",
		"https://license.example:8443", "https://10.0.0.7", "https://[2001:db8::1]:1",
		"http://localhost:8080", "http://127.0.0.1:1", "http://127.1.2.3",
		"http://[::1]:8", "https://license.example/"};
	struct endpoint endpoint = {0};

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		assert_int_equal(save(good[i]), 0);
		assert_int_equal(endpoint_load(&folder, &endpoint), 0);
		assert_memory_equal(endpoint.url, good[i], strlen(endpoint.url));
		assert_int_not_equal(endpoint.url[strlen(endpoint.url) - 1], '/');
		assert_memory_equal(endpoint.root, root.public, SIGN_PUBLIC_SIZE);
		assert_null(endpoint.ca_file);
	}
	endpoint_free(&endpoint);
}

static void E5_plain_http_is_for_loopback_and_nothing_that_looks_like_it(void **state)
{
	(void)state;
	static const char *const bad[] = {"http://license.example", "http://10.0.0.1",
		"http://127.0.0.1.evil.example", "http://localhost.evil.example",
		"http://localhost@evil.example", "http://127.0.0.1:80@evil.example",
		"http://[::2]:80", "http://127.evil.example", "http://[::1].evil.example"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(save(bad[i]), ERR_INVALID);
}

static void what_is_no_address_is_refused_and_changes_nothing(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "license.example", "ftp://license.example",
		"https://", "https:///", "https://license.example/path", "https://host?x",
		"https://host#x", "https://host:0", "https://host:65536", "https://host:12x",
		"https://host\\evil", "https://ho st", "https://user@host", "https://[::1",
		"https://host:"};
	struct endpoint endpoint = {0};

	assert_int_equal(save("https://license.example"), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(save(bad[i]), ERR_INVALID);
	assert_int_equal(endpoint_load(&folder, &endpoint), 0);
	assert_string_equal(endpoint.url, "https://license.example");
	endpoint_free(&endpoint);
}

static void the_authority_is_copied_into_the_state(void **state)
{
	(void)state;
	struct endpoint_setting setting = {
		.url = "https://license.example", .root_key_file = root_file};
	struct endpoint endpoint = {0};
	AUTO_TEXT ca = io_join(folder.path, "given.pem");
	AUTO_BUF bytes = buf_init(100);

	setting.ca_file = ca;
	assert_int_equal(endpoint_save(&folder, &setting), ERR_NOTFOUND);
	assert_int_equal(io_write_file(ca, "PEM", 3, 0600), 0);
	assert_int_equal(endpoint_save(&folder, &setting), 0);
	assert_int_equal(io_remove(ca), 0);
	assert_int_equal(endpoint_load(&folder, &endpoint), 0);
	assert_int_equal(io_read_file(endpoint.ca_file, &bytes), 0);
	assert_memory_equal(bytes.data, "PEM", 3);
	endpoint_free(&endpoint);
}

static void a_root_key_that_is_none_is_told_with_its_file(void **state)
{
	(void)state;
	const struct endpoint_setting without = {.url = "https://license.example"};

	assert_int_equal(io_write_file(root_file, "nonsense", 8, 0600), 0);
	assert_int_equal(save("https://license.example"), ERR_INVALID);
	assert_non_null(strstr(err_message(), root_file));
	assert_int_equal(io_remove(root_file), 0);
	assert_int_equal(save("https://license.example"), ERR_NOTFOUND);
	assert_int_equal(endpoint_save(&folder, &without), ERR_INVALID);
	assert_non_null(strstr(err_message(), "root.pub"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(addresses_are_kept_without_their_final_slash,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			E5_plain_http_is_for_loopback_and_nothing_that_looks_like_it,
			make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(
			what_is_no_address_is_refused_and_changes_nothing, make_folder,
			remove_folder),
		cmocka_unit_test_setup_teardown(
			the_authority_is_copied_into_the_state, make_folder, remove_folder),
		cmocka_unit_test_setup_teardown(a_root_key_that_is_none_is_told_with_its_file,
			make_folder, remove_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
