/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/token.h"

static const uint8_t key[TOKEN_KEY_SIZE] = {7};
static const struct token_claims claims = {"https://x", "tenant", "client", 1000, NULL};

static void a_token_is_good_until_its_time_is_over(void **state)
{
	(void)state;
	AUTO_TEXT token = token_make(&claims, key);

	assert_int_equal(token_check(token, "tenant", 1000, key), 0);
	assert_int_equal(token_check(token, "tenant", 1000 + TOKEN_LIFE_S - 1, key), 0);
	assert_int_equal(token_check(token, "tenant", 1000 + TOKEN_LIFE_S, key), ERR_AUTH);
	assert_int_equal(token_check(token, "tenant", 1000 - 301, key), ERR_AUTH);
}

static void a_token_of_another_tenant_or_key_is_none(void **state)
{
	(void)state;
	static const uint8_t other[TOKEN_KEY_SIZE] = {8};
	AUTO_TEXT token = token_make(&claims, key);

	assert_int_equal(token_check(token, "else", 1000, key), ERR_INVALID);
	assert_int_equal(token_check(token, "tenant", 1000, other), ERR_INVALID);
}

static void a_changed_token_is_none(void **state)
{
	(void)state;
	AUTO_TEXT token = token_make(&claims, key);

	for (size_t i = 0; i < strlen(token); i += 11) {
		char was = token[i];
		token[i] = was == 'x' ? 'y' : 'x';
		assert_int_equal(token_check(token, "tenant", 1000, key), ERR_INVALID);
		token[i] = was;
	}
	assert_int_equal(token_check("", "tenant", 1000, key), ERR_INVALID);
	assert_int_equal(token_check("..", "tenant", 1000, key), ERR_INVALID);
}

static void a_token_has_all_roles_or_those_that_it_was_given(void **state)
{
	(void)state;
	AUTO_JSON few = json_new_array();
	json_append(few, json_new_text("User.Read.All"));
	const struct token_claims limited = {"https://x", "tenant", "client", 1000, few};
	AUTO_TEXT all = token_make(&claims, key);
	AUTO_TEXT some = token_make(&limited, key);

	assert_true(token_has_role(all, "Files.ReadWrite.All Files.Read.All"));
	assert_false(token_has_role(all, "Files.Read Files.ReadWrite.All"));
	assert_true(token_has_role(some, "User.Read.All"));
	assert_false(token_has_role(some, "Files.Read.All"));
	assert_int_equal(token_check(some, "tenant", 1000, key), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_token_is_good_until_its_time_is_over),
		cmocka_unit_test(a_token_of_another_tenant_or_key_is_none),
		cmocka_unit_test(a_changed_token_is_none),
		cmocka_unit_test(a_token_has_all_roles_or_those_that_it_was_given),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
