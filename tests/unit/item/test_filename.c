/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "item/filename.h"

static void assert_encoded(const char *name, const char *expected)
{
	AUTO_TEXT encoded = filename_encode(name);

	assert_string_equal(encoded, expected);
}

/* A name of `size` bytes: `unit` over and over, then `ending`. The caller frees it. */
static char *long_name(const char *unit, size_t size, const char *ending)
{
	char *name = mem_alloc(size + strlen(ending) + 1);

	for (size_t i = 0; i < size; i++)
		name[i] = unit[i % strlen(unit)];
	memcpy(name + size, ending, strlen(ending) + 1);
	return name;
}

static void legal_names_stay_as_they_are(void **state)
{
	(void)state;
	static const char *const names[] = {"Inbox", "Re: Offer? *urgent*.eml", " spaces ",
		"Grüße aus Köln 日本 🎉", "...", ".hidden", "100%", "50% off", "a\\b", "CON"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_encoded(names[i], names[i]);
}

static void illegal_bytes_are_escaped(void **state)
{
	(void)state;
	assert_encoded("a/b", "a%2Fb");
	assert_encoded("line\nend\x7f", "line%0Aend%7F");
	assert_encoded("bad \xff utf-8 \xc3", "bad %FF utf-8 %C3");
	assert_encoded("next\xc2\x85line", "next%C2%85line");
	assert_encoded("\xed\xa0\x80", "%ED%A0%80"); /* half a surrogate pair */
	assert_encoded("\xc0\xaf", "%C0%AF");        /* "/" in too many bytes */
}

static void what_would_read_as_an_escape_is_escaped(void **state)
{
	(void)state;
	assert_encoded("a%2Fb", "a%252Fb");
	assert_encoded("%2e", "%252e");
	assert_encoded("%%41", "%%2541");
	assert_encoded("%4", "%4");
	assert_encoded("%zz", "%zz");
}

static void names_that_mean_something_to_the_system_are_escaped(void **state)
{
	(void)state;
	assert_encoded(".", "%2E");
	assert_encoded("..", "%2E%2E");
	assert_encoded("", "%");
	assert_encoded("%", "%25");
}

static void long_name_is_cut_before_its_ending(void **state)
{
	(void)state;
	AUTO_TEXT whole = long_name("x", 247, ".eml");
	AUTO_TEXT name = long_name("x", 300, ".eml");
	AUTO_TEXT other = long_name("x", 301, ".eml");
	AUTO_TEXT first = filename_encode(name);
	AUTO_TEXT second = filename_encode(other);

	assert_encoded(whole, whole);
	assert_int_equal(strlen(first), 255);
	assert_true(text_ends_with(first, ".eml"));
	assert_int_equal(first[255 - 4 - 13], '~');
	assert_string_not_equal(first, second);
	/* What is cut is never as short as what is not, so the two cannot meet. */
	AUTO_TEXT again = filename_encode(first);
	assert_string_not_equal(again, first);
}

static void cut_falls_between_characters_and_escapes(void **state)
{
	(void)state;
	static const char *const units[] = {"日", "🎉", "é", "/", "\xff", "a🎉b", "%41"};

	for (size_t unit = 0; unit < sizeof(units) / sizeof(*units); unit++) {
		for (size_t pad = 0; pad < 8; pad++) {
			AUTO_TEXT tail = long_name(units[unit], 70 * strlen(units[unit]), "");
			AUTO_TEXT head = long_name("x", 180 + pad, tail);
			AUTO_TEXT encoded = filename_encode(head);
			size_t size = strlen(encoded);
			assert_true(size <= 255);
			assert_true(text_is_utf8(encoded, size));
			if (size <= 251)
				continue;
			const char *mark = strrchr(encoded, '~');
			assert_non_null(mark);
			assert_int_equal(mark + 13 - encoded, size);
			/* No half of an escape: "%" or "%4" before the mark. */
			assert_true(mark[-1] != '%' && mark[-2] != '%');
		}
	}
}

static void long_ending_is_no_ending(void **state)
{
	(void)state;
	AUTO_TEXT name = long_name("x", 100, ".");
	AUTO_TEXT tail = long_name("y", 200, "");
	AUTO_TEXT both = mem_printf("%s%s", name, tail);
	AUTO_TEXT encoded = filename_encode(both);

	assert_int_equal(strlen(encoded), 255);
	assert_int_equal(encoded[255 - 13], '~');
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(legal_names_stay_as_they_are),
		cmocka_unit_test(illegal_bytes_are_escaped),
		cmocka_unit_test(what_would_read_as_an_escape_is_escaped),
		cmocka_unit_test(names_that_mean_something_to_the_system_are_escaped),
		cmocka_unit_test(long_name_is_cut_before_its_ending),
		cmocka_unit_test(cut_falls_between_characters_and_escapes),
		cmocka_unit_test(long_ending_is_no_ending),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
