/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static void numbers_fill_the_text_and_keep_their_bounds(void **state)
{
	(void)state;
	int64_t value;

	assert_int_equal(text_to_int("42", 0, 100, &value), 0);
	assert_int_equal(value, 42);
	assert_int_equal(text_to_int("101", 0, 100, &value), ERR_INVALID);
	assert_int_equal(text_to_int("-1", 0, 100, &value), ERR_INVALID);
	assert_int_equal(text_to_int("4x", 0, 100, &value), ERR_INVALID);
	assert_int_equal(text_to_int(" 4", 0, 100, &value), ERR_INVALID);
	assert_int_equal(text_to_int("", 0, 100, &value), ERR_INVALID);
	assert_int_equal(
		text_to_int("99999999999999999999", 0, INT64_MAX, &value), ERR_INVALID);
}

static void comparison_without_case_is_ascii_alone(void **state)
{
	(void)state;
	assert_true(text_equal_nocase("Ada@Contoso", "ada@contoso"));
	assert_true(text_compare_nocase("a", "B") < 0);
	assert_false(text_equal_nocase("\xc3\x84", "\xc3\xa4"));
	assert_true(text_ends_with("x.eml", ".eml"));
	assert_false(text_ends_with("eml", ".eml"));
}

/* Wherever it stands: the ASCII around it is looked at in words. */
static void utf8_is_judged_at_each_place(void **state)
{
	(void)state;
	for (size_t at = 0; at < 23; at++) {
		char text[25] = "abcdefghijklmnopqrstuvwx";

		assert_true(text_is_utf8(text, 24));
		text[at] = '\x7f';
		assert_true(text_is_utf8(text, 24));
		text[at] = '\0';
		assert_false(text_is_utf8(text, 24));
		text[at] = '\x80';
		assert_false(text_is_utf8(text, 24));
		text[at] = '\xc3';
		assert_false(text_is_utf8(text, 24));
		text[at + 1] = '\xbc';
		assert_true(text_is_utf8(text, 24));
		text[at + 1] = '\x01';
		text[at] = '\x01';
		assert_true(text_is_utf8(text, 24));
	}
}

static void utf8_is_judged_as_the_rfc_says(void **state)
{
	(void)state;
	assert_true(text_is_utf8("gr\xc3\xbc\xc3\x9f", 6));
	assert_true(text_is_utf8("\xf0\x9f\x98\x80", 4));
	assert_false(text_is_utf8("\xc0\x80", 2));         /* too long a form */
	assert_false(text_is_utf8("\xed\xa0\x80", 3));     /* a surrogate */
	assert_false(text_is_utf8("\xf4\x90\x80\x80", 4)); /* past U+10FFFF */
	assert_false(text_is_utf8("\xe2\x82", 2));         /* cut */
	assert_false(text_is_utf8("a\0b", 3));
}

static void a_cut_leaves_whole_characters(void **state)
{
	(void)state;
	assert_int_equal(text_utf8_cut("a\xc3\xbc", 2), 1);
	assert_int_equal(text_utf8_cut("a\xc3\xbc", 3), 3);
	assert_int_equal(text_utf8_cut("abc", 10), 3);
}

static void base64_goes_there_and_back(void **state)
{
	(void)state;
	static const char *const encoded[] = {
		"", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};

	for (size_t i = 0; i < 7; i++) {
		AUTO_TEXT text = text_to_base64("foobar", i);
		AUTO_TEXT url = text_to_base64url("foobar", i);
		AUTO_BUF bytes = buf_init(100);
		assert_string_equal(text, encoded[i]);
		assert_int_equal(strlen(url), strcspn(text, "="));
		assert_int_equal(text_from_base64(text, &bytes), 0);
		assert_int_equal(text_from_base64(url, &bytes), 0);
		assert_int_equal(bytes.size, 2 * i);
		assert_true(i == 0 || memcmp(bytes.data + i, "foobar", i) == 0);
	}
	AUTO_BUF bytes = buf_init(100);
	assert_int_equal(text_from_base64("a", &bytes), ERR_INVALID);
	assert_int_equal(text_from_base64("ab=c", &bytes), ERR_INVALID);
	assert_int_equal(text_from_base64("ab!=", &bytes), ERR_INVALID);
	assert_int_equal(text_from_base64("abc==", &bytes), ERR_INVALID);
}

static void hexadecimal_has_exactly_its_length(void **state)
{
	(void)state;
	unsigned char bytes[2];
	char text[5];

	assert_int_equal(text_from_hex("0aFf", bytes, 2), 0);
	text_to_hex(bytes, 2, text);
	assert_string_equal(text, "0aff");
	assert_int_equal(text_from_hex("0aF", bytes, 2), ERR_INVALID);
	assert_int_equal(text_from_hex("0agf", bytes, 2), ERR_INVALID);
}

static void percent_encoding_goes_there_and_back(void **state)
{
	(void)state;
	AUTO_TEXT encoded = text_percent_encode("a b/\xc3\xbc~");
	AUTO_TEXT decoded = text_percent_decode(encoded, false);
	AUTO_TEXT form = text_percent_decode("a+b", true);

	assert_string_equal(encoded, "a%20b%2F%C3%BC~");
	assert_string_equal(decoded, "a b/\xc3\xbc~");
	assert_string_equal(form, "a b");
	assert_null(text_percent_decode("%4", false));
	assert_null(text_percent_decode("%00", false));
}

static void sizes_are_for_people(void **state)
{
	(void)state;
	AUTO_TEXT small = text_size(999);
	AUTO_TEXT medium = text_size(1234567);
	AUTO_TEXT large = text_size(UINT64_MAX);

	assert_string_equal(small, "999 B");
	assert_string_equal(medium, "1.2 MB");
	assert_string_equal(large, "18.4 EB");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_fill_the_text_and_keep_their_bounds),
		cmocka_unit_test(comparison_without_case_is_ascii_alone),
		cmocka_unit_test(utf8_is_judged_as_the_rfc_says),
		cmocka_unit_test(utf8_is_judged_at_each_place),
		cmocka_unit_test(a_cut_leaves_whole_characters),
		cmocka_unit_test(base64_goes_there_and_back),
		cmocka_unit_test(hexadecimal_has_exactly_its_length),
		cmocka_unit_test(percent_encoding_goes_there_and_back),
		cmocka_unit_test(sizes_are_for_people),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
