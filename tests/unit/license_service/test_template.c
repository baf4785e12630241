/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "license_service/money.h"
#include "license_service/template.h"

static void expect(
	const char *template, const struct template_value *values, const char *expected)
{
	AUTO_BUF out = buf_init(4096);

	assert_int_equal(template_render(template, values, &out), 0);
	assert_string_equal(buf_text(&out) ? buf_text(&out) : "", expected);
}

static void values_are_escaped_and_html_is_not(void **state)
{
	const struct template_value values[] = {
		{"a", "<b>&\"'{{b}}"}, {"b", "<i>x</i>"}, {"c", NULL}, {NULL, NULL}};

	(void)state;
	expect("[{{a}}]", values, "[&#60;b&#62;&#38;&#34;&#39;{{b}}]");
	expect("[{{{b}}}]{{c}}", values, "[<i>x</i>]");
	expect("nothing", values, "nothing");
}

static void a_section_stays_where_its_value_is_not_empty(void **state)
{
	const struct template_value values[] = {
		{"yes", "1"}, {"no", ""}, {"null", NULL}, {NULL, NULL}};

	(void)state;
	expect("{{#yes}}a{{yes}}{{/yes}}{{#no}}b{{/no}}{{#null}}c{{/null}}d", values, "a1d");
	expect("{{#yes}}{{#no}}x{{/no}}y{{/yes}}", values, "y");
	expect("{{#no}}{{#yes}}x{{/yes}}{{#no}}y{{/no}}{{/no}}z", values, "z");
}

static void a_page_has_its_ceiling(void **state)
{
	const struct template_value values[] = {{"a", "<<<<<<<<<<"}, {NULL, NULL}};
	AUTO_BUF out = buf_init(20);

	(void)state;
	assert_int_equal(template_render("{{a}}", values, &out), ERR_LIMIT);
}

static void G2_amounts_have_the_decimals_of_their_currency(void **state)
{
	static const struct {
		int64_t amount;
		const char *currency, *text, *plain;
	} cases[] = {
		{0, "EUR", "0.00 EUR", "0.00"},
		{5, "EUR", "0.05 EUR", "0.05"},
		{123456789, "USD", "1,234,567.89 USD", "1234567.89"},
		{1000, "JPY", "1,000 JPY", "1000"},
		{1234567, "KWD", "1,234.567 KWD", "1234.567"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT text = money_text(cases[i].amount, cases[i].currency);
		AUTO_TEXT plain = money_plain(cases[i].amount, cases[i].currency);
		assert_string_equal(text, cases[i].text);
		assert_string_equal(plain, cases[i].plain);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_are_escaped_and_html_is_not),
		cmocka_unit_test(a_section_stays_where_its_value_is_not_empty),
		cmocka_unit_test(a_page_has_its_ceiling),
		cmocka_unit_test(G2_amounts_have_the_decimals_of_their_currency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
