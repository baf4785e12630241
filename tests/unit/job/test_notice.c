/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <string.h>

#include "base/mem.h"
#include "job/notice.h"

static void raise_notice(
	const struct fixture *fixture, const char *code, const char *object, const char *text)
{
	const struct notice notice = {
		.code = code, .job = "nightly", .object = object, .text = text};

	assert_int_equal(notice_raise(fixture->installation, &notice), 0);
}

static void assert_stands(const struct fixture *fixture, const char *expected)
{
	AUTO_TEXT text = fixture_notices(fixture, false);

	assert_string_equal(text, expected);
}

static void assert_history(const struct fixture *fixture, const char *expected)
{
	AUTO_TEXT text = fixture_notices(fixture, true);

	assert_string_equal(text, expected);
}

static void the_same_news_is_told_once_with_its_newest_text(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_JSON news = NULL;

	raise_notice(fixture, "failed", "folder:a", "first");
	raise_notice(fixture, "failed", "folder:a", "second");
	assert_history(fixture, "failed folder:a\n");
	assert_int_equal(notice_list(fixture->installation, false, &news), 0);
	const struct json *notice = json_at(json_get(news, "notices"), 0);
	assert_string_equal(json_get_text(notice, "text"), "second");
	assert_string_equal(json_get_text(notice, "job"), "nightly");
	assert_non_null(json_get_text(notice, "raised_at"));
	assert_true(json_is_null(notice, "cleared_at"));
}

static void what_is_over_is_cleared_and_stays_in_the_history(void **state)
{
	const struct fixture *fixture = *state;

	raise_notice(fixture, "failed", "folder:a", "");
	raise_notice(fixture, "failed", "folder:b", "");
	raise_notice(fixture, "run_failed", "", "");
	assert_int_equal(notice_clear(fixture->installation, "nightly", "folder:a"), 0);
	assert_stands(fixture, "run_failed \nfailed folder:b\n");
	assert_int_equal(notice_clear(fixture->installation, "nightly", ""), 0);
	assert_int_equal(notice_clear(fixture->installation, "weekly", "folder:b"), 0);
	assert_stands(fixture, "failed folder:b\n");
	assert_history(
		fixture, "run_failed  cleared\nfailed folder:b\nfailed folder:a cleared\n");
}

static void news_that_come_again_are_new(void **state)
{
	const struct fixture *fixture = *state;

	raise_notice(fixture, "failed", "folder:a", "");
	assert_int_equal(notice_clear(fixture->installation, "nightly", "folder:a"), 0);
	raise_notice(fixture, "failed", "folder:a", "");
	assert_stands(fixture, "failed folder:a\n");
	assert_history(fixture, "failed folder:a\nfailed folder:a cleared\n");
}

static void other_news_of_an_object_take_the_place_of_the_old(void **state)
{
	const struct fixture *fixture = *state;

	raise_notice(fixture, "no_license", "mailbox:a", "");
	raise_notice(fixture, "failed", "mailbox:a", "");
	assert_stands(fixture, "failed mailbox:a\n");
	assert_history(fixture, "failed mailbox:a\nno_license mailbox:a cleared\n");
}

static void texts_are_data(void **state)
{
	const struct fixture *fixture = *state;

	raise_notice(fixture, "failed", "folder:'); DROP TABLE notice; --", "%s %n \" '");
	assert_stands(fixture, "failed folder:'); DROP TABLE notice; --\n");
	assert_int_equal(notice_clear(fixture->installation, "nightly",
				 "folder:'); DROP TABLE notice; --"),
		0);
	assert_stands(fixture, "");
}

#define IN_FOLDER(test)                                                                        \
	cmocka_unit_test_setup_teardown(test, fixture_setup_empty, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_FOLDER(the_same_news_is_told_once_with_its_newest_text),
		IN_FOLDER(what_is_over_is_cleared_and_stays_in_the_history),
		IN_FOLDER(news_that_come_again_are_new),
		IN_FOLDER(other_news_of_an_object_take_the_place_of_the_old),
		IN_FOLDER(texts_are_data),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
