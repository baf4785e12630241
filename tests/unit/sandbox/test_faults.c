/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sandbox/faults.h"

static int set(struct faults *faults, const char *text)
{
	AUTO_JSON document = NULL;

	assert_int_equal(json_parse(text, strlen(text), &document), 0);
	return faults_set(faults, document);
}

/* The status that a request meets, 0 for none. */
static int meet(struct faults *faults, const char *method, const char *target)
{
	struct fault fault;
	int status = faults_find(faults, method, target, &fault) ? fault.status : 0;

	fault_free(&fault);
	return status;
}

static void a_rule_lets_pass_then_meets_then_rests(void **state)
{
	(void)state;
	struct faults *faults = faults_new();

	assert_int_equal(
		set(faults,
			"[{\"match\":\"GET /a/*\",\"status\":503,\"after\":1,\"times\":2}]"),
		0);
	assert_int_equal(meet(faults, "GET", "/a/b"), 0);
	assert_int_equal(meet(faults, "POST", "/a/b"), 0);
	assert_int_equal(meet(faults, "GET", "/a/b/c"), 503);
	assert_int_equal(meet(faults, "GET", "/b"), 0);
	assert_int_equal(meet(faults, "GET", "/a/d?x=1"), 503);
	assert_int_equal(meet(faults, "GET", "/a/b"), 0);
	faults_free(faults);
}

static void a_rule_may_look_at_the_query(void **state)
{
	(void)state;
	struct faults *faults = faults_new();

	assert_int_equal(set(faults, "[{\"match\":\"* *deltatoken=*\",\"status\":410}]"), 0);
	assert_int_equal(meet(faults, "GET", "/delta"), 0);
	assert_int_equal(meet(faults, "GET", "/delta?$deltatoken=x"), 410);
	faults_free(faults);
}

static void limits_are_microsofts_until_others_are_given(void **state)
{
	(void)state;
	struct faults *faults = faults_new();

	assert_int_equal(faults_limits(faults).concurrent, 4);
	assert_int_equal(faults_limits(faults).requests, 10000);
	assert_int_equal(set(faults, "{\"limits\":{\"requests_per_10_minutes\":0}}"), 0);
	assert_int_equal(faults_limits(faults).concurrent, 4);
	assert_int_equal(faults_limits(faults).requests, 0);
	faults_free(faults);
}

static void mistakes_are_named_and_change_nothing(void **state)
{
	(void)state;
	struct faults *faults = faults_new();

	assert_int_equal(set(faults, "[{\"match\":\"GET /a\",\"status\":500}]"), 0);
	assert_int_equal(set(faults, "[{\"match\":\"GET /a\",\"stat\":500}]"), ERR_INVALID);
	assert_string_equal(err_message(), "rules[0].stat: unknown key");
	assert_int_equal(set(faults, "[{\"match\":\"GET /a\",\"status\":200}]"), ERR_INVALID);
	assert_string_equal(err_message(), "rules[0].status: must be from 400 to 599");
	assert_int_equal(set(faults, "[{\"match\":\"/a\"}]"), ERR_INVALID);
	assert_int_equal(set(faults, "[{\"status\":500}]"), ERR_INVALID);
	assert_string_equal(err_message(), "rules[0].match: is missing");
	assert_int_equal(meet(faults, "GET", "/a"), 500);
	faults_free(faults);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_rule_lets_pass_then_meets_then_rests),
		cmocka_unit_test(a_rule_may_look_at_the_query),
		cmocka_unit_test(limits_are_microsofts_until_others_are_given),
		cmocka_unit_test(mistakes_are_named_and_change_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
