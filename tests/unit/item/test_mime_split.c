/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_fixture.h"

/* Base64 of `size` bytes, all 0x5a. The caller frees it. */
static char *base64(size_t size, size_t line, const char *line_end, bool ends)
{
	AUTO_TEXT bytes = mem_alloc(size + 1);
	AUTO_BUF out = buf_init(TEXT_MAX);

	memset(bytes, 'Z', size);
	AUTO_TEXT text = text_to_base64(bytes, size);
	for (size_t at = 0; at < strlen(text); at += line) {
		if (at > 0)
			put(&out, line_end);
		AUTO_TEXT part = mem_strndup(text + at, strnlen(text + at, line));
		put(&out, part);
	}
	put(&out, ends ? line_end : "");
	return mem_strdup(buf_text(&out));
}

static void assert_base64(size_t size, uint32_t line, uint8_t line_end, uint8_t tail)
{
	assert_int_equal(result.facts.encoding, MIME_BASE64);
	assert_int_equal(result.body.size, size);
	for (size_t i = 0; i < size; i++)
		assert_int_equal(result.body.data[i], 'Z');
	assert_int_equal(result.facts.line, line);
	assert_int_equal(result.facts.line_end, line_end);
	assert_int_equal(result.facts.tail, tail);
	assert_int_equal(result.facts.profile, 0);
}

static void a_message_without_parts_is_a_header_and_a_text(void **state)
{
	(void)state;
	AUTO_TEXT text = repeated("A line of a letter.\r\n", 40);
	AUTO_TEXT message = mem_printf("Subject: a\r\n\r\n%s", text);

	pass_text(message);
	assert_int_equal(result.count, 1);
	assert_body(text);
	assert_string_equal(buf_text(&result.text), "Subject: a\r\n\r\n");
	assert_int_equal(result.facts.encoding, MIME_PLAIN);
	assert_int_equal(result.kind, MIME_KIND_TEXT);
}

static void what_is_small_stays_literal(void **state)
{
	(void)state;
	static const size_t sizes[] = {0, 1, MIME_BODY_LEAST - 1};

	for (size_t i = 0; i < 3; i++) {
		AUTO_TEXT text = repeated("a", sizes[i]);
		AUTO_TEXT message = mem_printf("Subject: a\n\n%s", text);
		pass_text(message);
		assert_int_equal(result.count, 0);
	}
	AUTO_TEXT small = base64(300, 76, "\n", true);
	AUTO_TEXT message = mem_printf("%s%s", base64_head, small);
	pass_text(message);
	assert_int_equal(result.count, 0);
	AUTO_TEXT quoted = mem_printf("%s%s", quoted_head, "a=20\nb=\nc\n");
	pass_text(quoted);
	assert_int_equal(result.count, 0);
}

static void base64_is_decoded_with_the_facts_that_rebuild_it(void **state)
{
	(void)state;
	static const size_t lines[] = {76, 72, 64, 60, 16, 1000, 4092};
	static const size_t sizes[] = {5000, 5001, 5002, 57 * 100};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		for (size_t j = 0; j < 4; j++) {
			bool ends = (i + j) % 2 == 0;
			bool is_crlf = j < 2;
			AUTO_TEXT text =
				base64(sizes[j], lines[i], is_crlf ? "\r\n" : "\n", ends);
			AUTO_TEXT message = mem_printf("%s%s", base64_head, text);
			pass_text(message);
			assert_int_equal(result.count, 1);
			assert_base64(sizes[j], (uint32_t)lines[i],
				is_crlf ? MIME_CRLF : MIME_LF, ends ? MIME_TAIL_LINE_END : 0);
			assert_int_equal(result.bodies[MIME_BASE64], strlen(text));
		}
	}
}

static void base64_in_one_line_is_decoded_whatever_its_length(void **state)
{
	(void)state;
	static const size_t sizes[] = {
		3072 + 1, 3072 * 2, 3072 * 2 + 2, 3072 * 100 + 30, 9 << 20};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		AUTO_TEXT text = base64(sizes[i], SIZE_MAX / 2, "\r\n", i % 2 == 0);
		AUTO_TEXT message = mem_printf("%s%s", base64_head, text);
		AUTO_BUF bytes = buf_init(TEXT_MAX);
		put(&bytes, message);
		assert_true(mime_round_check(&result, bytes.data, bytes.size, 5000, i));
		assert_base64(sizes[i], 0, 0, 0);
	}
}

static void what_stands_behind_base64_is_literal(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(1000, 76, "\n", true);
	AUTO_TEXT message = mem_printf("%s%s\nA list's footer.\n", base64_head, text);

	pass_text(message);
	assert_int_equal(result.count, 1);
	assert_base64(1000, 76, MIME_LF, MIME_TAIL_LINE_END);
	assert_true(text_ends_with(buf_text(&result.text), "\n\nA list's footer.\n"));
}

static void a_line_that_encoding_would_not_give_ends_the_body(void **state)
{
	(void)state;
	static const char *const bad[] = {"WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpa"
					  "WlpaWlpaWlpaWlpaWlpaWlpa\r\n",
		"WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlp*"
		"\n",
		"WlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWlpaWl"
		"pa\n",
		"Wlpa \n", " WlpaWlpa\n", "Wlp\n", "Wlpb=\n", "Wlp\x80\n", "Wl==Wlpa\n",
		"Wl=a\n", "W===\n", "====\n", "WlpaWlp_\n", "WlpaWlp-\n", "Wlp=\nWlpaWlpa\n",
		"\n", "\r\n"};
	AUTO_TEXT text = base64(57 * 40, 76, "\n", true);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		AUTO_TEXT message = mem_printf("%s%s%s%s", base64_head, text, bad[i], text);
		pass_text(message);
		assert_int_equal(result.count, 2);
		/* The second body is what follows. */
		assert_base64(57 * 40, 76, MIME_LF, MIME_TAIL_LINE_END);
	}
	/* Bits that are lost in decoding. */
	AUTO_TEXT lost = mem_printf("%s%sWlq=\n", base64_head, text);
	pass_text(lost);
	assert_int_equal(result.count, 1);
	assert_true(text_ends_with(buf_text(&result.text), "Wlq=\n"));
}

static void a_last_line_with_another_end_leaves_it_literal(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(57 * 40 + 1, 76, "\r\n", false);
	AUTO_TEXT message = mem_printf("%s%s\n", base64_head, text);

	pass_text(message);
	assert_base64(57 * 40 + 1, 76, MIME_CRLF, 0);
}

static const char *const multipart[] = {
	"Content-Type: multipart/mixed; boundary=\"%s\"\n\n",
	"content-type:multipart/mixed;boundary=\"%s\"\n\n",
	"Content-Type: Multipart/Mixed;\n\tcharset=x;\n boundary = \"%s\" ; x=y\n\n",
	"Content-Type: multipart/mixed; BOUNDARY=\"%s\n\n",
	"CONTENT-TYPE:\n multipart/alternative\n ;\n boundary=\n \"%s\"\n\n",
	"Content-Type : multipart/mixed; name=\"boundary\"; boundary=\"%s\"\n\n",
	"Content-Type: multipart/mixed boundary=\"%s\"\n\n",
};

/* The header with the boundary in its place. The caller frees it. */
static char *with_boundary(const char *form, const char *boundary)
{
	const char *at = strstr(form, "%s");

	return mem_printf("%.*s%s%s", (int)(at - form), form, boundary, at + 2);
}

static void boundaries_are_found_however_they_are_written(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(2000, 76, "\n", true);

	for (size_t i = 0; i < sizeof(multipart) / sizeof(multipart[0]); i++) {
		AUTO_TEXT head = with_boundary(multipart[i], "=_a' (b)/c");
		AUTO_TEXT message = mem_printf(
			"%sPreamble\n--=_a' (b)/c \t\n%s%s\n--=_a' (b)/c--\nEpilogue\n", head,
			base64_head, text);
		pass_text(message);
		assert_int_equal(result.count, 1);
		assert_base64(2000, 76, MIME_LF, MIME_TAIL_LINE_END);
	}
	AUTO_TEXT bare = mem_printf(
		"Content-Type: multipart/mixed; boundary=a.b;x=y\n\n--a.b\n%s%s\n--a.b--\n",
		base64_head, text);
	pass_text(bare);
	assert_base64(2000, 76, MIME_LF, MIME_TAIL_LINE_END);
	AUTO_TEXT escaped = mem_printf("Content-Type: multipart/mixed; "
				       "boundary=\"a\\\"b\"\n\n--a\"b\n%s%s\n--a\"b--\n",
		base64_head, text);
	pass_text(escaped);
	assert_base64(2000, 76, MIME_LF, MIME_TAIL_LINE_END);
}

static void a_line_that_only_begins_like_a_boundary_is_none(void **state)
{
	(void)state;
	static const char *const lines[] = {
		"--ab", "--a-", "---a", "--a---", " --a", "--A", "--"};
	AUTO_TEXT letter = repeated("A line of a letter.\n", 40);

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		AUTO_TEXT body = mem_printf("%s%s\n%s", letter, lines[i], letter);
		AUTO_TEXT message = mem_printf(
			"Content-Type: multipart/mixed; boundary=a\n\n--a\n\n%s\n--a--\n",
			body);
		pass_text(message);
		assert_int_equal(result.count, 1);
		assert_body(body);
	}
}

static void a_text_is_the_same_in_a_part_and_alone(void **state)
{
	(void)state;
	AUTO_TEXT text = repeated("A line of a letter.\r\n", 40);
	AUTO_TEXT message =
		mem_printf("Content-Type: multipart/mixed; boundary=a\r\n\r\n--a\r\n"
			   "Content-Type: text/plain\r\n\r\n%s\r\n--a--\r\n",
			text);

	/* The line end before a boundary is the boundary's. */
	pass_text(message);
	assert_int_equal(result.count, 1);
	assert_body(text);
}

static void inner_boundaries_end_with_the_outer_one(void **state)
{
	(void)state;
	AUTO_TEXT letter = repeated("A line of a letter.\n", 40);
	AUTO_TEXT text = base64(2000, 76, "\n", true);
	AUTO_TEXT message = mem_printf("Content-Type: multipart/mixed; boundary=a\n\n--a\n"
				       "Content-Type: multipart/alternative; "
				       "boundary=b\n\n--b\n\n%s\n--a\n%s%s--b\n%s",
		letter, base64_head, text, text);

	/* "--b" means nothing any more; without a close delimiter all goes on to the end. */
	pass_text(message);
	assert_int_equal(result.count, 3);
	assert_base64(2000, 76, MIME_LF, MIME_TAIL_LINE_END);
	assert_non_null(strstr(buf_text(&result.text), "\n--b\n"));
}

static void behind_the_close_delimiter_all_is_literal(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(2000, 76, "\n", true);
	AUTO_TEXT message = mem_printf(
		"Content-Type: multipart/mixed; boundary=a\n\n--a--\n%s%s", base64_head, text);

	pass_text(message);
	assert_int_equal(result.count, 0);
}

static void a_message_in_a_message_is_taken_apart_too(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(2000, 76, "\n", true);
	AUTO_TEXT outer = repeated("Content-Type: message/rfc822\n\nSubject: a\n", 100);
	AUTO_TEXT message = mem_printf("%s%s%s", outer, base64_head, text);

	pass_text(message);
	assert_int_equal(result.count, 1);
	assert_base64(2000, 76, MIME_LF, MIME_TAIL_LINE_END);
}

static void multiparts_deeper_than_the_bound_are_literal(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(2000, 76, "\n", true);

	for (unsigned depth = MIME_DEPTH_MAX - 1; depth <= MIME_DEPTH_MAX + 40; depth += 1) {
		AUTO_BUF message = buf_init(TEXT_MAX);
		for (unsigned i = 0; i < depth; i++)
			assert_int_equal(
				buf_printf(&message,
					"Content-Type: multipart/mixed; boundary=b%u\n\n"
					"--b%u\n",
					i, i),
				0);
		put(&message, base64_head);
		put(&message, text);
		put(&message, "\n--b0\n");
		put(&message, base64_head);
		put(&message, text);
		pass(&message);
		assert_int_equal(result.count, depth <= MIME_DEPTH_MAX ? 2 : 1);
	}
}

static void kinds_follow_types_and_first_bytes(void **state)
{
	(void)state;
	static const struct {
		const char *type;
		const char *begin; /* base64 */
		enum mime_kind kind;
	} cases[] = {
		{"text/html; charset=utf-8", "WlpaWlpa", MIME_KIND_TEXT},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
			"UEsDBBQA", MIME_KIND_DOCUMENT},
		{"application/pdf", "JVBERi0x", MIME_KIND_DOCUMENT},
		{"application/pkcs7-mime; smime-type=enveloped-data", "MIIBWlpa",
			MIME_KIND_DOCUMENT},
		{"application/ms-tnef", "eJ8+Ilpa", MIME_KIND_DOCUMENT},
		{"image/png", "iVBORw0K", MIME_KIND_MEDIA},
		{" Video/MP4", "AAAAGGZ0", MIME_KIND_MEDIA},
		{"application/x-zip-compressed", "UEsDBBQA", MIME_KIND_MEDIA},
		{"application/octet-stream", "iVBORw0K", MIME_KIND_MEDIA},
		{"application/octet-stream", "/9j/4AAQ", MIME_KIND_MEDIA},
		{"application/octet-stream", "UEsDBBQA", MIME_KIND_DOCUMENT},
		{"image/svg+xml", "PHN2ZyB4", MIME_KIND_DOCUMENT},
	};
	AUTO_TEXT text = base64(2000, 76, "\n", true);

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		AUTO_TEXT message = mem_printf("Content-Type: %s\n%s%s%s", cases[i].type,
			base64_head + strlen("Subject: a\n"), cases[i].begin, text + 8);
		pass_text(message);
		assert_int_equal(result.count, 1);
		assert_int_equal(result.kind, cases[i].kind);
	}
}

static void odd_messages_come_back(void **state)
{
	(void)state;
	static const char *const odd[] = {"\n", "\r\n", "\r", "a", "Subject: a", "Subject: a\n",
		"From ada@contoso.example Mon Jan  1 00:00:00 2024\nSubject: a\n\na\n",
		"Content-Type: multipart/mixed\n\n--\n--\n",
		"Content-Type: multipart/mixed; boundary=\n\n",
		"Content-Type: multipart/mixed; boundary=\"\"\n\n--\n----\n",
		"Content-Type: multipart/mixed; boundary=\"\\",
		"Content-Transfer-Encoding:\n\n\n",
		"Content-Type: multipart/mixed; boundary=a\n--a\n\n--a--\n", "\n--a\n", "--",
		"-"};
	static const char nuls[] =
		"Content-Type: multi\0part/mixed; boundary=a\0b\n\n\0\n--a\0b\n\0";
	AUTO_BUF empty = buf_init(TEXT_MAX);
	AUTO_BUF message = buf_init(TEXT_MAX);

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		pass_text(odd[i]);
	put(&empty, "");
	pass(&empty);
	assert_int_equal(buf_append(&message, nuls, sizeof(nuls)), 0);
	pass(&message);
}

static void lines_may_be_of_any_length(void **state)
{
	(void)state;
	static const char *const heads[] = {"\n", base64_head, quoted_head,
		"Content-Type: ", "Content-Type: multipart/mixed; boundary=\"", "A: "};
	static const size_t sizes[] = {4093, 4094, 4095, 4096, 4097, 4098, 8192, 5 << 20};

	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
			AUTO_BUF message = buf_init(TEXT_MAX);
			AUTO_TEXT line = mem_alloc(sizes[j] + 1);
			memset(line, j % 2 ? 'A' : '*', sizes[j]);
			put(&message, heads[i]);
			put(&message, line);
			put(&message, "\r\n\r\nAAAA\r\n");
			assert_true(
				mime_round_check(&result, message.data, message.size, 0, 0));
			assert_true(
				mime_round_check(&result, message.data, message.size, 4000, j));
		}
	}
}

/* A sink that fails at its n-th call. */
struct failing {
	int left;
};

static int fail_data(void *context, const void *data, size_t size)
{
	struct failing *failing = context;

	assert_non_null(data);
	assert_true(size > 0);
	return failing->left-- == 0 ? ERR_IO : 0;
}

static int fail_begin(void *context, enum mime_kind kind)
{
	(void)kind;
	return fail_data(context, "a", 1);
}

static int fail_end(void *context, const struct mime_facts *facts)
{
	(void)facts;
	return fail_data(context, "a", 1);
}

static void an_error_of_the_sink_comes_back(void **state)
{
	(void)state;
	AUTO_TEXT letter = repeated("A line of a letter.\n", 400);
	AUTO_TEXT text = base64(200000, 76, "\n", true);
	AUTO_TEXT quoted = repeated("Gr=C3=BC=C3=9Fe aus K=C3=B6ln\n", 4000);
	AUTO_TEXT message =
		mem_printf("Content-Type: multipart/mixed; boundary=a\n\n--a\n\n%s\n"
			   "--a\n%s%s\n--a\n%s%s\n--a--\n",
			letter, base64_head, text, quoted_head, quoted);
	int calls = 0, r = ERR_IO;

	for (; r != 0; calls++) {
		struct failing failing = {.left = calls};
		const struct mime_sink sink = {
			fail_data, fail_begin, fail_data, fail_end, &failing};
		struct mime_split *split = mime_split_new(&sink);
		r = mime_split_add(split, message, strlen(message));
		if (r == 0)
			r = mime_split_finish(split);
		mime_split_free(split);
		assert_true(r == 0 || r == ERR_IO);
	}
	assert_true(calls > 30);
}

static void one_splitter_takes_message_after_message(void **state)
{
	(void)state;
	AUTO_TEXT text = base64(2000, 76, "\n", false);
	AUTO_TEXT message = mem_printf(
		"Content-Type: multipart/mixed; boundary=a\n\n--a\n%s%s", base64_head, text);

	for (size_t i = 0; i < 3; i++) {
		pass_text(message);
		assert_int_equal(result.count, 1);
		assert_base64(2000, 76, MIME_LF, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_message_without_parts_is_a_header_and_a_text),
		TEST(what_is_small_stays_literal),
		TEST(base64_is_decoded_with_the_facts_that_rebuild_it),
		TEST(base64_in_one_line_is_decoded_whatever_its_length),
		TEST(what_stands_behind_base64_is_literal),
		TEST(a_line_that_encoding_would_not_give_ends_the_body),
		TEST(a_last_line_with_another_end_leaves_it_literal),
		TEST(boundaries_are_found_however_they_are_written),
		TEST(a_line_that_only_begins_like_a_boundary_is_none),
		TEST(a_text_is_the_same_in_a_part_and_alone),
		TEST(inner_boundaries_end_with_the_outer_one),
		TEST(behind_the_close_delimiter_all_is_literal),
		TEST(a_message_in_a_message_is_taken_apart_too),
		TEST(multiparts_deeper_than_the_bound_are_literal),
		TEST(kinds_follow_types_and_first_bytes),
		TEST(odd_messages_come_back),
		TEST(lines_may_be_of_any_length),
		TEST(an_error_of_the_sink_comes_back),
		TEST(one_splitter_takes_message_after_message),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
