/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "fixture.h"

#define TOP "/u1/mailFolders?"
#define EMPTY "{\"value\":[]}"
#define BUSY "{\"error\":{\"code\":\"ApplicationThrottled\"}}"

static int list(struct fixture *fixture)
{
	return source_folders(fixture->source, &fixture_ada, fixture_folder, fixture);
}

static void throttle(struct fixture *fixture, int status, const char *header)
{
	fake_answer(fixture->fake, TOP,
		&(struct fake_answer){.status = status, .body = BUSY, .header = header});
}

static void a_wait_that_is_asked_for_is_kept_and_counted(void **state)
{
	struct fixture *fixture = *state;

	throttle(fixture, 429, "Retry-After: 17");
	throttle(fixture, 503, "Retry-After: 4");
	fake_says(fixture->fake, TOP, 200, EMPTY);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_clock_waited_ms(), 21000);
	assert_int_equal(fixture->usage.throttled_ms, 21000);
	assert_int_equal(fixture->usage.requests, 4);
}

static void a_wait_may_be_asked_for_by_a_date(void **state)
{
	struct fixture *fixture = *state;
	char date[TIMESTAMP_SIZE];

	timestamp_format_http(clock_now_s() + 30, date);
	AUTO_TEXT header = mem_printf("Retry-After: %s", date);
	throttle(fixture, 429, header);
	fake_says(fixture->fake, TOP, 200, EMPTY);
	assert_int_equal(list(fixture), 0);
	assert_in_range(fake_clock_waited_ms(), 25000, 30000);
}

static void throttling_without_a_time_is_waited_out(void **state)
{
	struct fixture *fixture = *state;

	throttle(fixture, 429, NULL);
	throttle(fixture, 429, NULL);
	fake_says(fixture->fake, TOP, 200, EMPTY);
	assert_int_equal(list(fixture), 0);
	assert_in_range(fixture->usage.throttled_ms, 500, 5000);
}

static void throttling_without_an_end_is_given_up(void **state)
{
	struct fixture *fixture = *state;

	throttle(fixture, 429, "Retry-After: 10");
	assert_int_equal(list(fixture), ERR_THROTTLED);
	assert_int_equal(source_fault()->scope, SOURCE_OBJECT);
	assert_int_equal(source_fault()->retry, SOURCE_RETRY_LATER);
	assert_string_equal(source_fault()->code, "ApplicationThrottled");
	assert_int_equal(fake_count(fixture->fake, TOP), 21);
}

static void a_wait_of_hours_is_not_begun(void **state)
{
	struct fixture *fixture = *state;

	throttle(fixture, 429, "Retry-After: 86400");
	assert_int_equal(list(fixture), ERR_THROTTLED);
	assert_int_equal(fake_clock_waited_ms(), 0);
}

static void trouble_of_the_server_is_tried_five_times(void **state)
{
	static const int statuses[] = {500, 502, 503, 504};
	struct fixture *fixture = *state;

	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
		fake_says(fixture->fake, TOP, statuses[i], "");
	fake_says(fixture->fake, TOP, 200, EMPTY);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, TOP), 5);
	assert_in_range(fake_clock_waited_ms(), 3700, 7500);
	assert_int_equal(fixture->usage.throttled_ms, 0);
}

static void trouble_without_an_end_is_told(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 500, "");
	assert_int_equal(list(fixture), ERR_UNAVAILABLE);
	assert_int_equal(source_fault()->scope, SOURCE_OBJECT);
	assert_int_equal(fake_count(fixture->fake, TOP), 5);
}

static void a_404_without_a_word_is_tried_again(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 404, "");
	fake_says(fixture->fake, TOP, 200, EMPTY);
	assert_int_equal(list(fixture), 0);
}

static void a_broken_connection_is_tried_again(void **state)
{
	struct fixture *fixture = *state;

	fake_answer(fixture->fake, TOP, &(struct fake_answer){.body = EMPTY, .cut_at = 3});
	fake_says(fixture->fake, TOP, 200, EMPTY);
	assert_int_equal(list(fixture), 0);
	assert_int_equal(fake_count(fixture->fake, TOP), 2);
}

static void a_bad_request_is_not_tried_again(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 400,
		"{\"error\":{\"code\":\"BadRequest\",\"message\":\"Parsing failed\"}}");
	assert_int_equal(list(fixture), ERR_PROTOCOL);
	assert_string_equal(source_fault()->code, "BadRequest");
	assert_non_null(strstr(err_message(), "Parsing failed"));
	assert_int_equal(fake_count(fixture->fake, TOP), 1);
}

static struct cancel cancel;

static int64_t real_now_us(void *context)
{
	(void)context;
	return 1795569753000000;
}

static void wish_while_waiting(void *context, int64_t us)
{
	(void)us;
	if (++*(int *)context == 3)
		cancel_wish(&cancel);
}

static void a_wish_to_stop_ends_a_wait(void **state)
{
	struct fixture *fixture = *state;
	int steps = 0;
	struct clock clock = {.now_us = real_now_us,
		.boot_us = real_now_us,
		.sleep_us = wish_while_waiting,
		.context = &steps};
	struct graph_options options = {.tenant_id = "t",
		.client_id = "c",
		.client_secret = "s",
		.authority = fake_url(fixture->fake),
		.graph = fake_url(fixture->fake),
		.cancel = &cancel};
	struct source *source;

	throttle(fixture, 429, "Retry-After: 600");
	assert_int_equal(graph_source_new(&options, &source), 0);
	clock_use(&clock);
	int r = source_folders(source, &fixture_ada, fixture_folder, fixture);
	fake_clock_begin();
	assert_int_equal(r, ERR_CANCELLED);
	assert_int_equal(steps, 3);
	source_close(source);
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(a_wait_that_is_asked_for_is_kept_and_counted),
		WITH_TOKEN(a_wait_may_be_asked_for_by_a_date),
		WITH_TOKEN(throttling_without_a_time_is_waited_out),
		WITH_TOKEN(throttling_without_an_end_is_given_up),
		WITH_TOKEN(a_wait_of_hours_is_not_begun),
		WITH_TOKEN(trouble_of_the_server_is_tried_five_times),
		WITH_TOKEN(trouble_without_an_end_is_told),
		WITH_TOKEN(a_404_without_a_word_is_tried_again),
		WITH_TOKEN(a_broken_connection_is_tried_again),
		WITH_TOKEN(a_bad_request_is_not_tried_again),
		WITH_TOKEN(a_wish_to_stop_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
