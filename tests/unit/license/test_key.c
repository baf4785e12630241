/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/key.h"

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static void make(unsigned seed, char key[KEY_TEXT_SIZE])
{
	uint8_t random[KEY_RANDOM_SIZE];

	for (size_t i = 0; i < sizeof(random); i++) {
		seed = seed * 1103515245U + 12345U;
		random[i] = (uint8_t)(seed >> 16);
	}
	key_make(random, key);
}

static void a_key_has_five_groups_of_five_and_reads_as_itself(void **state)
{
	(void)state;
	char key[KEY_TEXT_SIZE], read[KEY_TEXT_SIZE];

	for (unsigned seed = 0; seed < 500; seed++) {
		make(seed, key);
		assert_int_equal(strlen(key), 29);
		for (size_t i = 0; i < 29; i++)
			assert_non_null(strchr(i % 6 == 5 ? "-" : alphabet, key[i]));
		assert_int_equal(key_read(key, read), 0);
		assert_string_equal(read, key);
	}
}

static void known_bytes_give_a_known_key(void **state)
{
	(void)state;
	static const uint8_t zeros[KEY_RANDOM_SIZE];
	uint8_t bytes[KEY_RANDOM_SIZE];
	char key[KEY_TEXT_SIZE];

	key_make(zeros, key);
	assert_string_equal(key, "00000-00000-00000-00000-00000");
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	key_make(bytes, key);
	assert_memory_equal(key, "000G4-0R40M-30E20-9185G", 23);
}

static void all_bits_but_the_last_five_count(void **state)
{
	(void)state;
	uint8_t bytes[KEY_RANDOM_SIZE] = {0};
	char first[KEY_TEXT_SIZE], other[KEY_TEXT_SIZE];

	key_make(bytes, first);
	for (size_t bit = 0; bit < 8 * KEY_RANDOM_SIZE; bit++) {
		memset(bytes, 0, sizeof(bytes));
		bytes[bit / 8] = (uint8_t)(0x80 >> bit % 8);
		key_make(bytes, other);
		if (bit < 115)
			assert_string_not_equal(first, other);
		else
			assert_string_equal(first, other);
	}
}

static void case_spaces_dashes_and_lookalikes_do_not_matter(void **state)
{
	(void)state;
	static const uint8_t zeros[KEY_RANDOM_SIZE];
	char key[KEY_TEXT_SIZE], read[KEY_TEXT_SIZE];

	key_make(zeros, key);
	assert_int_equal(key_read(" oO0oo 00000\t0000000000000o - 0\n", read), 0);
	assert_string_equal(read, key);

	for (unsigned seed = 0; seed < 200; seed++) {
		char typed[2 * KEY_TEXT_SIZE];
		size_t at = 0;

		make(seed, key);
		for (const char *p = key; *p; p++) {
			if (*p == '-')
				continue;
			typed[at] = (char)(*p >= 'A' ? *p + 'a' - 'A' : *p);
			typed[at] = *p == '1' ? "iIlL"[seed % 4] : typed[at];
			typed[at] = *p == '0' ? "oO"[seed % 2] : typed[at];
			at++;
		}
		typed[at] = '\0';
		assert_int_equal(key_read(typed, read), 0);
		assert_string_equal(read, key);
	}
}

static void A11_every_single_mistyped_symbol_is_told_without_asking(void **state)
{
	(void)state;
	char key[KEY_TEXT_SIZE], read[KEY_TEXT_SIZE];

	for (unsigned seed = 0; seed < 50; seed++) {
		make(seed, key);
		for (size_t i = 0; i < 29; i++) {
			char right = key[i];

			for (const char *wrong = alphabet; right != '-' && *wrong; wrong++) {
				if (*wrong == right)
					continue;
				key[i] = *wrong;
				assert_int_equal(key_read(key, read), ERR_INVALID);
			}
			key[i] = right;
		}
	}
}

static void A11_every_swap_of_two_symbols_is_told_without_asking(void **state)
{
	(void)state;
	char key[KEY_TEXT_SIZE], read[KEY_TEXT_SIZE];

	for (unsigned seed = 0; seed < 200; seed++) {
		make(seed, key);
		for (size_t i = 0; i < 29; i++) {
			for (size_t k = i + 1; k < 29; k++) {
				char a = key[i], b = key[k];

				if (a == b || a == '-' || b == '-')
					continue;
				key[i] = b;
				key[k] = a;
				assert_int_equal(key_read(key, read), ERR_INVALID);
				key[i] = a;
				key[k] = b;
			}
		}
	}
}

static void A11_every_two_mistyped_symbols_are_told(void **state)
{
	(void)state;
	char key[KEY_TEXT_SIZE], read[KEY_TEXT_SIZE];

	make(7, key);
	for (size_t i = 0; i < 29; i++) {
		for (size_t k = i + 1; k < 29; k++) {
			char a = key[i], b = key[k];

			for (int n = 0; a != '-' && b != '-' && n < 32 * 32; n++) {
				key[i] = alphabet[n % 32];
				key[k] = alphabet[n / 32];
				if (key[i] != a || key[k] != b)
					assert_int_equal(key_read(key, read), ERR_INVALID);
			}
			key[i] = a;
			key[k] = b;
		}
	}
}

static void A11_what_is_wrong_with_a_key_is_said(void **state)
{
	(void)state;
	char read[KEY_TEXT_SIZE];

	assert_int_equal(key_read("", read), ERR_INVALID);
	assert_string_equal(err_message(),
		"the license key is mistyped: it has 0 characters, a key has 25");
	assert_int_equal(key_read("00000-00000-00000-00000-0000U", read), ERR_INVALID);
	assert_string_equal(
		err_message(), "the license key is mistyped: the character 'U' occurs in none");
	assert_int_equal(key_read("00000-00000-00000-00000-0000\xc3", read), ERR_INVALID);
	assert_int_equal(key_read("00000-00000-00000-00000-000000", read), ERR_INVALID);
	assert_int_equal(key_read("00000-00000-00000-00000-00001", read), ERR_INVALID);
	assert_string_equal(
		err_message(), "the license key is mistyped: its check characters do not fit");
}

static void only_the_first_group_is_shown(void **state)
{
	(void)state;
	char masked[KEY_TEXT_SIZE];

	key_mask("ABCDE-FGHJK-MNPQR-STVWX-YZ012", masked);
	assert_string_equal(masked, "ABCDE-*****-*****-*****-*****");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_has_five_groups_of_five_and_reads_as_itself),
		cmocka_unit_test(known_bytes_give_a_known_key),
		cmocka_unit_test(all_bits_but_the_last_five_count),
		cmocka_unit_test(case_spaces_dashes_and_lookalikes_do_not_matter),
		cmocka_unit_test(A11_every_single_mistyped_symbol_is_told_without_asking),
		cmocka_unit_test(A11_every_swap_of_two_symbols_is_told_without_asking),
		cmocka_unit_test(A11_every_two_mistyped_symbols_are_told),
		cmocka_unit_test(A11_what_is_wrong_with_a_key_is_said),
		cmocka_unit_test(only_the_first_group_is_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
