/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/mem.h"
#include "base/options.h"

static const struct option_spec common[] = {{"json", NULL, "JSON"}, {"state", "DIR", "state"},
	{"verbose", NULL, "more"}, {NULL, NULL, NULL}};
static const struct option_spec start_options[] = {{"wait", NULL, "wait"}, {NULL, NULL, NULL}};
static const struct option_spec check_options[] = {
	{"read-data", "[PERCENT]", "data"}, {NULL, NULL, NULL}};
static const struct command_spec commands[] = {
	{"check", "", 0, 0, check_options, "Check.", NULL},
	{"job list", "", 0, 0, NULL, "List.", NULL},
	{"job start", "NAME", 1, 1, start_options, "Start.", NULL},
	{"ls", "PATH…", 1, -1, NULL, "List a path.", NULL},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
static const struct program_spec program = {"garner", "Backup.", common, commands};

static int parse(struct options **out, const char *const *words)
{
	char *argv[16] = {NULL};
	int argc = 0;

	for (; words[argc]; argc++)
		argv[argc] = (char *)(uintptr_t)words[argc];
	return options_parse(&program, argc, argv, out);
}

#define PARSE(out, ...) parse(out, (const char *const[]){"garner", __VA_ARGS__, NULL})

static void options_stand_before_or_after_arguments(void **state)
{
	(void)state;
	struct options *o;

	assert_int_equal(
		PARSE(&o, "--state", "S", "job", "--json", "start", "night", "--wait"), 0);
	assert_string_equal(options_command(o)->name, "job start");
	assert_string_equal(options_get(o, "state"), "S");
	assert_true(options_has(o, "wait"));
	assert_true(options_has(o, "json"));
	assert_int_equal(options_count(o), 1);
	assert_string_equal(options_argument(o, 0), "night");
	assert_null(options_argument(o, 1));
	options_free(o);
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	struct options *o;

	assert_int_equal(PARSE(&o, "ls", "--", "--json", "-"), 0);
	assert_false(options_has(o, "json"));
	assert_string_equal(options_argument(o, 0), "--json");
	assert_string_equal(options_argument(o, 1), "-");
	options_free(o);
}

static void the_last_value_counts_and_may_stand_behind_an_equals_sign(void **state)
{
	(void)state;
	struct options *o;

	assert_int_equal(PARSE(&o, "--state=a", "ls", "x", "--state", "b"), 0);
	assert_string_equal(options_get_at(o, "state", 0), "a");
	assert_string_equal(options_get_at(o, "state", 1), "b");
	assert_null(options_get_at(o, "state", 2));
	assert_string_equal(options_get(o, "state"), "b");
	options_free(o);
}

static void a_value_that_may_be_left_out_stands_behind_an_equals_sign(void **state)
{
	(void)state;
	struct options *o;

	assert_int_equal(PARSE(&o, "check", "--read-data"), 0);
	assert_string_equal(options_get(o, "read-data"), "");
	options_free(o);
	assert_int_equal(PARSE(&o, "--read-data=25", "check"), 0);
	assert_string_equal(options_get(o, "read-data"), "25");
	options_free(o);
}

static void wrong_use_says_what_is_wrong(void **state)
{
	(void)state;
	struct options *o;

	assert_int_equal(PARSE(&o, "job", "start", "x", "--nonsense"), ERR_USAGE);
	assert_string_equal(
		err_message(), "unknown option --nonsense; see garner job start --help");
	assert_int_equal(PARSE(&o, "jbo"), ERR_USAGE);
	assert_non_null(strstr(err_message(), "unknown command \"jbo\""));
	assert_int_equal(PARSE(&o, "job", "start"), ERR_USAGE);
	assert_non_null(strstr(err_message(), "use: garner job start NAME"));
	assert_int_equal(PARSE(&o, "job", "start", "a", "b"), ERR_USAGE);
	assert_int_equal(PARSE(&o, "ls", "x", "--state"), ERR_USAGE);
	assert_non_null(strstr(err_message(), "--state needs a value"));
	assert_int_equal(PARSE(&o, "--json"), ERR_USAGE);
	assert_int_equal(PARSE(&o, "ls", "--wait", "x"), ERR_USAGE);
	assert_null(o);
}

static void help_needs_no_arguments(void **state)
{
	(void)state;
	struct options *o;

	assert_int_equal(PARSE(&o, "job", "start", "--help"), 0);
	assert_true(options_help_wanted(o));
	AUTO_TEXT help = options_help(&program, options_command(o));
	assert_non_null(strstr(help, "--wait"));
	AUTO_TEXT all = options_help(&program, NULL);
	assert_non_null(strstr(all, "job list"));
	AUTO_TEXT completion = options_completion(&program);
	assert_non_null(strstr(completion, "complete -F _garner garner"));
	options_free(o);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_stand_before_or_after_arguments),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(the_last_value_counts_and_may_stand_behind_an_equals_sign),
		cmocka_unit_test(a_value_that_may_be_left_out_stands_behind_an_equals_sign),
		cmocka_unit_test(wrong_use_says_what_is_wrong),
		cmocka_unit_test(help_needs_no_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
