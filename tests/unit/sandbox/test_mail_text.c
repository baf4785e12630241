/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/mail_text.h"

static void check(const char *text, const char *expected)
{
	AUTO_TEXT got = mail_text_decode(text, strlen(text));

	assert_string_equal(got, expected);
}

static void encoded_words_are_decoded(void **state)
{
	(void)state;
	check("plain", "plain");
	check("=?utf-8?B?w4RwZmVs?=", "\xc3\x84pfel");
	check("a =?ISO-8859-1?q?=E9t=E9_1?= b", "a \xc3\xa9t\xc3\xa9 1 b");
	check("=?utf-8*en?Q?a?= =?utf-8?Q?b?=", "ab");
	check("=?utf-8?Q?a?= b", "a b");
}

static void what_cannot_be_decoded_stays(void **state)
{
	(void)state;
	check("=?nowhere?Q?a?=", "=?nowhere?Q?a?=");
	check("=?utf-8?Q?=F?=", "=?utf-8?Q?=F?=");
	check("=?utf-8?B?****?=", "=?utf-8?B?****?=");
	check("=?utf-8?Q?never ends", "=?utf-8?Q?never ends");
	check("=?=?=?=?=?=?=?", "=?=?=?=?=?=?=?");
	check("=?????????", "=?????????");
}

static void raw_bytes_are_latin_1_and_controls_are_blanks(void **state)
{
	(void)state;
	check("na\xefve", "na\xc3\xafve");
	check("a\x01\x7f"
	      "b",
		"a  b");
	check("=?utf-8?Q?a=00b=0A?=", "a b ");
}

static void dates_of_all_kinds_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int64_t at_s;
	} dates[] = {
		{"Mon, 3 Feb 2025 10:00:00 +0100", 1738573200},
		{"3 Feb 2025 09:00 +0000", 1738573200},
		{"Mon,  3 Feb 25 09:00:00 GMT (really)", 1738573200},
		{"Mon 03-Feb-2025 04:00:00 -0500", 1738573200},
		{"Thu, 1 Jan 1970 00:00:00 UT", 0},
	};

	for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
		int64_t at_s = -1;
		assert_int_equal(mail_text_date(dates[i].text, &at_s), 0);
		assert_int_equal(at_s, dates[i].at_s);
	}
}

static void what_is_no_date_is_refused(void **state)
{
	(void)state;
	static const char *const texts[] = {"", "Mon,", "yesterday", "32 Feb 2025 10:00:00",
		"3 Foo 2025 10:00:00", "3 Feb 2025", "3 Feb 2025 25:00:00", "3 Feb 2025 10",
		"3 Feb"};
	int64_t at_s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(mail_text_date(texts[i], &at_s), ERR_INVALID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encoded_words_are_decoded),
		cmocka_unit_test(what_cannot_be_decoded_stays),
		cmocka_unit_test(raw_bytes_are_latin_1_and_controls_are_blanks),
		cmocka_unit_test(dates_of_all_kinds_are_read),
		cmocka_unit_test(what_is_no_date_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
