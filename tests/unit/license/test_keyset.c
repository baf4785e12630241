/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "license/keyset.h"

static struct sign_key root, online;

static struct keyset keyset(size_t count)
{
	struct keyset keyset = {.version = 3, .count = count};

	sign_key_new(&root);
	for (size_t i = 0; i < count; i++) {
		struct keyset_key *key = &keyset.keys[i];

		sign_key_new(&online);
		keyset_key_id(online.public, key->id);
		memcpy(key->public, online.public, SIGN_PUBLIC_SIZE);
		key->from_s = 1795000000 + (int64_t)i;
		key->until_s = key->from_s + KEYSET_VALID_S;
	}
	return keyset;
}

static void a_keyset_reads_as_it_was_written(void **state)
{
	(void)state;
	for (size_t count = 1; count <= KEYSET_MAX; count++) {
		struct keyset written = keyset(count), read;
		AUTO_TEXT text = keyset_write(&written, &root);

		assert_true(strlen(text) < KEYSET_TEXT_MAX);
		assert_int_equal(keyset_read(text, root.public, &read), 0);
		assert_memory_equal(&read, &written, sizeof(read));
		assert_non_null(keyset_find(&read, written.keys[count - 1].id));
		assert_null(keyset_find(&read, "0000000000000000"));
	}
}

static void E5_a_keyset_of_another_root_is_refused(void **state)
{
	(void)state;
	struct keyset written = keyset(1), read;
	struct sign_key other;
	AUTO_TEXT text = keyset_write(&written, &root);

	sign_key_new(&other);
	assert_int_equal(keyset_read(text, other.public, &read), ERR_CORRUPT);
	assert_int_equal(read.count, 0);
}

static void E5_every_changed_byte_of_a_keyset_is_noticed(void **state)
{
	(void)state;
	struct keyset written = keyset(2), read;
	AUTO_TEXT text = keyset_write(&written, &root);

	for (size_t i = 0; text[i]; i++) {
		char right = text[i];

		for (int bit = 0; bit < 7; bit++) {
			text[i] = (char)(right ^ (1 << bit));
			assert_int_equal(keyset_read(text, root.public, &read), ERR_CORRUPT);
		}
		text[i] = right;
	}
	assert_int_equal(keyset_read(text, root.public, &read), 0);
}

static void E5_a_keyset_that_was_cut_or_goes_on_is_refused(void **state)
{
	(void)state;
	struct keyset written = keyset(1), read;
	AUTO_TEXT text = keyset_write(&written, &root);
	AUTO_TEXT longer = mem_printf("%s\n", text);

	assert_int_equal(keyset_read(longer, root.public, &read), ERR_CORRUPT);
	for (size_t size = strlen(text); size-- > 0;) {
		text[size] = '\0';
		assert_int_equal(keyset_read(text, root.public, &read), ERR_CORRUPT);
	}
}

static void a_root_key_reads_as_it_was_written(void **state)
{
	(void)state;
	char text[KEYSET_ROOT_SIZE];
	uint8_t read[SIGN_PUBLIC_SIZE];

	sign_key_new(&root);
	keyset_root_write(root.public, text);
	assert_int_equal(keyset_root_read(text, read), 0);
	assert_memory_equal(read, root.public, sizeof(read));
	text[KEYSET_ROOT_SIZE - 2] = '\0';
	assert_int_equal(keyset_root_read(text, read), 0);
	assert_int_equal(keyset_root_read("", read), ERR_INVALID);
	assert_int_equal(keyset_root_read("AAAA\n", read), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_keyset_reads_as_it_was_written),
		cmocka_unit_test(E5_a_keyset_of_another_root_is_refused),
		cmocka_unit_test(E5_every_changed_byte_of_a_keyset_is_noticed),
		cmocka_unit_test(E5_a_keyset_that_was_cut_or_goes_on_is_refused),
		cmocka_unit_test(a_root_key_reads_as_it_was_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
