/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "license/sunset.h"

static const char id[] = "00112233445566778899aabbccddeeff";
static const int64_t until_s = 2082758400; /* 2036-01-01 */

static void a_statement_is_read_as_it_was_written(void **state)
{
	struct sign_key root;
	struct sunset all = {.until_s = until_s}, one = {.until_s = until_s}, read;

	(void)state;
	sign_key_new(&root);
	memcpy(one.license_id, id, sizeof(id));
	AUTO_TEXT all_text = sunset_write(&all, &root);
	AUTO_TEXT one_text = sunset_write(&one, &root);
	assert_int_equal(sunset_read(all_text, root.public, &read), 0);
	assert_int_equal(read.until_s, until_s);
	assert_true(sunset_is_for(&read, id));
	assert_int_equal(sunset_read(one_text, root.public, &read), 0);
	assert_true(sunset_is_for(&read, id));
	assert_false(sunset_is_for(&read, "10112233445566778899aabbccddeeff"));
}

static void E5_each_change_of_a_statement_is_refused(void **state)
{
	struct sign_key root, other;
	struct sunset sunset = {.until_s = until_s}, read;

	(void)state;
	sign_key_new(&root);
	sign_key_new(&other);
	memcpy(sunset.license_id, id, sizeof(id));
	AUTO_TEXT text = sunset_write(&sunset, &root);
	assert_int_equal(sunset_read(text, other.public, &read), ERR_CORRUPT);
	for (size_t i = 0; text[i]; i++)
		for (int bit = 0; bit < 7; bit++) {
			text[i] ^= (char)(1 << bit);
			assert_int_equal(sunset_read(text, root.public, &read), ERR_CORRUPT);
			assert_int_equal(read.until_s, 0);
			text[i] ^= (char)(1 << bit);
		}
	AUTO_TEXT longer = mem_printf("%s\n", text);
	assert_int_equal(sunset_read(longer, root.public, &read), ERR_CORRUPT);
	assert_int_equal(sunset_read("", root.public, &read), ERR_CORRUPT);
}

static void E1_a_statement_lets_work_until_its_end_and_no_revoked_license(void **state)
{
	const struct sunset sunset = {.until_s = until_s};

	(void)state;
	assert_true(sunset_allows(&sunset, STANDING_SUSPENDED, until_s - 1));
	assert_true(sunset_allows(&sunset, STANDING_EXPIRED, until_s - 1));
	assert_false(sunset_allows(&sunset, STANDING_EXPIRED, until_s));
	assert_false(sunset_allows(&sunset, STANDING_REVOKED, until_s - 1));
	assert_false(sunset_allows(&(struct sunset){0}, STANDING_SUSPENDED, 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_is_read_as_it_was_written),
		cmocka_unit_test(E5_each_change_of_a_statement_is_refused),
		cmocka_unit_test(E1_a_statement_lets_work_until_its_end_and_no_revoked_license),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
