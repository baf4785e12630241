/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include "base/openmetrics.h"

static void families_are_written_as_the_format_wants_them(void **state)
{
	AUTO_BUF out = buf_init(1024);
	const struct openmetrics_label label = {"code", "a\"b\\c\nd"};

	(void)state;
	assert_int_equal(openmetrics_gauge(&out, "seats", "Licenses.", -5), 0);
	assert_int_equal(openmetrics_head(&out, "runs", "counter", "Runs."), 0);
	assert_int_equal(openmetrics_labelled(&out, "runs_total", &label, 7), 0);
	assert_int_equal(openmetrics_end(&out), 0);
	assert_string_equal(buf_text(&out), "# TYPE garner_seats gauge\n"
					    "# HELP garner_seats Licenses.\n"
					    "garner_seats -5\n"
					    "# TYPE garner_runs counter\n"
					    "# HELP garner_runs Runs.\n"
					    "garner_runs_total{code=\"a\\\"b\\\\c\\nd\"} 7\n"
					    "# EOF\n");
}

static void a_full_buffer_is_said(void **state)
{
	AUTO_BUF out = buf_init(30);

	(void)state;
	assert_int_equal(openmetrics_gauge(&out, "seats", "Licenses.", 1), ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(families_are_written_as_the_format_wants_them),
		cmocka_unit_test(a_full_buffer_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
