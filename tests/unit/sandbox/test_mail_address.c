/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "sandbox/mail_address.h"
#include "sandbox/mail_text.h"

/* The list as "name|address;…". */
static char *read_list(const char *text)
{
	AUTO_JSON list = mail_address_list(text);
	char *all = mem_strdup("");

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *one = json_get(json_at(list, i), "emailAddress");
		mem_replace(&all, mem_printf("%s%s|%s;", all, json_get_text(one, "name"),
					  json_get_text(one, "address")));
	}
	return all;
}

static void check(const char *text, const char *expected)
{
	AUTO_TEXT got = read_list(text);

	assert_string_equal(got, expected);
}

static void every_form_of_an_address_is_read(void **state)
{
	(void)state;
	check("ada@x.example", "ada@x.example|ada@x.example;");
	check("Ada L <ada@x.example>", "Ada L|ada@x.example;");
	check("\"L, Ada\" <ada@x.example>, b@x", "L, Ada|ada@x.example;b@x|b@x;");
	check("ada@x (Ada (of old), Countess)", "Ada (of old|ada@x;");
	check("=?utf-8?Q?=C3=84da?= <a@x>", "\xc3\x84"
					    "da|a@x;");
	check("a@x; b@x,,c@x", "a@x|a@x;b@x|b@x;c@x|c@x;");
}

static void broken_lists_give_what_they_have(void **state)
{
	(void)state;
	check("", "");
	check(",;, ", "");
	check("<>", "");
	check("Ada <ada@x", "Ada|ada@x;");
	check("\"Ada <ada@x>, b@x", "Ada|ada@x;b@x|b@x;");
	check("undisclosed-recipients:;", "undisclosed-recipients:|undisclosed-recipients:;");
	check("\\", "\\|\\;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_an_address_is_read),
		cmocka_unit_test(broken_lists_give_what_they_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
