/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "net/smtp.h"

static const struct smtp_message plain = {
	.from_name = "A \"quoted\" name",
	.from = "a@vendor.example",
	.to = "b@customer.example",
	.subject = "Your order",
	.message_id = "key-1@vendor.example",
	.at_s = 1795000000,
	.text = "One line\n.a dot\n\nlast",
};

static void compose(const struct smtp_message *message, struct buf *out)
{
	*out = buf_init(64 * 1024);
	assert_int_equal(smtp_compose(message, out), 0);
	assert_non_null(buf_text(out));
}

static void a_plain_message_is_written_as_it_is(void **state)
{
	AUTO_BUF out = {0};

	(void)state;
	compose(&plain, &out);
	assert_string_equal(buf_text(&out),
		"Date: Wed, 18 Nov 2026 11:06:40 +0000\r\n"
		"From: \"A \\\"quoted\\\" name\" <a@vendor.example>\r\n"
		"To: <b@customer.example>\r\n"
		"Subject: Your order\r\n"
		"Message-ID: <key-1@vendor.example>\r\n"
		"Auto-Submitted: auto-generated\r\n"
		"MIME-Version: 1.0\r\n"
		"Content-Type: text/plain; charset=utf-8\r\n"
		"Content-Transfer-Encoding: 7bit\r\n"
		"\r\n"
		"One line\r\n.a dot\r\n\r\nlast\r\n");
}

/* The text of encoded words, each of which is whole by itself. Borrowed until the next call. */
static const char *decode_words(const char *header)
{
	static const char begin[] = "=?UTF-8?B?";
	static char all[512];
	size_t size = 0;

	for (const char *at = strstr(header, begin); at; at = strstr(at, begin)) {
		AUTO_BUF word = buf_init(64);

		at += sizeof(begin) - 1;
		AUTO_TEXT base64 = mem_strndup(at, strcspn(at, "?"));
		assert_true(strlen(base64) + sizeof(begin) - 1 + 2 <= 75);
		assert_int_equal(text_from_base64(base64, &word), 0);
		assert_true(text_is_utf8((const char *)word.data, word.size));
		memcpy(all + size, word.data, word.size);
		size += word.size;
	}
	all[size] = '\0';
	return all;
}

static void other_letters_go_encoded_in_whole_characters(void **state)
{
	AUTO_BUF out = {0};
	struct smtp_message message = plain;

	(void)state;
	message.subject = "Größe ééééééééééééééééééééééééé";
	message.text = "Grüße\n";
	compose(&message, &out);
	const char *text = buf_text(&out);
	for (const char *p = text; *p; p++)
		assert_true((unsigned char)*p < 0x7f);
	assert_string_equal(decode_words(strstr(text, "Subject: ")), message.subject);
	assert_non_null(
		strstr(text, "Content-Transfer-Encoding: base64\r\n\r\nR3LDvMOfZQ0K\r\n"));
}

static void lines_that_are_too_long_go_in_base64(void **state)
{
	AUTO_BUF out = {0};
	struct smtp_message message = plain;
	char line[1100];

	(void)state;
	memset(line, 'x', sizeof(line) - 1);
	line[sizeof(line) - 1] = '\0';
	message.text = line;
	compose(&message, &out);
	for (const char *at = buf_text(&out); *at; at += strcspn(at, "\n") + 1)
		assert_true(strcspn(at, "\r\n") <= 78);
}

static void a_header_takes_no_second_line_and_an_address_no_other(void **state)
{
	static const char *const bad[] = {"a", "a@b>,<c@d", "a@b\r\nBcc: c@d", "ä@b", "a @b"};
	AUTO_BUF out = buf_init(64 * 1024);
	struct smtp_message message = plain;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		message.to = bad[i];
		assert_int_equal(smtp_compose(&message, &out), ERR_INVALID);
	}
	message = plain;
	message.subject = "Your order\r\nBcc: c@d";
	assert_int_equal(smtp_compose(&message, &out), ERR_INVALID);
	message = plain;
	message.from_name = "a\nb";
	assert_int_equal(smtp_compose(&message, &out), ERR_INVALID);
	assert_int_equal(out.size, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_plain_message_is_written_as_it_is),
		cmocka_unit_test(other_letters_go_encoded_in_whole_characters),
		cmocka_unit_test(lines_that_are_too_long_go_in_base64),
		cmocka_unit_test(a_header_takes_no_second_line_and_an_address_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
