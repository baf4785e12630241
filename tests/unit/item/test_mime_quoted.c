/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_fixture.h"

static void quoted_printable_is_decoded_by_the_way_it_was_written(void **state)
{
	(void)state;
	static const struct {
		const char *line; /* 40 times */
		const char *decoded;
		uint32_t limit;
		uint8_t profile;
	} cases[] = {
		/* Exchange: 75 characters and "=" */
		{"<meta http-equiv=3D\"Content-Type\" content=3D\"text/html; "
		 "charset=3Diso-8859-=\n"
		 "1\">=E4=20\n",
			"<meta http-equiv=\"Content-Type\" content=\"text/html; "
			"charset=iso-8859-1\">\xe4 \n",
			76, 0},
		{"0123456789=e4=\n0123456789=e4x\n",
			"0123456789\xe4"
			"0123456789\xe4x\n",
			14, MIME_QUOTED_LOWER | MIME_QUOTED_FULL},
		{"0123456789=\n0123456789\n", "01234567890123456789\n", 11, 0},
		{"a=09b=09=\nc\n", "a\tb\tc\n", 9, MIME_QUOTED_TAB},
		{"a\tb=09\n", "a\tb\t\n", 76, 0},
		{"=2Ea.b\n", ".a.b\n", 76, MIME_QUOTED_DOT},
		{"a b \n", "a b \n", 76, MIME_QUOTED_BLANK},
		{"=22a=21=40=23b=5B\n", "\"a!@#b[\n", 76, MIME_QUOTED_MANY},
		{"0123456789=\n012345678=E4=\n0\n",
			"0123456789012345678\xe4"
			"0\n",
			13, MIME_QUOTED_EVEN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT text = repeated(cases[i].line, 200);
		AUTO_TEXT decoded = repeated(cases[i].decoded, 200);
		AUTO_TEXT message = mem_printf("%s%s", quoted_head, text);
		pass_text(message);
		assert_int_equal(result.count, 1);
		assert_int_equal(result.facts.encoding, MIME_QUOTED);
		assert_body(decoded);
		assert_int_equal(result.facts.line, cases[i].limit);
		assert_int_equal(result.facts.profile, cases[i].profile);
		assert_int_equal(result.bodies[MIME_QUOTED], strlen(text));
	}
}

static void quoted_printable_of_any_size_is_one_body(void **state)
{
	(void)state;
	AUTO_TEXT text = repeated(
		"Gr=C3=BC=C3=9Fe aus K=C3=B6ln, und noch ein paar W=C3=B6rter\r\n", 40000);
	AUTO_TEXT message =
		mem_printf("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n%s%s"
			   "\r\n--a--\r\n",
			quoted_head, text);

	pass_text(message);
	assert_int_equal(result.count, 1);
	assert_int_equal(result.bodies[MIME_QUOTED], strlen(text));
	assert_int_equal(result.facts.line_end, MIME_CRLF);
}

static void quoted_printable_by_nobodys_rule_is_cut_around_it(void **state)
{
	(void)state;
	static const char *const odd[] = {"a line =\n cut early\n", "=4\n", "=\n", "=4g\n",
		"a=e4\n", "\x80\n", "=41\n", "a\r\n", "x= \n"};
	AUTO_TEXT text = repeated("Gr=C3=BC=C3=9Fe aus K=C3=B6ln\n", 100);

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		AUTO_TEXT message = mem_printf("%s%s%s%s", quoted_head, text, odd[i], text);
		pass_text(message);
		assert_int_equal(result.count, 2);
		/* Nothing but the odd lines and their neighbours is lost. */
		assert_true(result.bodies[MIME_QUOTED] > 2 * strlen(text) - 100);
	}
}

static void quoted_printable_may_end_in_a_soft_break(void **state)
{
	(void)state;
	AUTO_TEXT text =
		repeated("01234567890123456789012345678901234567890123456789=E4=\n", 100);
	AUTO_TEXT message = mem_printf("%s%s", quoted_head, text);

	pass_text(message);
	assert_int_equal(result.count, 1);
	assert_int_equal(result.facts.tail, MIME_TAIL_SOFT);
	assert_int_equal(result.bodies[MIME_QUOTED], strlen(text));
}

static void a_hopeless_quoted_printable_part_is_given_up(void **state)
{
	(void)state;
	AUTO_TEXT text = repeated("=4\n=\xff\n= \na=\nb=zz\n", 20000);
	AUTO_TEXT message = mem_printf("%s%s", quoted_head, text);

	pass_text(message);
	assert_int_equal(result.bodies[MIME_QUOTED], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(quoted_printable_is_decoded_by_the_way_it_was_written),
		TEST(quoted_printable_of_any_size_is_one_body),
		TEST(quoted_printable_by_nobodys_rule_is_cut_around_it),
		TEST(quoted_printable_may_end_in_a_soft_break),
		TEST(a_hopeless_quoted_printable_part_is_given_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
