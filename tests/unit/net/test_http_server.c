/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "fixture.h"

#define GET_HELLO "GET /hello HTTP/1.1\r\nHost: test\r\n\r\n"

static void one_connection_serves_many_calls(void **state)
{
	(void)state;
	int fd = fixture_connect();

	for (int i = 0; i < 3; i++) {
		fixture_send(fd, GET_HELLO);
		AUTO_TEXT answer = fixture_receive(fd, "\r\n\r\nhello");
		assert_non_null(strstr(answer, "HTTP/1.1 200 "));
	}
	close(fd);
}

static void pipelined_calls_are_answered_in_their_order(void **state)
{
	(void)state;
	int fd = fixture_connect();

	fixture_send(fd, "GET /slow?ms=100 HTTP/1.1\r\nHost: test\r\n\r\n" GET_HELLO);
	AUTO_TEXT answer = fixture_receive(fd, "\r\n\r\nhello");
	assert_true(strstr(answer, "\r\n\r\nslow") < strstr(answer, "\r\n\r\nhello"));
	close(fd);
}

static void a_head_is_answered_with_the_length_alone(void **state)
{
	(void)state;
	int fd = fixture_connect();

	fixture_send(fd, "HEAD /hello HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n");
	AUTO_TEXT answer = fixture_receive(fd, NULL);
	assert_non_null(strstr(answer, "Content-Length: 5\r\n"));
	assert_null(strstr(answer, "hello"));
	close(fd);
}

static int post_size(size_t size, struct http_response *response)
{
	AUTO_TEXT url = fixture_url("/echo");
	AUTO_TEXT body = mem_alloc(size + 1);

	memset(body, 'x', size);
	return http_send(fixture_client,
		&(struct http_request){
			.method = "POST", .url = url, .body = body, .body_size = size},
		response);
}

static void a_body_at_the_ceiling_is_taken_and_one_byte_more_is_413(void **state)
{
	(void)state;
	AUTO_RESPONSE fits = {0};
	AUTO_RESPONSE over = {0};
	AUTO_RESPONSE far_over = {0};

	assert_int_equal(post_size(FIXTURE_CEILING, &fits), 0);
	assert_int_equal(fits.status, 200);
	assert_int_equal(fits.body.size, FIXTURE_CEILING + strlen("POST "));
	assert_int_equal(post_size(FIXTURE_CEILING + 1, &over), 0);
	assert_int_equal(over.status, 413);
	assert_int_equal(post_size(8 * FIXTURE_CEILING, &far_over), 0);
	assert_int_equal(far_over.status, 413);
	assert_int_equal(atomic_load(&fixture_calls), 1);
}

static void a_body_of_unknown_length_is_bounded_too(void **state)
{
	(void)state;
	enum { CHUNK = 0x10000 };
	AUTO_TEXT chunk = mem_alloc(CHUNK + 20);
	int fd = fixture_connect();

	memcpy(chunk, "10000\r\n", 7);
	memset(chunk + 7, 'x', CHUNK);
	memcpy(chunk + 7 + CHUNK, "\r\n", 3);
	fixture_send(fd, "POST /echo HTTP/1.1\r\nHost: test\r\n"
			 "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n");
	for (size_t sent = 0; sent <= FIXTURE_CEILING; sent += CHUNK)
		fixture_send(fd, chunk);
	fixture_send(fd, "0\r\n\r\n");
	AUTO_TEXT answer = fixture_receive(fd, NULL);
	assert_non_null(strstr(answer, "HTTP/1.1 413 "));
	close(fd);
}

static void who_asks_before_sending_is_refused_at_once(void **state)
{
	(void)state;
	int fd = fixture_connect();

	fixture_send(fd, "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 99999999\r\n"
			 "Expect: 100-continue\r\n\r\n");
	AUTO_TEXT answer = fixture_receive(fd, "\r\n\r\n");
	assert_non_null(strstr(answer, "HTTP/1.1 413 "));
	close(fd);
	fd = fixture_connect();
	fixture_send(fd, "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 4\r\n"
			 "Expect: 100-continue\r\n\r\n");
	AUTO_TEXT go_on = fixture_receive(fd, "100 Continue\r\n\r\n");
	assert_non_null(strstr(go_on, "HTTP/1.1 100 "));
	fixture_send(fd, "body");
	AUTO_TEXT echo = fixture_receive(fd, "POST body");
	assert_non_null(strstr(echo, "HTTP/1.1 200 "));
	close(fd);
}

static void what_is_no_address_is_refused(void **state)
{
	(void)state;
	static const char *const addresses[] = {"", "8080", "127.0.0.1",
		"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:http", "::1:0",
		"[::1]", "[::1:0", "localhost:0", "256.0.0.1:0", "[]:0", ":::0"};

	for (size_t i = 0; i < sizeof(addresses) / sizeof(*addresses); i++) {
		struct http_server *server;
		const struct http_server_options options = {
			.listen = addresses[i], .handler = fixture_answer};
		assert_int_equal(http_server_start(&options, &server), ERR_INVALID);
		assert_null(server);
		assert_non_null(strstr(err_message(), "ADDRESS:PORT"));
	}
}

static void an_address_that_is_taken_is_told(void **state)
{
	(void)state;
	struct http_server *server;
	const struct http_server_options options = {
		.listen = http_server_url(fixture_server) + strlen("http://"),
		.handler = fixture_answer};

	assert_int_equal(http_server_start(&options, &server), ERR_IO);
	assert_null(server);
	assert_non_null(strstr(err_message(), "another program"));
	fixture_assert_get("/hello", 200, "hello");
}

/* Puts a server in the place of the fixture's. */
static void serve(const struct http_server_options *options)
{
	http_server_stop(STEAL(fixture_server));
	assert_int_equal(http_server_start(options, &fixture_server), 0);
}

static void any_address_is_shown_as_one_that_can_be_reached(void **state)
{
	(void)state;
	serve(&(struct http_server_options){.listen = "0.0.0.0:0", .handler = fixture_answer});
	assert_non_null(strstr(http_server_url(fixture_server), "http://127.0.0.1:"));
	fixture_assert_get("/hello", 200, "hello");
}

static void speaks_ipv6(void **state)
{
	(void)state;
	serve(&(struct http_server_options){.listen = "[::1]:0", .handler = fixture_answer});
	assert_non_null(strstr(http_server_url(fixture_server), "http://[::1]:"));
	fixture_assert_get("/hello", 200, "hello");
}

static void a_unix_socket_is_for_its_owner_and_goes_with_the_server(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(fixture_folder, "socket");
	const struct http_client_options through = {.socket_path = path};
	AUTO_RESPONSE response = {0};
	struct http_client *client;
	struct stat status;

	serve(&(struct http_server_options){.socket_path = path, .handler = fixture_answer});
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(http_client_new(&through, &client), 0);
	assert_int_equal(
		http_send(client, &(struct http_request){.url = "http://localhost/hello"},
			&response),
		0);
	assert_string_equal(buf_text(&response.body), "hello");
	http_client_free(client);
	http_server_stop(STEAL(fixture_server));
	assert_false(io_exists(path));
}

static void a_socket_that_a_killed_server_left_is_replaced_and_a_file_is_not(void **state)
{
	(void)state;
	AUTO_TEXT path = io_join(fixture_folder, "socket");
	AUTO_TEXT kept = io_join(fixture_folder, "kept");
	const struct http_server_options options = {
		.socket_path = path, .handler = fixture_answer};
	struct http_server *none;

	serve(&options);
	assert_int_equal(rename(path, kept), 0);
	http_server_stop(STEAL(fixture_server));
	assert_int_equal(rename(kept, path), 0);
	serve(&options);
	http_server_stop(STEAL(fixture_server));
	assert_int_equal(io_write_file(path, "mine", 4, 0600), 0);
	assert_int_equal(http_server_start(&options, &none), ERR_IO);
	assert_null(none);
	assert_true(io_exists(path));
}

static void a_path_that_is_too_long_for_a_socket_is_told(void **state)
{
	(void)state;
	AUTO_TEXT name = mem_alloc(201);
	struct http_server *none;

	memset(name, 'x', 200);
	AUTO_TEXT path = io_join(fixture_folder, name);
	const struct http_server_options options = {
		.socket_path = path, .handler = fixture_answer};
	assert_int_equal(http_server_start(&options, &none), ERR_INVALID);
	assert_non_null(strstr(err_message(), "too long"));
}

static void *get_slow(void *context)
{
	int *status = context;
	AUTO_RESPONSE response = {0};

	*status = fixture_get("/slow?ms=600", &response);
	if (*status == 0)
		*status = response.status;
	return NULL;
}

/* Starts calls and returns once the handler has begun with `begun` of them. */
static void start_slow(pthread_t *threads, int *status, int count, int begun)
{
	for (int i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_slow, &status[i]), 0);
	for (int i = 0; i < 1000 && atomic_load(&fixture_calls) < begun; i++)
		poll(NULL, 0, 5);
	assert_true(atomic_load(&fixture_calls) >= begun);
}

static void calls_that_are_being_answered_at_the_end_are_answered(void **state)
{
	(void)state;
	enum { CALLS = 4 };
	pthread_t threads[CALLS];
	static int status[CALLS]; /* outlives a failure, as the threads do */

	start_slow(threads, status, CALLS, CALLS);
	http_server_stop(STEAL(fixture_server));
	for (int i = 0; i < CALLS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(status[i], 200);
	}
}

static void a_slow_handler_holds_up_nobody_else(void **state)
{
	(void)state;
	pthread_t threads[3];
	static int status[3];

	start_slow(threads, status, 3, 3); /* of four workers */
	int64_t start = clock_monotonic_us();
	fixture_assert_get("/hello", 200, "hello");
	assert_true(clock_monotonic_us() - start < 500000);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
}

static void idle_and_half_sent_connections_do_not_keep_the_server_from_ending(void **state)
{
	(void)state;
	static const char *const begun[] = {"", "GET", "GET /hello HTTP/1.1\r\nHos",
		"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf"};
	int fds[4];

	for (int i = 0; i < 4; i++) {
		fds[i] = fixture_connect();
		if (*begun[i])
			fixture_send(fds[i], begun[i]);
	}
	fixture_assert_get("/hello", 200, "hello");
	int64_t start = clock_monotonic_us();
	http_server_stop(STEAL(fixture_server));
	assert_true(clock_monotonic_us() - start < 2500000);
	for (int i = 0; i < 4; i++)
		close(fds[i]);
}

static void clients_that_go_at_any_moment_do_no_harm(void **state)
{
	(void)state;
	static const char *const begun[] = {"GET /hel", "GET /hello HTTP/1.1\r\nHost: t",
		"POST /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 10\r\n\r\nhalf",
		"GET /slow?ms=50 HTTP/1.1\r\nHost: test\r\n\r\n",
		"GET /length?n=3000000 HTTP/1.1\r\nHost: test\r\n\r\n", "\1\2\3\r\n\r\n",
		"GET / HTTP/9.9\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: t\r\nContent-Length: x\r\n\r\n"};

	for (int round = 0; round < 5; round++) {
		for (size_t i = 0; i < sizeof(begun) / sizeof(*begun); i++) {
			int fd = fixture_connect();
			fixture_send(fd, begun[i]);
			poll(NULL, 0, round);
			close(fd);
		}
	}
	fixture_assert_get("/hello", 200, "hello");
}

static void starts_and_stops_again_and_again(void **state)
{
	(void)state;
	for (int i = 0; i < 20; i++) {
		serve(&(struct http_server_options){
			.listen = "127.0.0.1:0", .handler = fixture_answer, .workers = 2});
		fixture_assert_get("/hello", 200, "hello");
	}
	http_server_stop(NULL);
}

#define WITH_SERVER(test) cmocka_unit_test_setup_teardown(test, fixture_start, fixture_stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_SERVER(one_connection_serves_many_calls),
		WITH_SERVER(pipelined_calls_are_answered_in_their_order),
		WITH_SERVER(a_head_is_answered_with_the_length_alone),
		WITH_SERVER(a_body_at_the_ceiling_is_taken_and_one_byte_more_is_413),
		WITH_SERVER(a_body_of_unknown_length_is_bounded_too),
		WITH_SERVER(who_asks_before_sending_is_refused_at_once),
		WITH_SERVER(what_is_no_address_is_refused),
		WITH_SERVER(an_address_that_is_taken_is_told),
		WITH_SERVER(any_address_is_shown_as_one_that_can_be_reached),
		WITH_SERVER(speaks_ipv6),
		WITH_SERVER(a_unix_socket_is_for_its_owner_and_goes_with_the_server),
		WITH_SERVER(a_socket_that_a_killed_server_left_is_replaced_and_a_file_is_not),
		WITH_SERVER(a_path_that_is_too_long_for_a_socket_is_told),
		WITH_SERVER(calls_that_are_being_answered_at_the_end_are_answered),
		WITH_SERVER(a_slow_handler_holds_up_nobody_else),
		WITH_SERVER(idle_and_half_sent_connections_do_not_keep_the_server_from_ending),
		WITH_SERVER(clients_that_go_at_any_moment_do_no_harm),
		WITH_SERVER(starts_and_stops_again_and_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
