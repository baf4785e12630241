/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "sandbox/published.h"

static int set_up(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	scratch_write("ca.pem", "the authority");
	return setenv("HOME", scratch, 1);
}

static void it_lies_there_while_the_sandbox_runs(void **state)
{
	(void)state;
	AUTO_TEXT ca = io_join(scratch, "ca.pem");
	AUTO_TEXT path = published_path("https://127.0.0.1:4711");
	AUTO_BUF copy = buf_init(100);
	struct published *published;

	assert_int_equal(published_leave("https://127.0.0.1:4711", ca, &published), 0);
	assert_int_equal(io_read_file(path, &copy), 0);
	assert_string_equal(buf_text(&copy), "the authority");
	published_take_away(published);
	assert_false(io_exists(path));
}

static void what_a_killed_one_left_is_taken_away_and_the_living_stay(void **state)
{
	(void)state;
	AUTO_TEXT ca = io_join(scratch, "ca.pem");
	AUTO_TEXT dead = published_path("https://127.0.0.1:1");
	AUTO_TEXT alive = published_path("https://127.0.0.1:2");
	struct published *one, *two;

	assert_int_equal(published_leave("https://127.0.0.1:2", ca, &one), 0);
	scratch_write(".cache/garner-tenant/1.pem", "old");
	assert_int_equal(published_leave("https://127.0.0.1:3", ca, &two), 0);
	assert_false(io_exists(dead));
	assert_true(io_exists(alive));
	published_take_away(one);
	published_take_away(two);
}

static void a_url_without_a_port_has_no_place(void **state)
{
	(void)state;
	struct published *published;

	assert_null(published_path("https://host"));
	assert_null(published_path("nothing"));
	assert_null(published_path("https://host:99999"));
	assert_int_equal(published_leave("https://host", "/x", &published), ERR_INVALID);
	assert_null(published);
	published_take_away(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			it_lies_there_while_the_sandbox_runs, set_up, scratch_remove),
		cmocka_unit_test_setup_teardown(
			what_a_killed_one_left_is_taken_away_and_the_living_stay, set_up,
			scratch_remove),
		cmocka_unit_test_setup_teardown(
			a_url_without_a_port_has_no_place, set_up, scratch_remove),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
