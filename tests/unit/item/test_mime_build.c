/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "mime_round.h"

static int append(void *context, const void *data, size_t size)
{
	assert_true(size > 0);
	return buf_append(context, data, size);
}

static void assert_built(
	const struct mime_facts *facts, const char *decoded, const char *expected)
{
	size_t size = strlen(decoded);

	/* Whole, and in single bytes. */
	for (size_t part = 1; part <= size + 1; part += size + 1 - part ? size + 1 - part : 1) {
		AUTO_BUF out = buf_init(1 << 20);
		struct mime_encoder *encoder;
		assert_int_equal(mime_encoder_new(facts, append, &out, &encoder), 0);
		for (size_t at = 0; at < size; at += part)
			assert_int_equal(mime_encoder_add(encoder, decoded + at,
						 part < size - at ? part : size - at),
				0);
		assert_int_equal(mime_encoder_finish(encoder), 0);
		mime_encoder_free(encoder);
		assert_string_equal(buf_text(&out), expected);
	}
}

static void bodies_are_encoded_by_their_facts(void **state)
{
	(void)state;
	static const struct {
		struct mime_facts facts;
		const char *decoded, *expected;
	} cases[] = {
		{{MIME_PLAIN, 0, 0, 0, 0}, "a\r\nb", "a\r\nb"},
		{{MIME_BASE64, MIME_LF, MIME_TAIL_LINE_END, 0, 4}, "abcd", "YWJj\nZA==\n"},
		{{MIME_BASE64, MIME_CRLF, 0, 0, 8}, "abcdefg", "YWJjZGVm\r\nZw=="},
		{{MIME_BASE64, MIME_LF, MIME_TAIL_LINE_END, 0, 8}, "abcdef", "YWJjZGVm\n"},
		{{MIME_BASE64, 0, 0, 0, 0}, "abcdefg", "YWJjZGVmZw=="},
		{{MIME_BASE64, MIME_LF, MIME_TAIL_LINE_END, 0, 8}, "", ""},
		{{MIME_QUOTED, MIME_LF, 0, 0, 76}, "a \n\xe4=\r", "a=20\n=E4=3D=0D"},
		{{MIME_QUOTED, MIME_CRLF, MIME_TAIL_SOFT, MIME_QUOTED_LOWER, 76}, "\n\r\n\xe4",
			"=0a\r\n=e4=\r\n"},
		{{MIME_QUOTED, MIME_LF, 0, 0, 8}, "12345678", "1234567=\n8"},
		{{MIME_QUOTED, MIME_LF, 0, MIME_QUOTED_FULL, 8}, "12345678", "12345678"},
		{{MIME_QUOTED, MIME_LF, 0, MIME_QUOTED_FULL, 8}, "12345\xe4\n",
			"12345=\n=E4\n"},
		{{MIME_QUOTED, MIME_LF, 0, MIME_QUOTED_FULL_HEX, 8}, "12345\xe4\n",
			"12345=E4\n"},
		{{MIME_QUOTED, MIME_LF, 0, MIME_QUOTED_EVEN, 8}, "12345678", "12345=\n678"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_built(&cases[i].facts, cases[i].decoded, cases[i].expected);
}

static void facts_that_no_body_has_are_refused(void **state)
{
	(void)state;
	static const struct mime_facts bad[] = {
		{3, 0, 0, 0, 0},
		{255, 255, 255, 255, UINT32_MAX},
		{MIME_PLAIN, MIME_LF, 0, 0, 0},
		{MIME_PLAIN, 0, 1, 0, 0},
		{MIME_PLAIN, 0, 0, 1, 0},
		{MIME_PLAIN, 0, 0, 0, 76},
		{MIME_BASE64, MIME_LF, 0, 0, 0},
		{MIME_BASE64, 0, MIME_TAIL_LINE_END, 0, 0},
		{MIME_BASE64, 0, 0, 0, 76},
		{MIME_BASE64, 3, 0, 0, 76},
		{MIME_BASE64, MIME_LF, MIME_TAIL_SOFT, 0, 76},
		{MIME_BASE64, MIME_LF, 0, 1, 76},
		{MIME_BASE64, MIME_LF, 0, 0, 75},
		{MIME_BASE64, MIME_LF, 0, 0, MIME_LINE_MAX + 4},
		{MIME_BASE64, MIME_LF, 0, 0, UINT32_MAX - 3},
		{MIME_QUOTED, 0, 0, 0, 76},
		{MIME_QUOTED, 3, 0, 0, 76},
		{MIME_QUOTED, MIME_LF, MIME_TAIL_LINE_END, 0, 76},
		{MIME_QUOTED, MIME_LF, 0, 0, 7},
		{MIME_QUOTED, MIME_LF, 0, 0, MIME_LINE_MAX + 1},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct mime_encoder *encoder = NULL;
		assert_int_equal(
			mime_encoder_new(&bad[i], append, NULL, &encoder), ERR_CORRUPT);
		assert_null(encoder);
	}
}

static int refuse(void *context, const void *data, size_t size)
{
	(void)data;
	(void)size;
	return (*(int *)context)-- == 0 ? ERR_IO : 0;
}

static void an_error_of_out_comes_back(void **state)
{
	(void)state;
	static const struct mime_facts all[] = {{MIME_PLAIN, 0, 0, 0, 0},
		{MIME_BASE64, MIME_LF, MIME_TAIL_LINE_END, 0, 76},
		{MIME_QUOTED, MIME_LF, 0, 0, 76}};
	enum { SIZE = 100000, CALLS_MOST = 1000 };
	char *data = mem_alloc(SIZE);

	for (size_t i = 0; i < 3; i++) {
		int calls = 0, r = ERR_IO;
		for (; r != 0 && calls < CALLS_MOST; calls++) {
			int left = calls;
			struct mime_encoder *encoder;
			assert_int_equal(mime_encoder_new(&all[i], refuse, &left, &encoder), 0);
			r = mime_encoder_add(encoder, data, SIZE);
			if (r == 0)
				r = mime_encoder_finish(encoder);
			mime_encoder_free(encoder);
			assert_true(r == 0 || r == ERR_IO);
		}
		assert_int_equal(r, 0);
		assert_true(calls > 1);
	}
	mem_free(data);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bodies_are_encoded_by_their_facts),
		cmocka_unit_test(facts_that_no_body_has_are_refused),
		cmocka_unit_test(an_error_of_out_comes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
