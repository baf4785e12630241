/* SPDX-License-Identifier: Apache-2.0 */

/*
 * license.h against a model that goes day by day: for each day of some decades it has the
 * number of licenses that was paid for, and what happens is seen when a day begins. Random
 * histories of orders; the real one is looked at only now and then, as a service does.
 * GARNER_SEED repeats a run.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/license.h"
#include "random.h"

enum { DAYS = 4000, HORIZON = DAYS + 18 * 366, CASES = 3000, DAY_S = 86400 };

struct date {
	int year, month, day;
};

static struct date calendar[HORIZON]; /* from 1 January 2027 on */
static const int64_t first_day = 57 * 365 + 14;

struct model {
	int64_t paid[HORIZON]; /* licenses for the day; 0: no subscription */
	int64_t seats;
	int64_t used;
	int64_t epoch;
	int anchor;     /* day; -1: never activated */
	int years;      /* behind the anchor */
	int starts[64]; /* days on which renewals begin */
	size_t start_count;
	bool revoked;
};

static void fill_calendar(void)
{
	static const int lengths[12] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	struct date date = {2027, 1, 1};

	for (int i = 0; i < HORIZON; i++) {
		bool leap = date.year % 4 == 0; /* 2100 lies behind the horizon */
		int length = lengths[date.month - 1] + (leap && date.month == 2);

		calendar[i] = date;
		if (++date.day > length) {
			date.day = 1;
			if (++date.month > 12) {
				date.month = 1;
				date.year++;
			}
		}
	}
}

/* The day that lies so many years behind another: the same one of the calendar, the 28th where
 * there is no 29th. */
static int years_later(int day, int years)
{
	struct date wanted = calendar[day];
	int found = -1;

	for (int i = day + 365 * years - 2; i <= day + 366 * years; i++) {
		if (calendar[i].year == wanted.year + years &&
			calendar[i].month == wanted.month && calendar[i].day <= wanted.day)
			found = i;
	}
	return found;
}

static int end_of(const struct model *model)
{
	return years_later(model->anchor, model->years);
}

static void pay(struct model *model, int from, int to, int64_t seats)
{
	for (int i = from; i < to; i++)
		model->paid[i] = seats;
}

static void set_seats(struct model *model, int64_t seats)
{
	if (seats < model->seats) {
		model->used = 0;
		model->epoch++;
	}
	model->seats = seats;
}

static void model_begin_day(struct model *model, int day)
{
	if (model->paid[day])
		set_seats(model, model->paid[day]);
}

static void model_activate(struct model *model, int day)
{
	if (model->anchor >= 0)
		return;
	model->anchor = day;
	model->years = 1;
	pay(model, day, end_of(model), model->seats);
}

static int waiting(const struct model *model, int day)
{
	int count = 0;

	for (size_t i = 0; i < model->start_count; i++)
		count += model->starts[i] > day;
	return count;
}

static int model_renew(struct model *model, int day, int64_t seats)
{
	if (model->anchor < 0)
		return ERR_LICENSE;
	if (day < end_of(model)) {
		int end = end_of(model);

		if (waiting(model, day) == LICENSE_WAITING_MAX)
			return ERR_LIMIT;
		model->years++;
		model->starts[model->start_count++] = end;
		pay(model, end, end_of(model), seats);
	} else {
		model->anchor = day;
		model->years = 1;
		pay(model, day, end_of(model), seats);
		set_seats(model, seats);
	}
	return 0;
}

static void model_add(struct model *model, int day, int64_t seats)
{
	model->seats += seats;
	for (int i = day; i < HORIZON; i++)
		if (model->paid[i])
			model->paid[i] += seats;
}

/* The first day to come that has fewer licenses than the one before. */
static int64_t next_reset(const struct model *model, int day)
{
	for (int i = day + 1; i < HORIZON && model->paid[i]; i++)
		if (model->paid[i] < model->paid[i - 1])
			return i;
	return 0;
}

struct history {
	struct model model;
	struct license license;
	struct random random;
	int64_t hour_s; /* all happens at this time of a day */
};

static int64_t moment(const struct history *history, int64_t day)
{
	return (first_day + day) * DAY_S + history->hour_s;
}

static void check(const struct history *history, int day)
{
	const struct model *model = &history->model;
	const struct license *license = &history->license;
	int64_t reset = next_reset(model, day);
	enum license_phase phase = model->revoked      ? LICENSE_PHASE_REVOKED
				   : model->anchor < 0 ? LICENSE_PHASE_NEW
				   : model->paid[day]  ? LICENSE_PHASE_ACTIVE
						       : LICENSE_PHASE_EXPIRED;

	assert_int_equal(license->seats, model->seats);
	assert_int_equal(license->used, model->used);
	assert_int_equal(license->epoch, model->epoch);
	assert_int_equal(license->waiting_count, waiting(model, day));
	assert_int_equal(license_phase(license, moment(history, day)), phase);
	assert_int_equal(license_next_reset(license), reset ? moment(history, reset) : 0);
	if (model->anchor < 0) {
		assert_int_equal(license_expires(license), 0);
		return;
	}
	assert_int_equal(license_expires(license), moment(history, end_of(model)));
	if (phase == LICENSE_PHASE_ACTIVE)
		assert_int_equal(license_phase(license, license_expires(license) - 1),
			LICENSE_PHASE_ACTIVE);
}

/* Takes licenses into use, or gives some back. */
static void use(struct history *history)
{
	int64_t used = random_below(&history->random, (uint32_t)history->model.seats + 1);

	history->model.used = history->license.used = used;
}

static void order(struct history *history, int day)
{
	struct model *model = &history->model;
	struct license_effect effect;
	struct license before = history->license;
	int64_t now_s = moment(history, day), seats = 1 + random_below(&history->random, 40);
	int result, wanted = model->revoked ? ERR_LICENSE : 0;
	uint32_t what = random_below(&history->random, 100);

	if (what < 30) {
		result = license_activate(&history->license, now_s, &effect);
		if (!model->revoked)
			model_activate(model, day);
	} else if (what < 75) {
		if (what < 50)
			seats = model->seats;
		result = license_renew(&history->license, seats, now_s, &effect);
		if (!model->revoked)
			wanted = model_renew(model, day, seats);
	} else if (what < 99 || random_below(&history->random, 20)) {
		result = license_add(&history->license, seats, now_s, &effect);
		if (!model->revoked)
			model_add(model, day, seats);
	} else {
		wanted = model->revoked ? ERR_EXISTS : 0;
		result = license_revoke(&history->license, now_s, &effect);
		model->revoked = true;
	}
	assert_int_equal(result, wanted);
	if (result < 0)
		assert_memory_equal(&history->license, &before, sizeof(before));
}

static void live_through(uint64_t seed, uint64_t number)
{
	static struct history history;
	struct license_effect effect;

	history = (struct history){.random = random_begin(seed, number)};
	history.hour_s = random_below(&history.random, DAY_S);
	history.model.anchor = -1;
	history.model.seats = 1 + random_below(&history.random, 40);
	history.license = license_new(history.model.seats);
	uint32_t rare = 2 + random_below(&history.random, 300);
	/* Some begin on a leap day: 29 February 2028 is the 424th day. */
	int begin = random_below(&history.random, 3) ? 0 : 424;

	for (int day = begin; day < DAYS; day++) {
		model_begin_day(&history.model, day);
		if (day > begin && random_below(&history.random, rare))
			continue;
		while (license_settle(&history.license, moment(&history, day), &effect))
			assert_true(effect.changed);
		check(&history, day);
		order(&history, day);
		check(&history, day);
		use(&history);
	}
}

static void A1_A6_A7_A8_A9_histories_go_as_a_model_by_days_says(void **state)
{
	(void)state;
	uint64_t seed = random_seed("license"), cases = random_cases(CASES);

	fill_calendar();
	for (uint64_t i = 0; i < cases; i++)
		live_through(seed, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(A1_A6_A7_A8_A9_histories_go_as_a_model_by_days_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
