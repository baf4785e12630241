/* SPDX-License-Identifier: Apache-2.0 */
/* Bad news that no run tells of. */
#include "office.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/job.h"
#include "job/notice.h"
#include "job/watch.h"

static void I1_the_nearest_threshold_before_an_end_is_told(void **state)
{
	static const struct {
		int64_t left_s, days;
	} cases[] = {
		{31 * DAY_S, -1},
		{30 * DAY_S + 1, -1},
		{30 * DAY_S, 30},
		{14 * DAY_S + 1, 30},
		{14 * DAY_S, 14},
		{7 * DAY_S, 7},
		{DAY_S + 1, 7},
		{DAY_S, 1},
		{1, 1},
		{0, 0},
		{-5, 0},
	};

	(void)state;
	for (size_t i = 0; i < SCRIPT_COUNT(cases); i++)
		assert_int_equal(watch_days_before(1000000000 + cases[i].left_s, 1000000000),
			cases[i].days);
}

static void E3_shares_of_the_offline_time_are_told_at_50_75_and_90_percent(void **state)
{
	(void)state;
	assert_int_equal(watch_offline_share(1000, 2000, 1499), 0);
	assert_int_equal(watch_offline_share(1000, 2000, 1500), 50);
	assert_int_equal(watch_offline_share(1000, 2000, 1749), 50);
	assert_int_equal(watch_offline_share(1000, 2000, 1750), 75);
	assert_int_equal(watch_offline_share(1000, 2000, 1900), 90);
}

static void I3_a_job_is_overdue_when_two_of_its_starts_passed(void **state)
{
	(void)state;
	assert_false(watch_is_overdue("", 1000, 1000000));
	assert_false(watch_is_overdue("every 30 minutes", 1000, 1000 + 3599));
	assert_true(watch_is_overdue("every 30 minutes", 1000, 1000 + 3600));
	assert_false(watch_is_overdue("daily 02:00", 7200, 7200 + 2 * DAY_S - 1));
	assert_true(watch_is_overdue("daily 02:00", 7200, 7200 + 2 * DAY_S));
}

static void assert_news(const struct fixture *fixture, bool all, const char *expected)
{
	AUTO_TEXT news = fixture_notices(fixture, all);

	assert_string_equal(news, expected);
}

static void contact(const struct fixture *fixture)
{
	assert_int_equal(license_client_contact(fixture->installation->license, 5000), 0);
}

/* Moves the clocks so that so much is left of the term, with a fresh lease. */
static void leave(const struct fixture *fixture, int64_t left_s)
{
	world_pass(office.service->lease.expires_s - left_s - world_now());
	if (left_s <= 0)
		office.service->lease.state = LEASE_EXPIRED;
	contact(fixture);
}

static void I1_each_threshold_is_told_once_for_each_end_and_a_renewal_clears(void **state)
{
	const struct fixture *fixture = *state;

	leave(fixture, 31 * DAY_S);
	assert_news(fixture, true, "");
	leave(fixture, 30 * DAY_S);
	assert_news(fixture, true, "license_expires_soon \n");
	leave(fixture, 20 * DAY_S);
	assert_news(fixture, true, "license_expires_soon \n");
	leave(fixture, 14 * DAY_S);
	leave(fixture, 13 * DAY_S);
	assert_news(fixture, true, "license_expires_soon \nlicense_expires_soon  cleared\n");
	leave(fixture, 7 * DAY_S);
	assert_news(fixture, false, "license_expires_soon \n");
	leave(fixture, DAY_S);
	assert_news(fixture, false, "license_expires_soon \n");
	leave(fixture, 0);
	assert_news(fixture, false, "license_expired \n");
	assert_news(fixture, true,
		"license_expired \nlicense_expires_soon  cleared\n"
		"license_expires_soon  cleared\nlicense_expires_soon  cleared\n"
		"license_expires_soon  cleared\n");
	office.service->lease.state = LEASE_ACTIVE;
	office.service->lease.expires_s += 365 * DAY_S;
	contact(fixture);
	assert_news(fixture, false, "");
	leave(fixture, 30 * DAY_S); /* of the next end */
	assert_news(fixture, false, "license_expires_soon \n");
	assert_int_equal(office_number(fixture, "SELECT count(*) FROM notice"), 6);
}

static void a_marked_notice_that_was_cleared_stands_again_and_is_no_new_one(void **state)
{
	const struct fixture *fixture = *state;
	const struct notice notice = {.code = "c",
		.job = "",
		.object = "",
		.text = "t",
		.topic = "test",
		.mark = "m"};

	for (int i = 0; i < 2; i++) {
		assert_int_equal(notice_raise(fixture->installation, &notice), 0);
		assert_news(fixture, true, "c \n");
		assert_int_equal(notice_clear_topic(fixture->installation, "", "test"), 0);
		assert_news(fixture, false, "");
	}
}

static char *text_of_first(const struct fixture *fixture)
{
	AUTO_JSON news = NULL;

	assert_int_equal(notice_list(fixture->installation, false, &news), 0);
	return mem_strdup(json_get_text(json_at(json_get(news, "notices"), 0), "text"));
}

static void I1_E3_an_outage_is_told_with_the_time_left_then_the_suspended_jobs(void **state)
{
	const struct fixture *fixture = *state;

	fake_service_lie(office.service, LIE_503);
	assert_true(license_client_contact(fixture->installation->license, 5000) < 0);
	assert_news(fixture, true, "license_offline \n");
	AUTO_TEXT first = text_of_first(fixture);
	assert_non_null(strstr(first, "14 days"));
	world_pass(6 * DAY_S);
	assert_news(fixture, true, "license_offline \n");
	world_pass(DAY_S);
	assert_news(fixture, true, "license_offline \nlicense_offline  cleared\n");
	world_pass(4 * DAY_S);
	world_pass(2 * DAY_S);
	AUTO_TEXT last = text_of_first(fixture);
	assert_non_null(strstr(last, "1 day"));
	world_pass(DAY_S);
	assert_news(fixture, false, "job_suspended \nlicense_suspended \n");
	assert_int_equal(fixture_run(fixture), ERR_LICENSE); /* and its end says nothing more */
	assert_news(fixture, false, "job_suspended \nlicense_suspended \n");
	fake_service_lie(office.service, LIE_NONE);
	contact(fixture);
	assert_news(fixture, false, "");
}

static void I1_E5_trouble_with_the_clock_and_a_revoked_key_are_told(void **state)
{
	const struct fixture *fixture = *state;

	world_pass(3 * DAY_S);
	contact(fixture);
	world_set_wall(world_now() - 2 * DAY_S);
	assert_news(fixture, false, "license_trouble \n");
	AUTO_TEXT text = text_of_first(fixture);
	assert_non_null(strstr(text, "clock"));
	world_set_wall(world_now() + 2 * DAY_S);
	assert_news(fixture, false, "");
	office.service->lease.state = LEASE_REVOKED;
	contact(fixture);
	assert_news(fixture, false, "license_revoked \n");
	leave(fixture, 7 * DAY_S); /* its end is no news any more */
	assert_news(fixture, false, "license_revoked \n");
}

static void I3_a_job_without_a_good_run_in_its_time_is_told_although_none_failed(void **state)
{
	const struct fixture *fixture = *state;
	const struct job hourly = {.name = "hourly",
		.connection = "docs",
		.storage = "disk",
		.objects = "all",
		.ordering = "name",
		.schedule = "every 1 hour"};
	const struct run_options options = {0};

	fixture_put(fixture, "a/x", "x");
	assert_int_equal(job_add(fixture->installation, &hourly), 0);
	world_pass(2 * 3600 - 1);
	assert_news(fixture, false, "");
	world_pass(1);
	assert_news(fixture, false, "job_overdue \n");
	assert_int_equal(run_job(fixture->installation, "hourly", &options), 0);
	assert_news(fixture, false, "");
	world_pass(3 * 3600);
	assert_news(fixture, false, "job_overdue \n");
	assert_int_equal(job_remove(fixture->installation, "hourly"), 0);
	assert_news(fixture, false, "");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, office_setup, office_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(I1_the_nearest_threshold_before_an_end_is_told),
		cmocka_unit_test(
			E3_shares_of_the_offline_time_are_told_at_50_75_and_90_percent),
		cmocka_unit_test(I3_a_job_is_overdue_when_two_of_its_starts_passed),
		TEST(I1_each_threshold_is_told_once_for_each_end_and_a_renewal_clears),
		TEST(a_marked_notice_that_was_cleared_stands_again_and_is_no_new_one),
		TEST(I1_E3_an_outage_is_told_with_the_time_left_then_the_suspended_jobs),
		TEST(I1_E5_trouble_with_the_clock_and_a_revoked_key_are_told),
		TEST(I3_a_job_without_a_good_run_in_its_time_is_told_although_none_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
