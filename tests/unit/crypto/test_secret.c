/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/sign.h"

static char *folder;

static int make_folder(void **state)
{
	(void)state;
	char template[] = "/tmp/garner-secret-XXXXXX";

	folder = mem_strdup(mkdtemp(template));
	return folder ? 0 : -1;
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return entry->is_folder ? rmdir(path) : unlink(path);
}

static int remove_folder(void **state)
{
	(void)state;
	int r = io_list(folder, remove_entry, folder);

	rmdir(folder);
	mem_free(folder);
	return r;
}

static void fill_with_one_byte(void *context, void *out, size_t size)
{
	memset(out, *(const unsigned char *)context, size);
}

static void a_simulation_brings_its_own_randomness(void **state)
{
	(void)state;
	unsigned char byte = 7;
	const struct secret_source source = {.fill = fill_with_one_byte, .context = &byte};
	uint8_t bytes[32], sevens[32];
	struct sign_key one, same, other;

	memset(sevens, 7, sizeof(sevens));
	secret_random_use(&source);
	secret_random(bytes, sizeof(bytes));
	sign_key_new(&one);
	sign_key_new(&same);
	byte = 8;
	sign_key_new(&other);
	secret_random_use(NULL);
	assert_memory_equal(bytes, sevens, sizeof(bytes));
	assert_memory_equal(&one, &same, sizeof(one));
	assert_memory_not_equal(&one, &other, sizeof(one));
	secret_random(bytes, sizeof(bytes));
	assert_memory_not_equal(bytes, sevens, sizeof(bytes));
}

static void randomness_differs_and_wiping_leaves_zeros(void **state)
{
	(void)state;
	uint8_t one[32] = {0}, other[32] = {0};
	const uint8_t zeros[32] = {0};

	secret_random(one, sizeof(one));
	secret_random(other, sizeof(other));
	assert_false(secret_equal(one, other, sizeof(one)));
	memcpy(other, one, sizeof(one));
	assert_true(secret_equal(one, other, sizeof(one)));
	other[31] ^= 0x80;
	assert_false(secret_equal(one, other, sizeof(one)));
	assert_true(secret_equal(one, other, 0));
	secret_wipe(one, sizeof(one));
	assert_memory_equal(one, zeros, sizeof(one));
}

static void a_password_gives_the_key_that_argon2id_gives(void **state)
{
	(void)state;
	const uint8_t *salt = (const uint8_t *)"somesaltsomesalt";
	const struct secret_cost cost = {.passes = 2, .memory_kib = 1024};
	uint8_t expected[SECRET_KEY_SIZE], key[SECRET_KEY_SIZE];

	/* From the reference implementation's own program. */
	assert_int_equal(
		text_from_hex(
			"08a19ee7f6d7f589c2ab6af18d6e724172b19f7d6fd462b38430ab31ceabeaf0",
			expected, sizeof(expected)),
		0);
	assert_int_equal(secret_from_password("password", salt, &cost, key), 0);
	assert_memory_equal(key, expected, sizeof(key));
}

static void another_password_salt_or_cost_gives_another_key(void **state)
{
	(void)state;
	const uint8_t *salt = (const uint8_t *)"somesaltsomesalt";
	const uint8_t *other_salt = (const uint8_t *)"somesaltsomesalT";
	const struct secret_cost cheap = {.passes = 1, .memory_kib = 8};
	const struct secret_cost dearer = {.passes = 2, .memory_kib = 8};
	uint8_t key[SECRET_KEY_SIZE], other[SECRET_KEY_SIZE];

	assert_int_equal(secret_from_password("password", salt, &cheap, key), 0);
	assert_int_equal(secret_from_password("Password", salt, &cheap, other), 0);
	assert_false(secret_equal(key, other, sizeof(key)));
	assert_int_equal(secret_from_password("password", other_salt, &cheap, other), 0);
	assert_false(secret_equal(key, other, sizeof(key)));
	assert_int_equal(secret_from_password("password", salt, &dearer, other), 0);
	assert_false(secret_equal(key, other, sizeof(key)));
	assert_int_equal(secret_from_password("", salt, &cheap, other), 0);
}

static void a_cost_out_of_bounds_is_refused_before_any_work(void **state)
{
	(void)state;
	const uint8_t *salt = (const uint8_t *)"somesaltsomesalt";
	static const struct secret_cost bad[] = {
		{.passes = 0, .memory_kib = 8},
		{.passes = 17, .memory_kib = 8},
		{.passes = 1, .memory_kib = 7},
		{.passes = 1, .memory_kib = (1 << 20) + 1},
		{.passes = UINT32_MAX, .memory_kib = UINT32_MAX},
	};
	uint8_t key[SECRET_KEY_SIZE];

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(secret_from_password("p", salt, &bad[i], key), ERR_LIMIT);
}

static void a_sealed_secret_opens_under_its_key_alone(void **state)
{
	(void)state;
	const uint8_t key[SECRET_KEY_SIZE] = {1}, other[SECRET_KEY_SIZE] = {2};
	AUTO_BUF sealed = buf_init(1000), again = buf_init(1000), plain = buf_init(1000);

	assert_int_equal(secret_seal(key, "hidden", 6, &sealed), 0);
	assert_int_equal(secret_seal(key, "hidden", 6, &again), 0);
	assert_int_equal(sealed.size, 24 + 6 + 16);
	assert_memory_not_equal(sealed.data, again.data, sealed.size);
	assert_int_equal(secret_open(other, sealed.data, sealed.size, &plain), ERR_CORRUPT);
	assert_int_equal(plain.size, 0);
	assert_int_equal(buf_append_text(&plain, "it is "), 0);
	assert_int_equal(secret_open(key, sealed.data, sealed.size, &plain), 0);
	assert_string_equal(buf_text(&plain), "it is hidden");
}

static void a_secret_that_was_changed_or_cut_is_corrupt(void **state)
{
	(void)state;
	const uint8_t key[SECRET_KEY_SIZE] = {1};
	AUTO_BUF sealed = buf_init(1000), plain = buf_init(1000);

	assert_int_equal(secret_seal(key, "hidden", 6, &sealed), 0);
	for (size_t i = 0; i < sealed.size; i++) {
		assert_int_equal(secret_open(key, sealed.data, i, &plain), ERR_CORRUPT);
		sealed.data[i] ^= 1;
		assert_int_equal(
			secret_open(key, sealed.data, sealed.size, &plain), ERR_CORRUPT);
		sealed.data[i] ^= 1;
	}
	assert_int_equal(plain.size, 0);
}

static void a_secret_may_be_empty_and_may_fill_its_buffer_to_the_ceiling(void **state)
{
	(void)state;
	const uint8_t key[SECRET_KEY_SIZE] = {1};
	AUTO_BUF sealed = buf_init(46), plain = buf_init(6), none = buf_init(0);

	assert_int_equal(secret_seal(key, "hidden", 6, &sealed), 0);
	assert_int_equal(secret_open(key, sealed.data, sealed.size, &plain), 0);
	assert_memory_equal(plain.data, "hidden", 6);
	assert_int_equal(secret_open(key, sealed.data, sealed.size, &plain), ERR_LIMIT);
	buf_clear(&sealed);
	assert_int_equal(secret_seal(key, "hidden!", 7, &sealed), ERR_LIMIT);
	assert_int_equal(secret_seal(key, NULL, 0, &sealed), 0);
	assert_int_equal(secret_open(key, sealed.data, sealed.size, &none), 0);
	assert_int_equal(none.size, 0);
}

/* What secret_read makes of a file with these bytes. */
static int read_back(const void *data, size_t size, char **out)
{
	AUTO_TEXT path = io_join(folder, "secret");

	assert_int_equal(io_write_file(path, data, size, 0600), 0);
	return secret_read(path, out);
}

static void assert_read(const char *bytes, const char *expected)
{
	AUTO_TEXT text = NULL;

	assert_int_equal(read_back(bytes, strlen(bytes), &text), 0);
	assert_string_equal(text, expected);
}

static void one_line_end_is_dropped_and_nothing_else(void **state)
{
	(void)state;
	assert_read("secret", "secret");
	assert_read("secret\n", "secret");
	assert_read("secret\r\n", "secret");
	assert_read("secret\n\n", "secret\n");
	assert_read(" sec ret ", " sec ret ");
	assert_read("ends with a return\r", "ends with a return\r");
}

static void a_file_that_is_no_secret_says_why(void **state)
{
	(void)state;
	AUTO_TEXT text = NULL;

	assert_int_equal(read_back("", 0, &text), ERR_INVALID);
	assert_int_equal(read_back("\n", 1, &text), ERR_INVALID);
	assert_non_null(strstr(err_message(), "is empty"));
	assert_int_equal(read_back("a\0b", 3, &text), ERR_INVALID);
	assert_non_null(strstr(err_message(), "NUL"));
	assert_int_equal(secret_read("/does/not/exist", &text), ERR_NOTFOUND);
	assert_null(text);
}

static void a_secret_of_64_kib_fits_and_one_byte_more_does_not(void **state)
{
	(void)state;
	enum { MOST = 64 << 10 };
	AUTO_TEXT bytes = mem_alloc(MOST + 2);
	AUTO_TEXT text = NULL;

	memset(bytes, 'x', MOST + 1);
	assert_int_equal(read_back(bytes, MOST, &text), 0);
	assert_int_equal(strlen(text), MOST);
	AUTO_TEXT none = NULL;
	assert_int_equal(read_back(bytes, MOST + 1, &none), ERR_INVALID);
	assert_null(none);
}

static void a_secret_may_come_from_standard_input(void **state)
{
	(void)state;
	int pipe_ends[2], kept = dup(STDIN_FILENO);
	AUTO_TEXT text = NULL;
	AUTO_TEXT none = NULL;

	assert_int_equal(pipe(pipe_ends), 0);
	assert_int_equal(write(pipe_ends[1], "piped\n", 6), 6);
	close(pipe_ends[1]);
	dup2(pipe_ends[0], STDIN_FILENO);
	assert_int_equal(secret_read("-", &text), 0);
	assert_string_equal(text, "piped");
	assert_int_equal(secret_read("-", &none), ERR_INVALID);
	assert_non_null(strstr(err_message(), "standard input is empty"));
	close(pipe_ends[0]);
	dup2(kept, STDIN_FILENO);
	close(kept);
}

static void a_key_file_is_made_once_and_for_its_owner_alone(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "key");
	uint8_t first[SECRET_KEY_SIZE], second[SECRET_KEY_SIZE];
	const uint8_t zeros[SECRET_KEY_SIZE] = {0};
	struct stat status;

	assert_int_equal(secret_key_file(path, first), 0);
	assert_int_equal(secret_key_file(path, second), 0);
	assert_memory_equal(first, second, sizeof(first));
	assert_memory_not_equal(first, zeros, sizeof(first));
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
}

static void a_key_file_of_another_size_is_refused_and_left_alone(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "key");
	AUTO_BUF bytes = buf_init(1000);
	uint8_t key[SECRET_KEY_SIZE];

	assert_int_equal(io_write_file(path, "short", 5, 0600), 0);
	assert_int_equal(secret_key_file(path, key), ERR_CORRUPT);
	assert_int_equal(io_read_file(path, &bytes), 0);
	assert_string_equal(buf_text(&bytes), "short");
	assert_int_equal(io_write_file(path, "123456789012345678901234567890123", 33, 0600), 0);
	assert_int_equal(secret_key_file(path, key), ERR_CORRUPT);
	assert_int_equal(io_write_file(path, "", 0, 0600), 0);
	assert_int_equal(secret_key_file(path, key), ERR_CORRUPT);
}

static void a_key_file_where_no_folder_is_cannot_be_made(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(folder, "absent/key");
	uint8_t key[SECRET_KEY_SIZE];

	assert_true(secret_key_file(path, key) < 0);
	assert_non_null(strstr(err_message(), "absent/key"));
}

struct asker {
	const char *path;
	int result;
	uint8_t key[SECRET_KEY_SIZE];
};

static void *ask(void *context)
{
	struct asker *asker = context;

	asker->result = secret_key_file(asker->path, asker->key);
	return NULL;
}

static void all_who_ask_for_a_new_key_at_once_get_the_same(void **state)
{
	(void)state;
	enum { ASKERS = 8 };
	AUTO_TEXT path = io_join(folder, "key");
	struct asker askers[ASKERS];
	pthread_t threads[ASKERS];

	for (int i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){.path = path};
		assert_int_equal(pthread_create(&threads[i], NULL, ask, &askers[i]), 0);
	}
	for (int i = 0; i < ASKERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < ASKERS; i++) {
		assert_int_equal(askers[i].result, 0);
		assert_memory_equal(askers[i].key, askers[0].key, SECRET_KEY_SIZE);
	}
}

#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(randomness_differs_and_wiping_leaves_zeros),
		cmocka_unit_test(a_simulation_brings_its_own_randomness),
		cmocka_unit_test(a_password_gives_the_key_that_argon2id_gives),
		cmocka_unit_test(another_password_salt_or_cost_gives_another_key),
		cmocka_unit_test(a_cost_out_of_bounds_is_refused_before_any_work),
		cmocka_unit_test(a_sealed_secret_opens_under_its_key_alone),
		cmocka_unit_test(a_secret_that_was_changed_or_cut_is_corrupt),
		cmocka_unit_test(a_secret_may_be_empty_and_may_fill_its_buffer_to_the_ceiling),
		IN_FOLDER(one_line_end_is_dropped_and_nothing_else),
		IN_FOLDER(a_file_that_is_no_secret_says_why),
		IN_FOLDER(a_secret_of_64_kib_fits_and_one_byte_more_does_not),
		cmocka_unit_test(a_secret_may_come_from_standard_input),
		IN_FOLDER(a_key_file_is_made_once_and_for_its_owner_alone),
		IN_FOLDER(a_key_file_of_another_size_is_refused_and_left_alone),
		IN_FOLDER(a_key_file_where_no_folder_is_cannot_be_made),
		IN_FOLDER(all_who_ask_for_a_new_key_at_once_get_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
