/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include "base/mem.h"
#include "db/db_priv.h"

static const struct {
	const char *given, *expected;
	size_t count;
} cases[] = {
	{"", "", 0},
	{"SELECT 1", "SELECT 1", 0},
	{"SELECT ?1", "SELECT $1", 1},
	{"?1?2 ?12,?3", "$1$2 $12,$3", 12},
	{"a = ?2 AND b = ?1 AND c = ?2", "a = $2 AND b = $1 AND c = $2", 2},
	{"'?1' || ?1", "'?1' || $1", 1},
	{"'it''s ?1' = ?1", "'it''s ?1' = $1", 1},
	{"'' = ?1", "'' = $1", 1},
	{"\"a?1\" = ?1", "\"a?1\" = $1", 1},
	{"\"a\"\"?1\" = ?1", "\"a\"\"?1\" = $1", 1},
	{"?1 -- not ?2 'here\n, ?2", "$1 -- not ?2 'here\n, $2", 2},
	{"?1 -- to the end ?2", "$1 -- to the end ?2", 1},
	{"/* ?1 ' */ ?1", "/* ?1 ' */ $1", 1},
	{"/* ?1", "/* ?1", 0},
	{"1 - ?1 / ?2", "1 - $1 / $2", 2},
	{"'not ended ?1", "'not ended ?1", 0},
	{"? ?a", "? ?a", 0},
	{"?", "?", 0},
};

static void placeholders_are_rewritten_outside_of_quotes_and_comments(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t count = 99;
		AUTO_TEXT sql = placeholders_rewrite(cases[i].given, &count);

		assert_string_equal(sql, cases[i].expected);
		assert_int_equal(count, cases[i].count);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(placeholders_are_rewritten_outside_of_quotes_and_comments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
