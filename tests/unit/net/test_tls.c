/* SPDX-License-Identifier: Apache-2.0 */
/* Client and server over TLS, with the certificates that crypto/cert.h makes. */
#include "../cmocka_all.h"

#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/cert.h"
#include "fixture.h"

static char *authority, *certificate, *key;

static int start(void **state)
{
	int r = fixture_make_folder(state);

	atomic_store(&fixture_calls, 0);

	authority = io_join(fixture_folder, "ca.pem");
	certificate = io_join(fixture_folder, "server.pem");
	key = io_join(fixture_folder, "server.key");
	const struct http_server_options server = {.listen = "127.0.0.1:0",
		.certificate_file = certificate,
		.key_file = key,
		.handler = fixture_answer};
	const struct http_client_options client = {.ca_file = authority};
	if (r == 0)
		r = cert_make_loopback(fixture_folder);
	if (r == 0)
		r = http_server_start(&server, &fixture_server);
	if (r == 0)
		r = http_client_new(&client, &fixture_client);
	return r;
}

static int stop(void **state)
{
	mem_free(authority);
	mem_free(certificate);
	mem_free(key);
	return fixture_stop(state);
}

static void calls_go_through_tls(void **state)
{
	(void)state;
	assert_non_null(strstr(http_server_url(fixture_server), "https://127.0.0.1:"));
	fixture_assert_get("/hello", 200, "hello");
	fixture_assert_get("/status?code=404", 404, "status 404");
	AUTO_TEXT by_name = mem_printf(
		"https://localhost%s/hello", strrchr(http_server_url(fixture_server), ':'));
	AUTO_RESPONSE response = {0};
	assert_int_equal(
		http_send(fixture_client, &(struct http_request){.url = by_name}, &response),
		0);
	assert_string_equal(buf_text(&response.body), "hello");
}

static void a_big_body_comes_whole(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {0};
	bool as_expected = true;

	assert_int_equal(fixture_get("/length?n=5000000", &response), 0);
	assert_int_equal(response.body.size, 5000000);
	for (size_t i = 0; i < response.body.size; i++)
		as_expected &= response.body.data[i] == fixture_byte(i);
	assert_true(as_expected);
}

static void a_body_that_breaks_off_is_an_error(void **state)
{
	(void)state;
	AUTO_RESPONSE response = {0};

	assert_int_equal(fixture_get("/length?n=5000&cut=100", &response), ERR_NETWORK);
}

static int get_trusting(const char *ca_file)
{
	const struct http_client_options options = {.ca_file = ca_file};
	AUTO_TEXT url = fixture_url("/hello");
	AUTO_RESPONSE response = {0};
	struct http_client *client;

	assert_int_equal(http_client_new(&options, &client), 0);
	int r = http_send(client, &(struct http_request){.url = url}, &response);
	http_client_free(client);
	return r;
}

static void a_certificate_of_an_unknown_authority_is_refused(void **state)
{
	(void)state;
	AUTO_TEXT broken = io_join(fixture_folder, "broken.pem");

	assert_int_equal(get_trusting(NULL), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "not trusted; name its authority with --ca"));
	assert_int_equal(io_write_file(broken, "no PEM", 6, 0600), 0);
	assert_int_equal(get_trusting(broken), ERR_NETWORK);
	assert_non_null(strstr(err_message(), "is it PEM?"));
	assert_int_equal(get_trusting(authority), 0);
	assert_int_equal(atomic_load(&fixture_calls), 1);
}

static void plain_http_to_a_tls_port_fails(void **state)
{
	(void)state;
	AUTO_TEXT url = mem_printf("http%s/hello", http_server_url(fixture_server) + 5);
	AUTO_RESPONSE response = {0};

	assert_int_equal(
		http_send(fixture_client, &(struct http_request){.url = url}, &response),
		ERR_NETWORK);
}

static int start_with(const char *certificate_file, const char *key_file)
{
	const struct http_server_options options = {.listen = "127.0.0.1:0",
		.certificate_file = certificate_file,
		.key_file = key_file,
		.handler = fixture_answer};
	struct http_server *server;
	int r = http_server_start(&options, &server);

	assert_true((server != NULL) == (r == 0));
	http_server_stop(server);
	return r;
}

/* A failed start gives back what it took, once: another file must not be closed with it. */
static void a_certificate_that_cannot_be_used_is_told_at_the_start(void **state)
{
	(void)state;
	AUTO_TEXT broken = io_join(fixture_folder, "broken.pem");
	int before = dup(STDOUT_FILENO);

	close(before);
	assert_int_equal(io_write_file(broken, "no PEM", 6, 0600), 0);
	assert_int_equal(start_with("/does/not/exist", key), ERR_NOTFOUND);
	assert_int_equal(start_with(certificate, "/does/not/exist"), ERR_NOTFOUND);
	assert_int_equal(start_with(broken, key), ERR_IO);
	assert_non_null(strstr(err_message(), "certificate"));
	assert_int_equal(start_with(certificate, broken), ERR_IO);
	assert_int_equal(start_with(certificate, key), 0);
	int after = dup(STDOUT_FILENO);
	close(after);
	assert_int_equal(after, before);
	fixture_assert_get("/hello", 200, "hello");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(calls_go_through_tls, start, stop),
		cmocka_unit_test_setup_teardown(a_big_body_comes_whole, start, stop),
		cmocka_unit_test_setup_teardown(
			a_body_that_breaks_off_is_an_error, start, stop),
		cmocka_unit_test_setup_teardown(
			a_certificate_of_an_unknown_authority_is_refused, start, stop),
		cmocka_unit_test_setup_teardown(plain_http_to_a_tls_port_fails, start, stop),
		cmocka_unit_test_setup_teardown(
			a_certificate_that_cannot_be_used_is_told_at_the_start, start, stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
