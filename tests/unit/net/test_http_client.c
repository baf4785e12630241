/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "fixture.h"

static int send_to(const char *url, struct http_response *response)
{
	return http_send(fixture_client, &(struct http_request){.url = url}, response);
}

static void assert_fails(const char *url, int code, const char *words)
{
	AUTO_RESPONSE response = {0};

	assert_int_equal(send_to(url, &response), code);
	assert_non_null(strstr(err_message(), words));
}

static void an_answer_has_status_headers_and_body(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {0};

	assert_int_equal(fixture_get("/hello", &response), 0);
	assert_int_equal(response.status, 200);
	assert_string_equal(buf_text(&response.body), "hello");
	assert_string_equal(http_header(&response, "CONTENT-length"), "5");
	assert_string_equal(http_header(&response, "Content-Type"), "text/plain");
	assert_null(http_header(&response, "Content"));
	assert_null(http_header(&response, "X-Absent"));
}

static void assert_echo(const char *method, const char *body, const char *expected)
{
	AUTO_TEXT url = fixture_url("/echo");
	AUTO_RESPONSE response = {0};
	const struct http_request request = {.method = method,
		.url = url,
		.body = body,
		.body_size = body ? strlen(body) : 0};

	assert_int_equal(http_send(fixture_client, &request, &response), 0);
	assert_int_equal(response.status, 200);
	assert_string_equal(buf_text(&response.body), expected);
}

static void every_method_arrives_with_its_body(void **state)
{
	(void)state;
	assert_echo(NULL, NULL, "GET ");
	assert_echo("POST", "text", "POST text");
	assert_echo("POST", NULL, "POST ");
	assert_echo("POST", "", "POST ");
	assert_echo("PUT", "text", "PUT text");
	assert_echo("PATCH", "text", "PATCH text");
	assert_echo("DELETE", NULL, "DELETE ");
	assert_echo("DELETE", "text", "DELETE text");
	assert_echo("GET", "text", "GET text");
}

static void a_head_has_headers_alone(void **state)
{
	(void)state;
	AUTO_TEXT url = fixture_url("/length?n=1000");
	AUTO_RESPONSE response = {0};

	assert_int_equal(
		http_send(fixture_client, &(struct http_request){.method = "HEAD", .url = url},
			&response),
		0);
	assert_string_equal(http_header(&response, "Content-Length"), "1000");
	assert_int_equal(response.body.size, 0);
}

static void assert_sent(const char *header, const char *sent, const char *expected)
{
	const char *const headers[] = {sent, NULL};
	AUTO_TEXT path = mem_printf("/header?name=%s", header);
	AUTO_TEXT url = fixture_url(path);
	AUTO_TEXT body = mem_alloc(2 << 20);
	AUTO_RESPONSE response = {0};
	const struct http_request request = {.method = "POST",
		.url = url,
		.headers = sent ? headers : NULL,
		.body = body,
		.body_size = 2 << 20};

	assert_int_equal(http_send(fixture_client, &request, &response), 0);
	assert_string_equal(buf_text(&response.body), expected);
}

static void sends_the_headers_it_is_given_and_no_surprises(void **state)
{
	(void)state;
	assert_sent("X-Own", "X-Own: value", "value");
	assert_sent("Content-Type", NULL, "-");
	assert_sent("Content-Type", "content-type: text/csv", "text/csv");
	assert_sent("Expect", NULL, "-");
	assert_sent("User-Agent", NULL, "Garner/" GARNER_VERSION);
}

struct taken {
	size_t size, calls;
	bool as_expected;
	int result; /* given once this many bytes have come */
	size_t result_at;
};

static int take(void *context, const void *data, size_t size)
{
	struct taken *taken = context;
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++)
		taken->as_expected &= bytes[i] == fixture_byte(taken->size + i);
	taken->size += size;
	taken->calls++;
	return taken->result && taken->size >= taken->result_at ? taken->result : 0;
}

static int get_into(const char *path, struct taken *taken, struct http_response *response)
{
	AUTO_TEXT url = fixture_url(path);
	const struct http_request request = {.url = url, .sink = take, .sink_context = taken};

	taken->as_expected = true;
	return http_send(fixture_client, &request, response);
}

static void a_big_body_flows_into_the_sink(void **state)
{
	(void)state;
	struct taken taken = {0};
	AUTO_RESPONSE response = {0};

	assert_int_equal(get_into("/length?n=20000000", &taken, &response), 0);
	assert_int_equal(taken.size, 20000000);
	assert_true(taken.calls > 1);
	assert_true(taken.as_expected);
	assert_int_equal(response.body.size, 0);
}

static void what_is_no_success_goes_to_the_body_and_not_to_the_sink(void **state)
{
	(void)state;
	static const int codes[] = {301, 404, 429, 503};

	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		struct taken taken = {0};
		AUTO_RESPONSE response = {0};
		AUTO_TEXT path = mem_printf("/status?code=%d", codes[i]);
		AUTO_TEXT text = mem_printf("status %d", codes[i]);
		assert_int_equal(get_into(path, &taken, &response), 0);
		assert_int_equal(response.status, codes[i]);
		assert_int_equal(taken.calls, 0);
		assert_string_equal(buf_text(&response.body), text);
	}
}

static void a_result_of_the_sink_ends_the_transfer_and_comes_back(void **state)
{
	(void)state;
	static const int results[] = {ERR_CORRUPT, 7};

	for (size_t i = 0; i < 2; i++) {
		struct taken taken = {.result = results[i], .result_at = 100000};
		AUTO_RESPONSE response = {0};
		assert_int_equal(get_into("/length?n=20000000", &taken, &response), results[i]);
		assert_true(taken.size < 20000000);
	}
	fixture_assert_get("/hello", 200, "hello");
}

static void a_body_over_its_ceiling_is_an_error_and_at_it_is_none(void **state)
{
	(void)state;
	AUTO_TEXT url = fixture_url("/length?n=1000");
	AUTO_RESPONSE fits = {0};
	AUTO_RESPONSE over = {0};

	assert_int_equal(
		http_send(fixture_client,
			&(struct http_request){.url = url, .body_ceiling = 1000}, &fits),
		0);
	assert_int_equal(fits.body.size, 1000);
	assert_int_equal(
		http_send(fixture_client,
			&(struct http_request){.url = url, .body_ceiling = 999}, &over),
		ERR_LIMIT);
}

static void a_body_that_breaks_off_is_an_error_wherever_it_does(void **state)
{
	(void)state;
	static const char *const paths[] = {"/length?n=1000&cut=0", "/length?n=1000&cut=999",
		"/length?n=5000000&cut=3000000"};

	for (size_t i = 0; i < 3; i++) {
		struct taken taken = {0};
		AUTO_RESPONSE response = {0};
		assert_int_equal(get_into(paths[i], &taken, &response), ERR_NETWORK);
		assert_true(taken.as_expected);
		AUTO_RESPONSE whole = {0};
		assert_int_equal(fixture_get(paths[i], &whole), ERR_NETWORK);
	}
}

static void failures_say_what_to_check(void **state)
{
	(void)state;
	AUTO_TEXT url = fixture_url("/hello");

	http_server_stop(fixture_server);
	fixture_server = NULL;
	assert_fails(url, ERR_NETWORK, "is it running, and is the address right?");
	assert_non_null(strstr(err_message(), "Connection refused"));
	assert_fails("http://does-not-exist.invalid/", ERR_NETWORK, "the name is not known");
}

static void a_failure_does_not_tell_the_secrets_of_the_url(void **state)
{
	(void)state;
	assert_fails("http://user:secret@127.0.0.1:1/secret?token=secret", ERR_NETWORK,
		"http://127.0.0.1:1:");
	assert_null(strstr(err_message(), "secret"));
}

static void what_is_no_web_address_is_invalid(void **state)
{
	(void)state;
	static const char *const urls[] = {"", "hello", "localhost:80/x", "ftp://localhost/x",
		"file:///etc/passwd", "http://", "http://a b/", "http://localhost:99999/"};

	for (size_t i = 0; i < sizeof(urls) / sizeof(*urls); i++)
		assert_fails(urls[i], ERR_INVALID, "is no http or https address");
}

static void redirects_are_shown_and_not_followed(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {0};

	assert_int_equal(fixture_get("/status?code=302", &response), 0);
	assert_int_equal(response.status, 302);
	assert_string_equal(http_header(&response, "Location"), "/hello");
	assert_int_equal(atomic_load(&fixture_calls), 1);
}

static void proxies_of_the_environment_are_for_others_than_loopback(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {0};

	setenv("http_proxy", "http://127.0.0.1:1", 1);
	fixture_assert_get("/hello", 200, "hello");
	AUTO_TEXT port = mem_strdup(strrchr(http_server_url(fixture_server), ':'));
	AUTO_TEXT by_name = mem_printf("http://LocalHost%s/hello", port);
	assert_int_equal(send_to(by_name, &response), 0);
	assert_fails("http://[::1]:1/", ERR_NETWORK, "http://[::1]:1:");
	/* 192.0.2.0/24 leads nowhere: an answer at once can only be the proxy's. */
	assert_fails("http://192.0.2.1/", ERR_NETWORK, "Connection refused");
	unsetenv("http_proxy");
}

static int get_with(const struct http_client_options *options, const char *path)
{
	AUTO_TEXT url = fixture_url(path);
	AUTO_RESPONSE response = {0};
	struct http_client *client;

	assert_int_equal(http_client_new(options, &client), 0);
	int r = http_send(client, &(struct http_request){.url = url}, &response);
	http_client_free(client);
	return r;
}

static void silence_ends_by_a_timeout(void **state)
{
	(void)state;
	const struct http_client_options stall = {.stall_timeout_ms = 1000};
	const struct http_client_options total = {.total_timeout_ms = 300};

	assert_int_equal(get_with(&total, "/slow?ms=1500"), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "no answer in time"));
	assert_int_equal(get_with(&stall, "/slow?ms=3500"), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "no answer in time"));
}

static void *wish_later(void *cancel)
{
	poll(NULL, 0, 300);
	cancel_wish(cancel);
	return NULL;
}

static void a_wish_to_stop_is_heard_within_a_second_or_so(void **state)
{
	(void)state;
	AUTO_TEXT url = fixture_url("/slow?ms=3500");
	struct cancel cancel = {0};
	const struct http_request request = {.url = url, .cancel = &cancel};
	AUTO_RESPONSE response = {0};
	AUTO_RESPONSE none = {0};
	pthread_t thread;
	int64_t start = clock_monotonic_us();

	assert_int_equal(pthread_create(&thread, NULL, wish_later, &cancel), 0);
	assert_int_equal(http_send(fixture_client, &request, &response), ERR_CANCELLED);
	assert_true(clock_monotonic_us() - start < 3000000);
	pthread_join(thread, NULL);
	assert_int_equal(http_send(fixture_client, &request, &none), ERR_CANCELLED);
}

static void *get_much(void *context)
{
	int *result = context;

	for (int i = 0; *result == 0 && i < 40; i++) {
		struct taken taken = {0};
		AUTO_RESPONSE response = {0};
		size_t size = (size_t)(i * 7919 % 50000);
		AUTO_TEXT path = mem_printf("/length?n=%zu", size);
		*result = get_into(path, &taken, &response);
		if (*result == 0 && (taken.size != size || !taken.as_expected))
			*result = ERR_CORRUPT;
	}
	return NULL;
}

static void many_threads_share_one_client(void **state)
{
	(void)state;
	enum { THREADS = 12 };
	pthread_t threads[THREADS];
	int results[THREADS] = {0};

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_much, &results[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(results[i], 0);
	}
	assert_int_equal(atomic_load(&fixture_calls), THREADS * 40);
}

static void assert_retry(const char *value, int64_t now_s, int64_t expected)
{
	AUTO_TEXT path = mem_printf("/retry?after=%s", value);
	AUTO_RESPONSE response = {0};

	assert_int_equal(fixture_get(path, &response), 0);
	assert_int_equal(response.status, 429);
	assert_true(http_retry_after_s(&response, now_s, 5) == expected);
}

static void retry_after_is_read_in_both_its_forms(void **state)
{
	(void)state;
	AUTO_RESPONSE none = {0};

	assert_retry("17", 0, 17);
	assert_retry("0", 0, 0);
	assert_retry("17%20%20", 0, 17);
	assert_retry("99999999", 0, 86400);
	assert_retry("-1", 0, 5);
	assert_retry("soon", 0, 5);
	assert_retry("1.5", 0, 5);
	assert_retry("Fri,+01+Jan+2027+00:01:00+GMT", 1798761600, 60);
	assert_retry("Fri,+01+Jan+2027+00:01:00+GMT", 1798761700, 0);
	assert_true(http_retry_after_s(&none, 0, 5) == 5);
}

static void a_header_ends_without_white_space_also_where_no_line_ends(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {.header_text = buf_init(1000)};

	assert_int_equal(
		buf_append_text(&response.header_text, "Empty: \r\nRetry-After: 17 \t"), 0);
	assert_string_equal(http_header(&response, "Retry-After"), "17");
	assert_string_equal(http_header(&response, "Empty"), "");
	assert_true(http_retry_after_s(&response, 0, 5) == 17);
}

static void a_ca_file_that_is_not_there_is_told_at_once(void **state)
{
	(void)state;
	struct http_client *client;
	const struct http_client_options options = {.ca_file = "/does/not/exist"};

	assert_int_equal(http_client_new(&options, &client), ERR_NOTFOUND);
	assert_null(client);
	http_client_free(NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_start, fixture_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(an_answer_has_status_headers_and_body),
		WITH_SERVER(every_method_arrives_with_its_body),
		WITH_SERVER(a_head_has_headers_alone),
		WITH_SERVER(sends_the_headers_it_is_given_and_no_surprises),
		WITH_SERVER(a_big_body_flows_into_the_sink),
		WITH_SERVER(what_is_no_success_goes_to_the_body_and_not_to_the_sink),
		WITH_SERVER(a_result_of_the_sink_ends_the_transfer_and_comes_back),
		WITH_SERVER(a_body_over_its_ceiling_is_an_error_and_at_it_is_none),
		WITH_SERVER(a_body_that_breaks_off_is_an_error_wherever_it_does),
		WITH_SERVER(failures_say_what_to_check),
		WITH_SERVER(a_failure_does_not_tell_the_secrets_of_the_url),
		WITH_SERVER(what_is_no_web_address_is_invalid),
		WITH_SERVER(redirects_are_shown_and_not_followed),
		WITH_SERVER(proxies_of_the_environment_are_for_others_than_loopback),
		WITH_SERVER(silence_ends_by_a_timeout),
		WITH_SERVER(a_wish_to_stop_is_heard_within_a_second_or_so),
		cmocka_unit_test(a_header_ends_without_white_space_also_where_no_line_ends),
		WITH_SERVER(many_threads_share_one_client),
		WITH_SERVER(retry_after_is_read_in_both_its_forms),
		WITH_SERVER(a_ca_file_that_is_not_there_is_told_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
