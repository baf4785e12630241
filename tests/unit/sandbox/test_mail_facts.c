/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "sandbox/mail_facts.h"

static void read_text(const char *text, struct mail_facts *out)
{
	mail_facts_read(text, strlen(text), out);
}

static void facts_come_from_the_header(void **state)
{
	(void)state;
	AUTO_FACTS facts;

	read_text("Received: from a\r\n\tby b; Mon, 3 Feb 2025 10:00:05 +0100\r\n"
		  "Received: from c; Mon, 3 Feb 2025 08:00:00 +0000\r\n"
		  "From: Ada <ada@x>\r\n"
		  "subject: one\r\n two\r\n"
		  "Date: Mon, 3 Feb 2025 10:00:00 +0100\r\n"
		  "Message-ID: <1@x>\r\n"
		  "X-Priority: 1\r\n"
		  "Content-Type: multipart/mixed; boundary=b\r\n"
		  "\r\nSubject: not this\r\n",
		&facts);
	assert_string_equal(facts.subject, "one two");
	assert_string_equal(facts.message_id, "<1@x>");
	assert_int_equal(facts.sent_s, 1738573200);
	assert_int_equal(facts.received_s, 1738573205);
	assert_true(facts.has_attachments);
	assert_string_equal(facts.importance, "high");
	assert_non_null(facts.sender);
}

static void any_line_end_will_do(void **state)
{
	(void)state;
	static const char *const ends[] = {
		"Subject: a\nFrom: b@x\n\nbody", "Subject: a\rFrom: b@x\r\rbody"};

	for (size_t i = 0; i < 2; i++) {
		AUTO_FACTS facts;
		read_text(ends[i], &facts);
		assert_string_equal(facts.subject, "a");
		assert_non_null(facts.from);
		assert_string_equal(facts.preview, "body");
	}
}

static void lines_that_are_no_fields_are_passed_over(void **state)
{
	(void)state;
	AUTO_FACTS facts;

	read_text("From ada Mon Feb 3 2025\n>junk\n: x\nBad Name: y\nSubject: z\n", &facts);
	assert_string_equal(facts.subject, "z");
}

static void nothing_at_all_is_read_too(void **state)
{
	(void)state;
	AUTO_FACTS facts;

	mail_facts_read("", 0, &facts);
	assert_string_equal(facts.subject, "");
	assert_null(facts.from);
	assert_int_equal(json_count(facts.to), 0);
	assert_int_equal(facts.sent_s, 0);
}

static void bytes_of_any_kind_become_utf8(void **state)
{
	(void)state;
	static const char raw[] = "Subject: caf\xe9 \0 \x01 x\nTo: \xff <a@x>\n\n";
	AUTO_FACTS facts;

	mail_facts_read(raw, sizeof(raw) - 1, &facts);
	assert_string_equal(facts.subject, "caf\xc3\xa9     x");
	assert_int_equal(json_count(facts.to), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(facts_come_from_the_header),
		cmocka_unit_test(any_line_end_will_do),
		cmocka_unit_test(lines_that_are_no_fields_are_passed_over),
		cmocka_unit_test(nothing_at_all_is_read_too),
		cmocka_unit_test(bytes_of_any_kind_become_utf8),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
