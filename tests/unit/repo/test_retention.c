/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <time.h>

#include "repo/retention_plan.h"

enum { DAY = 86400 };

/* The model: for each rule, the periods as text by the C library, the newest of each. */
enum period { HOURS, DAYS, WEEKS, MONTHS, YEARS };

static void name_period(int64_t moment_s, enum period period, char out[32])
{
	time_t moment = (time_t)moment_s;
	struct tm parts;
	size_t size = 0;

	gmtime_r(&moment, &parts);
	switch (period) {
	case HOURS:
		size = strftime(out, 32, "%Y-%m-%d %H", &parts);
		break;
	case DAYS:
		size = strftime(out, 32, "%Y-%m-%d", &parts);
		break;
	case WEEKS:
		size = strftime(out, 32, "%G-%V", &parts);
		break;
	case MONTHS:
		size = strftime(out, 32, "%Y-%m", &parts);
		break;
	case YEARS:
		size = strftime(out, 32, "%Y", &parts);
		break;
	}
	assert_true(size > 0);
}

static void model_periods(
	struct retention_item *items, size_t count, int64_t most, enum period period)
{
	int64_t kept = 0;

	for (size_t i = count; i-- > 0;) {
		char own[32], later[32] = "";
		name_period(items[i].created_s, period, own);
		if (i + 1 < count)
			name_period(items[i + 1].created_s, period, later);
		if (strcmp(own, later) != 0 && kept++ < most)
			items[i].keep = true;
	}
}

static void model(const struct retention *retention, struct retention_item *items, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if ((int64_t)(count - i) <= retention->last ||
			(retention->within_s > 0 &&
				items[count - 1].created_s - items[i].created_s <=
					retention->within_s))
			items[i].keep = true;
	}
	model_periods(items, count, retention->hourly, HOURS);
	model_periods(items, count, retention->daily, DAYS);
	model_periods(items, count, retention->weekly, WEEKS);
	model_periods(items, count, retention->monthly, MONTHS);
	model_periods(items, count, retention->yearly, YEARS);
}

enum { ITEMS_MOST = 300 };

static size_t make_items(uint64_t *seed, struct retention_item *items)
{
	static const int64_t steps[] = {1, 600, 3600, 8 * 3600, DAY, 9 * DAY, 50 * DAY};
	int64_t moment = (int64_t)(fixture_random(seed) % 4000000000) - 2000000000;
	int64_t step = steps[fixture_random(seed) % 7];
	size_t count = fixture_random(seed) % ITEMS_MOST;

	for (size_t i = 0; i < count; i++) {
		moment += (int64_t)(fixture_random(seed) % (uint64_t)(2 * step));
		items[i] = (struct retention_item){moment, false};
	}
	return count;
}

static int64_t some(uint64_t *seed)
{
	uint64_t dice = fixture_random(seed);

	return dice % 3 ? 0 : (int64_t)(dice / 3 % 40);
}

static void rules_keep_what_a_naive_model_keeps(void **state)
{
	(void)state;
	uint64_t seed = 20261125;

	for (int turn = 0; turn < 3000; turn++) {
		struct retention_item items[ITEMS_MOST], expected[ITEMS_MOST];
		size_t count = make_items(&seed, items);
		const struct retention retention = {some(&seed), some(&seed), some(&seed),
			some(&seed), some(&seed), some(&seed), some(&seed) * DAY / 3};

		memcpy(expected, items, sizeof(items));
		retention_apply(&retention, items, count);
		model(&retention, expected, count);
		for (size_t i = 0; i < count; i++)
			if (items[i].keep != expected[i].keep)
				fail_msg("turn %d, item %zu of %zu", turn, i, count);
		if (count > 0)
			assert_int_equal(items[count - 1].keep, retention_is_set(&retention));
	}
}

static void weeks_begin_on_monday(void **state)
{
	(void)state;
	/* Sunday 2026-01-04 23:59:59, Monday 2026-01-05 00:00:00. */
	struct retention_item items[] = {{1767571199, false}, {1767571200, false}};
	const struct retention two = {.weekly = 2}, one = {.weekly = 1};

	retention_apply(&one, items, 2);
	assert_false(items[0].keep);
	assert_true(items[1].keep);
	retention_apply(&two, items, 2);
	assert_true(items[0].keep);
}

static void durations_are_read(void **state)
{
	(void)state;
	int64_t s = 0;

	assert_int_equal(retention_read_duration("12h", &s), 0);
	assert_int_equal(s, 12 * 3600);
	assert_int_equal(retention_read_duration("30d", &s), 0);
	assert_int_equal(s, 30 * DAY);
	assert_int_equal(retention_read_duration("2w", &s), 0);
	assert_int_equal(s, 14 * DAY);
	assert_int_equal(retention_read_duration("1y", &s), 0);
	assert_int_equal(s, 365 * DAY);
	static const char *const bad[] = {
		"", "d", "30", "-1d", "0d", "1.5d", "3 d", "9999999d"};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(retention_read_duration(bad[i], &s), ERR_INVALID);
}

/* Snapshots: one a day, of the kinds and the job given by letters. */
enum { MADE_MOST = 8 };
static struct repo_object objects[MADE_MOST][2];
static struct snapshot made[MADE_MOST], *list[MADE_MOST];

static void make(const char *const *what)
{
	static char mailbox[] = "mailbox", site[] = "site";

	for (size_t i = 0; i < MADE_MOST && what[i]; i++) {
		made[i] = (struct snapshot){.created_s = (int64_t)i * DAY,
			.job = what[i][0] == 'a' ? "a" : "b",
			.objects = objects[i]};
		for (const char *c = what[i] + 1; *c; c++)
			objects[i][made[i].object_count++].kind = *c == 'm' ? mailbox : site;
		list[i] = &made[i];
	}
}

static void assert_kept(
	const struct retention_plan *plan, const char *job, size_t count, const char *expected)
{
	bool keep[MADE_MOST];

	assert_int_equal(retention_plan_apply(plan, job, list, count, keep), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(keep[i], expected[i] == 'k');
}

static void each_job_and_each_kind_is_looked_at_alone(void **state)
{
	(void)state;
	struct retention_plan plan = {.all = {.last = 1}};

	make((const char *[]){"am", "bm", "ams", "am", "bm", "as", NULL});
	assert_kept(&plan, NULL, 6, "----kk");
	assert_int_equal(retention_plan_read(&plan, "site=last:2"), 0);
	/* The newest mailbox of a is in the fourth, its two newest sites in the third and last.
	 */
	assert_kept(&plan, NULL, 6, "--kkkk");
	assert_kept(&plan, "b", 6, "k-kkkk");
	assert_kept(&plan, "c", 6, "kkkkkk");
	retention_plan_free(&plan);
}

static void a_snapshot_of_nothing_goes_by_the_rule_for_all(void **state)
{
	(void)state;
	struct retention_plan plan = {.all = {.last = 1}};

	make((const char *[]){"a", "a", NULL});
	assert_kept(&plan, NULL, 2, "-k");
	retention_plan_free(&plan);
}

static void a_rule_that_keeps_nothing_is_refused(void **state)
{
	(void)state;
	struct retention_plan plan = {0};
	bool keep[MADE_MOST];

	make((const char *[]){"am", NULL});
	assert_int_equal(retention_plan_apply(&plan, NULL, list, 1, keep), ERR_INVALID);
	plan.all.daily = 1;
	assert_int_equal(retention_plan_read(&plan, "site=last:0"), 0);
	assert_int_equal(retention_plan_apply(&plan, NULL, list, 1, keep), ERR_INVALID);
	retention_plan_free(&plan);
}

static void rules_of_a_kind_are_read(void **state)
{
	(void)state;
	struct retention_plan plan = {0};
	static const char *const bad[] = {
		"", "site", "=last:1", "site=", "site=last", "site=last:x", "site=best:3"};

	assert_int_equal(
		retention_plan_read(&plan, "site=last:3,hourly:4,daily:5,weekly:6,within:30d"),
		0);
	assert_int_equal(plan.kind_count, 1);
	assert_string_equal(plan.kinds[0].kind, "site");
	assert_int_equal(plan.kinds[0].own.last, 3);
	assert_int_equal(plan.kinds[0].own.hourly, 4);
	assert_int_equal(plan.kinds[0].own.daily, 5);
	assert_int_equal(plan.kinds[0].own.weekly, 6);
	assert_int_equal(plan.kinds[0].own.within_s, 30 * DAY);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(retention_plan_read(&plan, bad[i]), ERR_INVALID);
	assert_int_equal(retention_plan_read(&plan, "site=monthly:7,yearly:8"), 0);
	assert_int_equal(plan.kind_count, 1);
	assert_int_equal(plan.kinds[0].own.last, 0);
	assert_int_equal(plan.kinds[0].own.monthly, 7);
	assert_int_equal(plan.kinds[0].own.yearly, 8);
	retention_plan_free(&plan);
	assert_int_equal(retention_plan_read_all(&plan, ""), 0);
	assert_int_equal(retention_plan_read_all(&plan, "site=last:1"), ERR_INVALID);
	retention_plan_free(&plan);
	assert_int_equal(retention_plan_read_all(&plan, "all=daily:9;site=last:1"), 0);
	assert_int_equal(plan.all.daily, 9);
	assert_int_equal(plan.kinds[0].own.last, 1);
	retention_plan_free(&plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_keep_what_a_naive_model_keeps),
		cmocka_unit_test(weeks_begin_on_monday),
		cmocka_unit_test(durations_are_read),
		cmocka_unit_test(each_job_and_each_kind_is_looked_at_alone),
		cmocka_unit_test(a_snapshot_of_nothing_goes_by_the_rule_for_all),
		cmocka_unit_test(a_rule_that_keeps_nothing_is_refused),
		cmocka_unit_test(rules_of_a_kind_are_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
