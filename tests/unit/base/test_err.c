/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <errno.h>

#include "base/err.h"

static void wrap_puts_context_before_the_cause(void **state)
{
	(void)state;
	int r = err_set(ERR_CORRUPT, "bad checksum at %d", 42);

	assert_int_equal(err_wrap(r, "pack %s", "9f"), ERR_CORRUPT);
	assert_string_equal(err_message(), "pack 9f: bad checksum at 42");
	assert_int_equal(err_wrap(0, "never seen"), 0);
	assert_string_equal(err_message(), "pack 9f: bad checksum at 42");
}

static void a_message_may_hold_the_one_before(void **state)
{
	(void)state;
	int r = err_set(ERR_IO, "first");

	r = err_set(ERR_IO, "again: %s", err_message());
	assert_int_equal(r, ERR_IO);
	assert_string_equal(err_message(), "again: first");
}

static void errno_chooses_the_code_and_adds_what_to_do(void **state)
{
	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno("cannot open x"), ERR_NOTFOUND);
	assert_string_equal(err_message(), "cannot open x: No such file or directory");
	errno = ENOSPC;
	assert_int_equal(err_errno("cannot write"), ERR_IO);
	assert_string_equal(err_message(),
		"cannot write: No space left on device; make room there and start again");
}

static void every_code_has_a_name(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "ok");
	assert_string_equal(err_name(ERR_LICENSE), "license");
	assert_string_equal(err_name(ERR_UNAVAILABLE), "unavailable");
	assert_string_equal(err_name(ERR_CONFLICT), "conflict");
	assert_string_equal(err_name(ERR_RETAINED), "retained");
	assert_string_equal(err_name(-99), "unknown");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrap_puts_context_before_the_cause),
		cmocka_unit_test(a_message_may_hold_the_one_before),
		cmocka_unit_test(errno_chooses_the_code_and_adds_what_to_do),
		cmocka_unit_test(every_code_has_a_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
