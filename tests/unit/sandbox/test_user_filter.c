/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/user_filter.h"

static char upn[] = "ada@contoso.example", name[] = "Ada O'Neil";
static const struct user ada = {
	.id = "id-1", .facts = {.upn = upn, .name = name, .enabled = true}};

static bool fits(const char *text)
{
	struct user_filter filter;

	assert_int_equal(user_filter_parse(text, &filter), 0);
	bool result = user_filter_fits(&filter, &ada);
	user_filter_free(&filter);
	return result;
}

static void comparisons_are_joined_by_and(void **state)
{
	(void)state;
	assert_true(fits(NULL));
	assert_true(fits("accountEnabled eq true"));
	assert_true(
		fits("userType eq 'Member' and userPrincipalName eq 'ADA@contoso.example'"));
	assert_false(fits("userType eq 'Member' and accountEnabled eq false"));
	assert_true(fits("displayName eq 'Ada O''Neil'"));
	assert_false(fits("mail eq 'ada@contoso.example'")); /* no mailbox, no address */
}

static void everything_else_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"city eq 'x'", "accountEnabled ne true",
		"startsWith(displayName,'A')", "accountEnabled eq true or mail eq ''",
		"accountEnabled", "displayName eq 'a' x"};
	struct user_filter filter;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(user_filter_parse(texts[i], &filter), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(comparisons_are_joined_by_and),
		cmocka_unit_test(everything_else_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
