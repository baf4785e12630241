/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fixture.h"

#define USERS "GET /v1.0/users?"
#define NO_USERS "{\"value\":[]}"

static int list(struct fixture *fixture)
{
	return source_objects(fixture->source, fixture_object, fixture);
}

static void assert_refused(struct fixture *fixture, const char *code, const char *what_to_do)
{
	assert_int_equal(list(fixture), ERR_AUTH);
	assert_non_null(strstr(err_message(), code));
	assert_non_null(strstr(err_message(), what_to_do));
	assert_string_equal(source_fault()->code, code);
	assert_int_equal(source_fault()->scope, SOURCE_TENANT);
	assert_int_equal(source_fault()->retry, SOURCE_RETRY_NEVER);
	assert_int_equal(fake_count(fixture->fake, "/v1.0/"), 0);
}

static void refuse(struct fixture *fixture, int number)
{
	AUTO_TEXT body =
		mem_printf("{\"error\":\"invalid_client\",\"error_codes\":[%d],"
			   "\"error_description\":\"AADSTS%d: some words\\r\\nTrace\"}",
			number, number);

	fake_says(fixture->fake, TOKEN, 401, body);
}

static void a_token_is_asked_for_once_and_sent_with_each_request(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200, NO_USERS);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, "POST /Contoso.example" TOKEN), 1);
	const char *form = fake_request(fixture->fake, TOKEN, 0);
	assert_non_null(strstr(form, "grant_type=client_credentials"));
	assert_non_null(strstr(form, "client_id=11111111-2222-3333-4444-555555555555"));
	assert_non_null(strstr(form, "client_secret=s3cret%26%3D%2B"));
	assert_non_null(strstr(form, "%2F.default"));
	for (int i = 0; i < 2; i++) {
		const char *request = fake_request(fixture->fake, USERS, i);
		assert_non_null(strstr(request, "Authorization: Bearer t0ken\n"));
		assert_non_null(strstr(request, "IdType=\"ImmutableId\""));
		assert_non_null(strstr(request, "odata.maxpagesize=500"));
		assert_non_null(strstr(request, "client-request-id: "));
		assert_non_null(strstr(request, "User-Agent: NONISV|Garner|Garner/"));
	}
	assert_int_equal(
		fixture->usage.requests, 5); /* users and groups, twice, and the token */
}

static void a_token_is_renewed_at_four_fifths_of_its_life(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200, NO_USERS);
	assert_int_equal(list(fixture), 0);
	fake_clock_pass_s(3599 * 79 / 100);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, TOKEN), 1);
	fake_clock_pass_s(3599 * 2 / 100);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, TOKEN), 2);
}

static void a_refused_token_is_renewed_once(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 401,
		"{\"error\":{\"code\":\"InvalidAuthenticationToken\"}}");
	fake_says(fixture->fake, USERS, 200, NO_USERS);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, TOKEN), 2);
}

static void a_token_that_stays_refused_is_an_error_for_the_whole_tenant(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 401,
		"{\"error\":{\"code\":\"InvalidAuthenticationToken\"}}");
	assert_int_equal(list(fixture), ERR_AUTH);
	assert_int_equal(source_fault()->scope, SOURCE_TENANT);
	assert_string_equal(source_fault()->code, "InvalidAuthenticationToken");
	assert_int_equal(fake_count(fixture->fake, TOKEN), 2);
	assert_int_equal(fake_count(fixture->fake, USERS), 2);
}

static void a_wrong_secret_is_told_with_what_to_do(void **state)
{
	refuse(*state, 7000215);
	assert_refused(
		*state, "AADSTS7000215", "the secret's id was given in place of its value");
}

static void an_expired_secret_is_told_with_what_to_do(void **state)
{
	refuse(*state, 7000222);
	assert_refused(*state, "AADSTS7000222", "expired; make a new one");
}

static void an_unknown_app_is_told_with_what_to_do(void **state)
{
	refuse(*state, 700016);
	assert_refused(*state, "AADSTS700016", "no app with this client id in this tenant");
}

static void a_disabled_app_is_told_with_what_to_do(void **state)
{
	refuse(*state, 7000112);
	assert_refused(*state, "AADSTS7000112", "enable it under Enterprise applications");
}

static void an_unknown_tenant_is_told_with_what_to_do(void **state)
{
	refuse(*state, 90002);
	assert_refused(*state, "AADSTS90002", "compare the tenant id");
}

static void a_malformed_tenant_is_told_with_what_to_do(void **state)
{
	refuse(*state, 900023);
	assert_refused(*state, "AADSTS900023", "copy it from the overview");
}

static void a_code_that_is_not_known_is_told_in_microsofts_first_line(void **state)
{
	refuse(*state, 123456);
	assert_refused(*state, "AADSTS123456", "AADSTS123456: some words");
	assert_null(strstr(err_message(), "Trace"));
}

static void a_code_is_found_in_the_description_too(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOKEN, 400,
		"{\"error\":\"invalid_request\",\"error_description\":\"AADSTS90002: "
		"Tenant\"}");
	assert_refused(fixture, "AADSTS90002", "no such tenant");
}

static void an_authority_that_is_none_is_no_refusal(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOKEN, 404, "<html>not here</html>");
	assert_int_equal(list(fixture), ERR_PROTOCOL);
	assert_non_null(strstr(err_message(), "is this the right authority?"));
}

static void a_token_with_a_line_end_is_not_sent_on(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOKEN, 200,
		"{\"expires_in\":3599,\"access_token\":\"a\\r\\nX-Evil: b\"}");
	assert_int_equal(list(fixture), ERR_PROTOCOL);
}

static void sign_in_is_tried_again_while_the_authority_is_in_trouble(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOKEN, 503, "");
	fake_says(fixture->fake, TOKEN, 200, GOOD_TOKEN);
	fake_says(fixture->fake, USERS, 200, NO_USERS);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, TOKEN), 2);
}

static void a_wrong_address_is_told_within_ten_seconds(void **state)
{
	(void)state;
	struct graph_options options = {.tenant_id = "t",
		.client_id = "c",
		.client_secret = "s",
		.authority = "http://127.0.0.1:9",
		.graph = "http://127.0.0.1:9"};
	struct source *source;

	fake_clock_begin();
	assert_int_equal(graph_source_new(&options, &source), 0);
	assert_int_equal(source_objects(source, fixture_object, NULL), ERR_NETWORK);
	assert_int_equal(source_fault()->scope, SOURCE_TENANT);
	assert_string_equal(source_fault()->code, "network");
	assert_true(fake_clock_waited_ms() < 5000);
	source_close(source);
}

static void options_without_a_secret_or_over_plain_http_are_refused(void **state)
{
	(void)state;
	struct graph_options options = {.tenant_id = "t", .client_id = "c"};
	struct source *source;

	assert_int_equal(graph_source_new(&options, &source), ERR_INVALID);
	assert_non_null(strstr(err_message(), "client secret"));
	options.client_secret = "s";
	options.authority = "http://login.example";
	assert_int_equal(graph_source_new(&options, &source), ERR_INVALID);
	options.authority = NULL;
	options.graph = "http://127.0.0.1.evil.example";
	assert_int_equal(graph_source_new(&options, &source), ERR_INVALID);
	assert_null(source);
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
#define WITHOUT_TOKEN(test)                                                                    \
	cmocka_unit_test_setup_teardown(test, fixture_begin_without_token, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(a_token_is_asked_for_once_and_sent_with_each_request),
		WITH_TOKEN(a_token_is_renewed_at_four_fifths_of_its_life),
		WITH_TOKEN(a_refused_token_is_renewed_once),
		WITH_TOKEN(a_token_that_stays_refused_is_an_error_for_the_whole_tenant),
		WITHOUT_TOKEN(a_wrong_secret_is_told_with_what_to_do),
		WITHOUT_TOKEN(an_expired_secret_is_told_with_what_to_do),
		WITHOUT_TOKEN(an_unknown_app_is_told_with_what_to_do),
		WITHOUT_TOKEN(a_disabled_app_is_told_with_what_to_do),
		WITHOUT_TOKEN(an_unknown_tenant_is_told_with_what_to_do),
		WITHOUT_TOKEN(a_malformed_tenant_is_told_with_what_to_do),
		WITHOUT_TOKEN(a_code_that_is_not_known_is_told_in_microsofts_first_line),
		WITHOUT_TOKEN(a_code_is_found_in_the_description_too),
		WITHOUT_TOKEN(an_authority_that_is_none_is_no_refusal),
		WITHOUT_TOKEN(a_token_with_a_line_end_is_not_sent_on),
		WITHOUT_TOKEN(sign_in_is_tried_again_while_the_authority_is_in_trouble),
		cmocka_unit_test(a_wrong_address_is_told_within_ten_seconds),
		cmocka_unit_test(options_without_a_secret_or_over_plain_http_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
