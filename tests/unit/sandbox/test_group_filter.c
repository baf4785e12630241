/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sandbox/group_filter.h"

static char sales[] = "O'Hara & Co", nickname[] = "oharaco", address[] = "oharaco@x.example";
static const struct group m365 = {.id = "11111111-0000-4000-8000-000000000000",
	.name = sales,
	.nickname = nickname,
	.address = address};
static const struct group security = {
	.id = "22222222-0000-4000-8000-000000000000", .name = nickname, .nickname = nickname};

static bool fits(const char *text, const struct group *group)
{
	struct group_filter filter;

	assert_int_equal(group_filter_parse(text, &filter), 0);
	bool result = group_filter_fits(&filter, group);
	group_filter_free(&filter);
	return result;
}

static void groups_are_told_apart_by_their_kind(void **state)
{
	(void)state;
	static const char *const of_m365[] = {"groupTypes/any(c:c eq 'Unified')",
		"groupTypes/any(a: a eq 'unified') and mailEnabled eq true",
		"mailEnabled eq true", "securityEnabled eq false",
		"mail eq 'OHARACO@x.example'", "displayName eq 'O''Hara & Co'",
		"securityEnabled eq false and mailEnabled eq true"};

	for (size_t i = 0; i < sizeof(of_m365) / sizeof(of_m365[0]); i++) {
		assert_true(fits(of_m365[i], &m365));
		assert_false(fits(of_m365[i], &security));
	}
	assert_true(fits("securityEnabled eq true", &security));
	assert_true(fits("id eq '22222222-0000-4000-8000-000000000000'", &security));
	assert_true(fits(NULL, &m365));
	assert_false(fits("mailEnabled eq true and securityEnabled eq true", &m365));
}

static void what_graph_does_not_filter_by_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {"groupTypes eq 'Unified'", "displayName ne 'x'",
		"description eq 'x'", "mailEnabled eq true or securityEnabled eq true",
		"members/any(c:c eq 'x')", "displayName eq 'x", "mail eq 'x' and",
		"startswith(displayName,'x')"};
	struct group_filter filter;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (group_filter_parse(bad[i], &filter) != ERR_INVALID)
			fail_msg("%s", bad[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_told_apart_by_their_kind),
		cmocka_unit_test(what_graph_does_not_filter_by_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
