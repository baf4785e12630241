/* SPDX-License-Identifier: Apache-2.0 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "random.h"

/* Of seeds one after the other, one in FULL_EACH is a customer as large as can be. */
enum {
	FULL_EACH = 5,
	DAY_S = 86400,
	BEGINNING_S = 1795000000, /* November 2026 */
	MEMORY_S = 2 * DAY_S,
};

static struct event *add(
	struct plan *plan, struct random *random, enum event_kind kind, int64_t at_s)
{
	mem_grow(&plan->events, &plan->capacity, plan->count + 1, sizeof(*plan->events));
	struct event *event = &plan->events[plan->count++];
	*event = (struct event){.at_s = at_s, .kind = kind, .random = random_next(random)};
	return event;
}

static struct event *add_at(
	struct plan *plan, struct random *random, enum event_kind kind, int instance)
{
	int64_t span_s = plan->end_s - plan->start_s;
	struct event *event =
		add(plan, random, kind, plan->start_s + random_below(random, span_s));

	event->instance = instance;
	return event;
}

/* About one in so many days, over all days. */
static int64_t times(const struct plan *plan, struct random *random, int64_t days)
{
	return (plan->days + random_below(random, days)) / days;
}

/* The first instance begins up to a year before the others, so that ends of terms and first
 * moments of releases fall into a month too. */
static void plan_past(struct plan *plan, struct random *random)
{
	static const int64_t ages[] = {2, 25, 40, 340, 362};
	int64_t age_s = ages[random_below(random, 5)] * DAY_S;
	int64_t first_s = plan->start_s - age_s - random_below(random, DAY_S);

	add(plan, random, EVENT_ACTIVATE, first_s);
	struct event *job = add(plan, random, EVENT_JOB, first_s + 60);
	job->amount = 10 + random_below(random, plan->seats);
	if (random_percent(random, 40)) {
		struct event *renewal =
			add(plan, random, EVENT_RENEW, first_s + random_below(random, age_s));
		renewal->amount = 50 + 10 * random_below(random, 9);
	}
}

/* How much less happens at each instance where there are many: about as much in all as at ten.
 */
static int64_t calm_of(const struct plan *plan)
{
	return 1 + plan->instances / 10;
}

static void plan_jobs(struct plan *plan, struct random *random, int instance)
{
	int64_t hour_s = random_below(random, DAY_S);
	int step = (int)random_span(random, 1, 2 * calm_of(plan) - 1);
	int first = (int)random_below(random, step);

	for (int day = first; day < plan->days; day += step) {
		struct event *job = add(plan, random, EVENT_JOB,
			plan->start_s + (int64_t)day * DAY_S + hour_s +
				random_below(random, 300));
		job->instance = instance;
		job->first = random_percent(random, 60) ? 0 : random_below(random, 40);
		job->amount = random_span(random, 1, 32);
	}
}

static void plan_network(struct plan *plan, struct random *random, int instance)
{
	int64_t calm = calm_of(plan);

	for (int64_t n = times(plan, random, 15 * calm); n > 0; n--) {
		int64_t at_s = add_at(plan, random, EVENT_CUT, instance)->at_s;
		add(plan, random, EVENT_MEND, at_s + random_span(random, 600, 20 * DAY_S))
			->instance = instance;
	}
	for (int64_t n = times(plan, random, 60 * calm); n > 0; n--) {
		struct event *storm = add_at(plan, random, EVENT_STORM, instance);
		int64_t until_s = storm->at_s + random_span(random, 3600, 3 * DAY_S);
		storm->amount = 20 + random_below(random, 75);
		add(plan, random, EVENT_STORM, until_s)->instance = instance;
	}
}

static void plan_machine(struct plan *plan, struct random *random, int instance)
{
	int64_t calm = calm_of(plan);

	for (int64_t n = times(plan, random, 20 * calm); n > 0; n--) {
		struct event *jump = add_at(plan, random, EVENT_CLOCK, instance);
		int64_t at_s = jump->at_s;
		jump->amount = random_span(random, 60, (int64_t)1100 * DAY_S);
		if (random_percent(random, 50))
			jump->amount = -jump->amount;
		if (random_percent(random, 60))
			add(plan, random, EVENT_CLOCK,
				at_s + random_span(random, 600, 10 * DAY_S))
				->instance = instance;
	}
	for (int64_t n = times(plan, random, 10 * calm); n > 0; n--)
		add_at(plan, random, EVENT_CRASH, instance)->amount =
			1 + random_below(random, 60);
	for (int64_t n = times(plan, random, 15 * calm); n > 0; n--)
		add_at(plan, random, EVENT_REBOOT, instance);
	if (random_percent(random, 40)) {
		int64_t at_s = add_at(plan, random, EVENT_IMAGE, instance)->at_s;
		add(plan, random, EVENT_PUT_BACK, at_s + random_span(random, 600, 20 * DAY_S))
			->instance = instance;
	}
	for (int64_t n = times(plan, random, 12 * calm); n > 0; n--)
		add_at(plan, random, EVENT_RELEASE, instance)->amount =
			1 + random_below(random, 5);
}

static void plan_instance(struct plan *plan, struct random *random, int instance)
{
	if (instance > 0)
		add(plan, random, EVENT_ACTIVATE,
			plan->start_s + random_below(random, MEMORY_S))
			->instance = instance;
	plan_jobs(plan, random, instance);
	plan_network(plan, random, instance);
	plan_machine(plan, random, instance);
	if (random_percent(random, 20))
		add_at(plan, random, EVENT_ACTIVATE, instance);
}

static void plan_vendor(struct plan *plan, struct random *random)
{
	static const int64_t percents[] = {50, 70, 80, 95, 100, 100, 110, 150};

	for (int64_t n = times(plan, random, 10); n > 0; n--)
		add_at(plan, random, EVENT_GROW, 0)->first = random_below(random, 40);
	for (int64_t n = times(plan, random, 20); n > 0; n--)
		add_at(plan, random, EVENT_ADD, 0)->amount = random_span(random, 1, 64);
	for (int64_t n = times(plan, random, 30); n > 0; n--)
		add_at(plan, random, EVENT_RENEW, 0)->amount =
			percents[random_below(random, 8)];
	if (random_percent(random, 6))
		add_at(plan, random, EVENT_REVOKE, 0);
}

static void plan_service(struct plan *plan, struct random *random)
{
	for (int64_t n = times(plan, random, 12); n > 0; n--) {
		int64_t at_s = add_at(plan, random, EVENT_SERVICE_STOP, 0)->at_s;
		add(plan, random, EVENT_SERVICE_START,
			at_s + random_span(random, 300, 17 * DAY_S));
	}
	for (int64_t n = times(plan, random, 8); n > 0; n--)
		add_at(plan, random, EVENT_SERVICE_CRASH, 0);
	for (int64_t n = times(plan, random, 15); n > 0; n--)
		add_at(plan, random, EVENT_SERVICE_CLOCK, 0)->amount =
			random_below(random, 1201) - 600;
}

/* The service's database is lost, and an old copy takes its place. */
static void plan_restore(struct plan *plan, struct random *random)
{
	enum { RESTORED_PERCENT = 35 };

	if (!random_percent(random, RESTORED_PERCENT))
		return;
	int64_t at_s = add_at(plan, random, EVENT_COPY, 0)->at_s;
	at_s += random_span(random, 600, 8 * DAY_S);
	add(plan, random, EVENT_COPY_BACK, at_s)->amount = random_below(random, 2);
	for (int64_t n = 1 + random_below(random, 2); n > 0; n--)
		add(plan, random, EVENT_ACCEPT, at_s += random_span(random, 600, 4 * DAY_S));
}

static void plan_revoked_instances(struct plan *plan, struct random *random)
{
	enum { REVOKED_PERCENT = 25 };

	if (random_percent(random, REVOKED_PERCENT))
		add_at(plan, random, EVENT_REVOKE_INSTANCE,
			(int)random_below(random, plan->instances));
}

static int order_by_time(const void *a, const void *b)
{
	const struct event *one = a, *other = b;

	if (one->at_s != other->at_s)
		return one->at_s < other->at_s ? -1 : 1;
	return one->random < other->random ? -1 : one->random > other->random;
}

struct plan plan_make(uint64_t seed, int days, enum plan_size size)
{
	struct random random = {.state = random_mix(seed, 1)};
	bool full = size == PLAN_LARGE || (size == PLAN_OF_SEED && seed % FULL_EACH == 0);
	struct plan plan = {
		.seed = seed,
		.days = days,
		.instances = full ? PLAN_INSTANCES_MAX : 2 + (int)random_below(&random, 4),
		.users = full ? PLAN_USERS : random_span(&random, 40, PLAN_USERS),
		.seats = random_span(&random, 8, full ? 1000 : 128),
		.start_s = BEGINNING_S + random_below(&random, (int64_t)4 * 365 * DAY_S),
		.polls = true,
	};

	plan.end_s = plan.start_s + (int64_t)days * DAY_S;
	plan_past(&plan, &random);
	for (int i = 0; i < plan.instances; i++)
		plan_instance(&plan, &random, i);
	plan_vendor(&plan, &random);
	plan_service(&plan, &random);
	plan_restore(&plan, &random);
	plan_revoked_instances(&plan, &random);
	qsort(plan.events, plan.count, sizeof(*plan.events), order_by_time);
	return plan;
}

struct plan plan_copy(const struct plan *plan)
{
	struct plan copy = *plan;

	copy.events = NULL;
	copy.capacity = 0;
	mem_grow(&copy.events, &copy.capacity, plan->count + 1, sizeof(*copy.events));
	if (plan->count)
		memcpy(copy.events, plan->events, plan->count * sizeof(*copy.events));
	return copy;
}

void plan_free(struct plan *plan)
{
	mem_free(plan->events);
	*plan = (struct plan){0};
}
