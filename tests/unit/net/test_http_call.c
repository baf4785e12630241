/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "fixture.h"

/* Each test has a handler of its own; its server takes the place of the fixture's. */
static int start(void **state)
{
	int r = fixture_start(state);

	http_server_stop(fixture_server);
	fixture_server = NULL;
	return r;
}

static void serve(http_handler_fn *handler, void *context)
{
	const struct http_server_options options = {
		.listen = "127.0.0.1:0", .handler = handler, .context = context};

	http_server_stop(fixture_server);
	assert_int_equal(http_server_start(&options, &fixture_server), 0);
}

static void describe(void *context, struct http_call *call)
{
	(void)context;
	AUTO_TEXT first = http_call_parameter(call, "a");
	AUTO_TEXT second = http_call_parameter(call, "b c");
	AUTO_TEXT text = mem_printf("%s|%s|%s|%s", http_call_path(call), http_call_query(call),
		first ? first : "none", second ? second : "none");

	http_reply(call, 200, "text/plain", text, strlen(text));
}

static void a_path_stays_as_sent_and_parameters_are_decoded(void **state)
{
	(void)state;
	serve(describe, NULL);
	fixture_assert_get("/a%2Fb/%C3%A4?a=1%202+3&a=4&b%20c=%26", 200,
		"/a%2Fb/%C3%A4|a=1%202+3&a=4&b%20c=%26|1 2 3|&");
	fixture_assert_get("/x", 200, "/x||none|none");
	fixture_assert_get("/x?a", 200, "/x|a||none");
	fixture_assert_get("/x?&&b+c=&aa=1", 200, "/x|&&b+c=&aa=1|none|");
	fixture_assert_get("/x?a=%zz", 200, "/x|a=%zz|none|none");
}

static void no_reply(void *context, struct http_call *call)
{
	(void)context;
	(void)call;
}

static void a_call_without_reply_is_answered_with_500(void **state)
{
	(void)state;
	serve(no_reply, NULL);
	fixture_assert_get("/", 500, "no answer\n");
}

static void reply_thrice(void *context, struct http_call *call)
{
	http_reply(call, 200, "text/plain", "first", 5);
	http_reply_file(call, 200, "text/plain", context);
	http_reply(call, 201, "text/html", "last", 4);
}

static void the_last_reply_counts(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(fixture_folder, "file");
	AUTO_RESPONSE response = {0};

	assert_int_equal(io_write_file(path, "file", 4, 0600), 0);
	serve(reply_thrice, path);
	assert_int_equal(fixture_get("/", &response), 0);
	assert_int_equal(response.status, 201);
	assert_string_equal(buf_text(&response.body), "last");
	assert_string_equal(http_header(&response, "content-type"), "text/html");
}

static void reply_headers(void *context, struct http_call *call)
{
	(void)context;
	http_reply_header(call, "Set-Cookie", "first=1");
	http_reply_header(call, "Set-Cookie", "second=2");
	http_reply_header(call, "X-Split", "a\r\nX-Evil: 1");
	http_reply(call, 200, "text/plain", "a\0b", 3);
}

static void headers_keep_their_order_and_bodies_their_bytes(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {0};

	serve(reply_headers, NULL);
	assert_int_equal(fixture_get("/", &response), 0);
	const char *text = buf_text(&response.header_text);
	const char *first = strstr(text, "Set-Cookie: first=1\r\n");
	const char *second = strstr(text, "Set-Cookie: second=2\r\n");
	assert_non_null(first);
	assert_true(second > first);
	assert_null(http_header(&response, "X-Evil"));
	assert_int_equal(response.body.size, 3);
	assert_memory_equal(response.body.data, "a\0b", 3);
}

static void reply_file(void *context, struct http_call *call)
{
	http_reply_file(call, 200, "message/rfc822", context);
}

static void a_file_comes_whole_and_streamed(void **state)
{
	(void)state;
	enum { SIZE = 3 << 20 };
	AUTO_TEXT path = io_join(fixture_folder, "file");
	AUTO_TEXT bytes = mem_alloc(SIZE);
	AUTO_RESPONSE response = {0};

	for (size_t i = 0; i < SIZE; i++)
		bytes[i] = (char)fixture_byte(i);
	assert_int_equal(io_write_file(path, bytes, SIZE, 0600), 0);
	serve(reply_file, path);
	assert_int_equal(fixture_get("/", &response), 0);
	assert_int_equal(response.status, 200);
	assert_string_equal(http_header(&response, "Content-Type"), "message/rfc822");
	assert_int_equal(response.body.size, SIZE);
	assert_memory_equal(response.body.data, bytes, SIZE);
}

static void an_empty_file_is_an_empty_body_and_no_file_is_500(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(fixture_folder, "file");

	serve(reply_file, path);
	fixture_assert_get("/", 500, "the file cannot be read\n");
	assert_int_equal(io_write_file(path, "", 0, 0600), 0);
	fixture_assert_get("/", 200, "");
	serve(reply_file, fixture_folder);
	fixture_assert_get("/", 500, "the file cannot be read\n");
}

static void reply_file_cut(void *context, struct http_call *call)
{
	http_reply_file(call, 200, "text/plain", context);
	http_reply_cut(call, 4);
}

static void a_file_may_be_cut_too(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(fixture_folder, "file");
	AUTO_RESPONSE response = {0};

	assert_int_equal(io_write_file(path, "0123456789", 10, 0600), 0);
	serve(reply_file_cut, path);
	assert_int_equal(fixture_get("/", &response), ERR_NETWORK);
	assert_string_equal(buf_text(&response.body), "0123");
}

static void reply_peer(void *context, struct http_call *call)
{
	(void)context;
	const char *peer = http_call_peer(call);

	http_reply(call, 200, "text/plain", peer, strlen(peer));
}

static void the_peer_is_its_address(void **state)
{
	(void)state;
	serve(reply_peer, NULL);
	fixture_assert_get("/", 200, "127.0.0.1");
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, start, fixture_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_FOLDER(a_path_stays_as_sent_and_parameters_are_decoded),
		WITH_FOLDER(a_call_without_reply_is_answered_with_500),
		WITH_FOLDER(the_last_reply_counts),
		WITH_FOLDER(headers_keep_their_order_and_bodies_their_bytes),
		WITH_FOLDER(a_file_comes_whole_and_streamed),
		WITH_FOLDER(an_empty_file_is_an_empty_body_and_no_file_is_500),
		WITH_FOLDER(a_file_may_be_cut_too),
		WITH_FOLDER(the_peer_is_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
