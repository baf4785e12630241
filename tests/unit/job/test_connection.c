/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "job/connection.h"

/* Adds one with settings in pairs, ended by NULL. */
static int add(const struct fixture *fixture, const struct connection_new *what,
	const char *const *settings)
{
	AUTO_JSON json = json_new_object();
	struct connection_new connection = *what;

	for (; *settings; settings += 2)
		json_put_text(json, settings[0], settings[1]);
	connection.settings = json;
	return connection_add(fixture->installation, &connection);
}

static int add_m365(const struct fixture *fixture, const char *name, const char *secret)
{
	static const char *const settings[] = {
		"tenant", "t-1", "client_id", "c-1", "graph", "https://127.0.0.1:1", NULL};

	return add(fixture,
		&(struct connection_new){.name = name, .kind = "m365", .secret = secret},
		settings);
}

static int add_folder(const struct fixture *fixture, const char *name)
{
	const char *const settings[] = {"path", fixture->source, NULL};

	return add(fixture, &(struct connection_new){.name = name, .kind = "folder"}, settings);
}

static void what_was_added_is_listed_by_name_and_without_secrets(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON list = NULL;

	assert_int_equal(add_m365(fixture, "office", "hush"), 0);
	assert_int_equal(add_folder(fixture, "docs"), 0);
	assert_int_equal(connection_list(fixture->installation, &list), 0);
	AUTO_TEXT text = json_text(list, false);
	AUTO_TEXT expected = mem_printf(
		"{\"connections\":[{\"path\":\"%s\",\"name\":\"docs\",\"kind\":\"folder\"},"
		"{\"tenant\":\"t-1\",\"client_id\":\"c-1\","
		"\"graph\":\"https:\\/\\/127.0.0.1:1\","
		"\"name\":\"office\",\"kind\":\"m365\"}]}",
		fixture->source);
	assert_null(strstr(text, "hush"));
	AUTO_JSON wanted = NULL;
	assert_int_equal(json_parse(expected, strlen(expected), &wanted), 0);
	AUTO_TEXT wanted_text = json_text(wanted, false);
	assert_string_equal(text, wanted_text);
}

static void secrets_lie_sealed_in_the_state_folder(void **state)
{
	const struct fixture *fixture = *state;
	static const char *const files[] = {"garner.db", "garner.db-wal"};

	assert_int_equal(add_m365(fixture, "office", "hush-hush-hush"), 0);
	for (size_t i = 0; i < 2; i++) {
		AUTO_TEXT path = io_join(fixture->state, files[i]);
		AUTO_BUF bytes = buf_init(16 << 20);
		assert_int_equal(io_read_file(path, &bytes), 0);
		assert_null(memmem(bytes.data, bytes.size, "hush-hush-hush", 14));
	}
}

static void a_name_is_taken_once(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(add_folder(fixture, "docs"), 0);
	assert_int_equal(add_folder(fixture, "docs"), ERR_EXISTS);
	assert_non_null(strstr(err_message(), "choose another name"));
	assert_int_equal(add_m365(fixture, "docs", "hush"), ERR_EXISTS);
	assert_int_equal(add_folder(fixture, "a:b"), ERR_INVALID);
}

static void what_a_kind_needs_is_asked_for(void **state)
{
	const struct fixture *fixture = *state;
	static const struct {
		const char *kind, *secret, *settings[7];
		int error;
		const char *words;
	} cases[] = {
		{"m365", "s", {"client_id", "c"}, ERR_INVALID, "--tenant"},
		{"m365", "s", {"tenant", "", "client_id", "c"}, ERR_INVALID, "--tenant"},
		{"m365", "s", {"tenant", "t"}, ERR_INVALID, "--client-id"},
		{"m365", NULL, {"tenant", "t", "client_id", "c"}, ERR_INVALID, "--secret-file"},
		{"m365", "", {"tenant", "t", "client_id", "c"}, ERR_INVALID, "--secret-file"},
		{"m365", "s", {"tenant", "t", "client_id", "c", "graph", "http://x"},
			ERR_INVALID, "--graph http://x"},
		{"m365", "s", {"tenant", "t", "client_id", "c", "authority", "x"}, ERR_INVALID,
			"--authority x"},
		{"m365", "s", {"tenant", "t", "client_id", "c", "ca_file", "/not/there"},
			ERR_NOTFOUND, "--ca /not/there"},
		{"folder", NULL, {NULL}, ERR_INVALID, "--path"},
		{"folder", NULL, {"path", ""}, ERR_INVALID, "--path"},
		{"folder", NULL, {"path", "/not/there"}, ERR_NOTFOUND, "/not/there"},
		{"folder", NULL, {"path", "/etc/passwd"}, ERR_NOTFOUND, "/etc/passwd"},
		{"gopher", NULL, {NULL}, ERR_INVALID, "m365 and folder"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct connection_new connection = {
			.name = "x", .kind = cases[i].kind, .secret = cases[i].secret};
		assert_int_equal(add(fixture, &connection, cases[i].settings), cases[i].error);
		assert_non_null(strstr(err_message(), cases[i].words));
	}
}

static void only_microsoft_needs_a_license(void **state)
{
	const struct fixture *fixture = *state;
	bool needs;

	assert_int_equal(add_m365(fixture, "office", "hush"), 0);
	assert_int_equal(add_folder(fixture, "docs"), 0);
	assert_int_equal(connection_needs_license(fixture->installation, "office", &needs), 0);
	assert_true(needs);
	assert_int_equal(connection_needs_license(fixture->installation, "docs", &needs), 0);
	assert_false(needs);
	assert_int_equal(
		connection_needs_license(fixture->installation, "none", &needs), ERR_NOTFOUND);
}

static int open_source(const struct fixture *fixture, const char *name)
{
	struct source *source = NULL;
	int r = connection_source(
		fixture->installation, name, &(struct connection_open){0}, &source);

	assert_true((source != NULL) == (r == 0));
	source_close(source);
	return r;
}

static void the_source_behind_a_connection_opens_or_says_why_not(void **state)
{
	const struct fixture *fixture = *state;

	assert_int_equal(add_m365(fixture, "office", "hush"), 0);
	assert_int_equal(add_folder(fixture, "docs"), 0);
	assert_int_equal(open_source(fixture, "office"), 0);
	assert_int_equal(open_source(fixture, "docs"), 0);
	assert_int_equal(open_source(fixture, "none"), ERR_NOTFOUND);
	assert_int_equal(remove(fixture->source), 0);
	assert_int_equal(open_source(fixture, "docs"), ERR_NOTFOUND);
	assert_non_null(strstr(err_message(), "connection docs"));
}

static void a_connection_in_use_stays_and_the_jobs_are_named(void **state)
{
	const struct fixture *fixture = *state;

	fixture_add_job(fixture, "all");
	assert_int_equal(connection_remove(fixture->installation, "docs"), ERR_INVALID);
	assert_non_null(strstr(err_message(), "nightly"));
	assert_int_equal(job_remove(fixture->installation, "nightly"), 0);
	assert_int_equal(connection_remove(fixture->installation, "docs"), 0);
	assert_int_equal(connection_remove(fixture->installation, "docs"), ERR_NOTFOUND);
}

#define EMPTY(test) cmocka_unit_test_setup_teardown(test, fixture_setup_empty, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EMPTY(what_was_added_is_listed_by_name_and_without_secrets),
		EMPTY(secrets_lie_sealed_in_the_state_folder),
		EMPTY(a_name_is_taken_once),
		EMPTY(what_a_kind_needs_is_asked_for),
		EMPTY(only_microsoft_needs_a_license),
		EMPTY(the_source_behind_a_connection_opens_or_says_why_not),
		cmocka_unit_test_setup_teardown(
			a_connection_in_use_stays_and_the_jobs_are_named, fixture_setup,
			fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
