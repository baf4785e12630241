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

#define VALUE "/u1/messages/m%3D1/$value"
#define MIME "Subject: hello\r\n\r\n\x01\xff body\n"

enum { LONG = 9 * 1000 * 1000 };

static int read_it(struct fixture *fixture)
{
	return source_read(fixture->source, &fixture_ada, "m=1", fixture_bytes, fixture);
}

/* 9 MB in which each place can be told from its neighbours. The caller frees it. */
static char *long_message(void)
{
	char *message = mem_alloc(LONG);

	for (size_t i = 0; i < LONG; i++)
		message[i] = (char)((i * 7919) >> 8);
	return message;
}

static void a_message_comes_byte_for_byte(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, VALUE, 200, MIME);
	assert_int_equal(read_it(fixture), 0);
	assert_int_equal(fixture->seen.size, strlen(MIME));
	assert_memory_equal(fixture->seen.data, MIME, strlen(MIME));
	assert_int_equal(fixture->usage.items_read, 1);
}

static void a_long_message_comes_byte_for_byte(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT message = long_message();

	fake_answer(fixture->fake, VALUE, &(struct fake_answer){.body = message, .size = LONG});
	assert_int_equal(read_it(fixture), 0);
	assert_int_equal(fixture->seen.size, LONG);
	assert_memory_equal(fixture->seen.data, message, LONG);
}

static void an_empty_message_is_one(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, VALUE, 200, "");
	assert_int_equal(read_it(fixture), 0);
	assert_int_equal(fixture->seen.size, 0);
}

static void a_message_that_broke_off_is_asked_for_again(void **state)
{
	struct fixture *fixture = *state;

	fake_answer(fixture->fake, VALUE, &(struct fake_answer){.body = MIME, .cut_at = 10});
	fake_says(fixture->fake, VALUE, 200, MIME);
	assert_int_equal(read_it(fixture), 0);
	assert_int_equal(fixture->seen.size, strlen(MIME));
	assert_memory_equal(fixture->seen.data, MIME, strlen(MIME));
	assert_int_equal(fake_count(fixture->fake, VALUE), 2);
}

static void a_message_that_always_breaks_off_fails_alone(void **state)
{
	struct fixture *fixture = *state;

	fake_answer(fixture->fake, VALUE, &(struct fake_answer){.body = MIME, .cut_at = 10});
	assert_int_equal(read_it(fixture), ERR_NETWORK);
	assert_int_equal(fixture->seen.size, 0);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_int_equal(fake_count(fixture->fake, VALUE), 5);
	assert_int_equal(fixture->usage.items_read, 0);
}

static void a_long_message_that_broke_off_is_left_to_the_caller(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT message = long_message();

	fake_answer(fixture->fake, VALUE,
		&(struct fake_answer){.body = message, .size = LONG, .cut_at = LONG - 10});
	assert_int_equal(read_it(fixture), ERR_NETWORK);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_int_equal(source_fault()->retry, SOURCE_RETRY_NOW);
	assert_string_equal(source_fault()->code, "broken_off");
	assert_int_equal(fake_count(fixture->fake, VALUE), 1);
}

static void a_message_deleted_meanwhile_is_not_found(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, VALUE, 404, "{\"error\":{\"code\":\"ErrorItemNotFound\"}}");
	assert_int_equal(read_it(fixture), ERR_NOTFOUND);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_string_equal(source_fault()->code, "ErrorItemNotFound");
	assert_int_equal(fake_count(fixture->fake, VALUE), 1);
	assert_int_equal(fixture->seen.size, 0);
}

static void a_forbidden_message_fails_alone(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, VALUE, 403, "{\"error\":{\"code\":\"ErrorAccessDenied\"}}");
	assert_int_equal(read_it(fixture), ERR_AUTH);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
}

static void corrupt_data_is_not_asked_for_twice(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, VALUE, 500, "{\"error\":{\"code\":\"ErrorCorruptData\"}}");
	assert_int_equal(read_it(fixture), ERR_UNAVAILABLE);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_int_equal(fake_count(fixture->fake, VALUE), 1);
}

static void a_token_that_ran_out_is_renewed_in_the_middle(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, VALUE, 401,
		"{\"error\":{\"code\":\"InvalidAuthenticationToken\"}}");
	fake_says(fixture->fake, VALUE, 200, MIME);
	assert_int_equal(read_it(fixture), 0);
	assert_memory_equal(fixture->seen.data, MIME, strlen(MIME));
}

static int full(void *context, const void *data, size_t size)
{
	(void)data;
	(void)size;
	++*(int *)context;
	return err_set(ERR_NETWORK, "the storage is out of reach");
}

static void a_sink_that_gives_up_is_no_fault_of_the_source(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT message = long_message();
	int calls = 0;

	fake_answer(fixture->fake, VALUE, &(struct fake_answer){.body = message, .size = LONG});
	fake_says(fixture->fake, VALUE, 200, MIME);
	for (int i = 1; i <= 2; i++) {
		assert_int_equal(
			source_read(fixture->source, &fixture_ada, "m=1", full, &calls),
			ERR_NETWORK);
		assert_string_equal(err_message(), "the storage is out of reach");
		assert_string_equal(source_fault()->code, "");
		assert_int_equal(calls, i);
		assert_int_equal(fake_count(fixture->fake, VALUE), i);
	}
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(a_message_comes_byte_for_byte),
		WITH_TOKEN(a_long_message_comes_byte_for_byte),
		WITH_TOKEN(an_empty_message_is_one),
		WITH_TOKEN(a_message_that_broke_off_is_asked_for_again),
		WITH_TOKEN(a_message_that_always_breaks_off_fails_alone),
		WITH_TOKEN(a_long_message_that_broke_off_is_left_to_the_caller),
		WITH_TOKEN(a_message_deleted_meanwhile_is_not_found),
		WITH_TOKEN(a_forbidden_message_fails_alone),
		WITH_TOKEN(corrupt_data_is_not_asked_for_twice),
		WITH_TOKEN(a_token_that_ran_out_is_renewed_in_the_middle),
		WITH_TOKEN(a_sink_that_gives_up_is_no_fault_of_the_source),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
