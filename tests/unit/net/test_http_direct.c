/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/mem.h"
#include "net/http_direct.h"

enum { TOO_MUCH = (1 << 20) + 1 };

/* Answers with all that it sees. */
static void describe(void *context, struct http_call *call)
{
	size_t size;
	const char *body = http_call_body(call, &size);
	const char *kind = http_call_header(call, "content-type");
	AUTO_TEXT text = mem_printf("%s %s?%s %s %s %.*s", http_call_method(call),
		http_call_path(call), http_call_query(call), kind ? kind : "-",
		http_call_peer(call), (int)size, size ? body : "");

	http_reply_header(call, "Retry-After", "7");
	http_reply(call, *(int *)context, "text/plain", text, strlen(text));
}

static void say_nothing(void *context, struct http_call *call)
{
	(void)context;
	(void)call;
}

static void a_handler_sees_what_was_sent_and_its_reply_comes_back(void **state)
{
	(void)state;
	int status = 418;
	const char *const headers[] = {"Content-Types: no", "Content-Type:  text/x", NULL};
	const struct http_request request = {
		.method = "POST",
		.url = "http://127.0.0.1:8080/a?b=c",
		.headers = headers,
		.body = "hello",
		.body_size = 5,
	};
	AUTO_RESPONSE response;

	assert_int_equal(http_direct(describe, &status, &request, &response), 0);
	assert_int_equal(response.status, 418);
	assert_string_equal(buf_text(&response.body), "POST /a?b=c text/x local hello");
	assert_int_equal(http_retry_after_s(&response, 0, 0), 7);
	assert_string_equal(http_header(&response, "content-type"), "text/plain");
}

static void a_path_alone_and_no_method_is_a_get(void **state)
{
	(void)state;
	int status = 200;
	const struct http_request request = {.url = "/x"};
	const struct http_request bare = {.url = "http://127.0.0.1"};
	AUTO_RESPONSE response;
	AUTO_RESPONSE root;

	assert_int_equal(http_direct(describe, &status, &request, &response), 0);
	assert_string_equal(buf_text(&response.body), "GET /x? - local ");
	assert_int_equal(http_direct(describe, &status, &bare, &root), 0);
	assert_string_equal(buf_text(&root.body), "GET /? - local ");
}

static void no_reply_is_500(void **state)
{
	(void)state;
	const struct http_request request = {.url = "/x"};
	AUTO_RESPONSE response;

	assert_int_equal(http_direct(say_nothing, NULL, &request, &response), 0);
	assert_int_equal(response.status, 500);
}

static void what_is_too_large_is_told_in_both_directions(void **state)
{
	(void)state;
	int status = 200;
	char *body = mem_alloc(TOO_MUCH);
	struct http_request request = {
		.url = "/x", .body = body, .body_size = TOO_MUCH, .body_ceiling = 8};
	AUTO_RESPONSE response;
	AUTO_RESPONSE other;

	memset(body, 'a', TOO_MUCH);
	assert_int_equal(http_direct(describe, &status, &request, &response), ERR_LIMIT);
	request.body_size = 0;
	assert_int_equal(http_direct(describe, &status, &request, &other), ERR_LIMIT);
	mem_free(body);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handler_sees_what_was_sent_and_its_reply_comes_back),
		cmocka_unit_test(a_path_alone_and_no_method_is_a_get),
		cmocka_unit_test(no_reply_is_500),
		cmocka_unit_test(what_is_too_large_is_told_in_both_directions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
