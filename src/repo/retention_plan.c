/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/retention_plan.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void retention_plan_free(struct retention_plan *plan)
{
	for (size_t i = 0; i < plan->kind_count; i++)
		mem_free(plan->kinds[i].kind);
	*plan = (struct retention_plan){0};
}

int retention_plan_kind(struct retention_plan *plan, const char *kind, struct retention **out)
{
	for (size_t i = 0; i < plan->kind_count; i++) {
		*out = &plan->kinds[i].own;
		if (text_equal(plan->kinds[i].kind, kind))
			return 0;
	}
	if (plan->kind_count == RETENTION_KINDS_MOST)
		return err_set(
			ERR_LIMIT, "there may be rules for %d kinds", RETENTION_KINDS_MOST);
	plan->kinds[plan->kind_count].kind = mem_strdup(kind);
	plan->kinds[plan->kind_count].own = plan->all;
	*out = &plan->kinds[plan->kind_count++].own;
	return 0;
}

int retention_set(struct retention *retention, const char *name, const char *value)
{
	const struct {
		const char *name;
		int64_t *number;
	} numbers[] = {
		{"last", &retention->last},
		{"hourly", &retention->hourly},
		{"daily", &retention->daily},
		{"weekly", &retention->weekly},
		{"monthly", &retention->monthly},
		{"yearly", &retention->yearly},
	};

	if (text_equal(name, "within"))
		return retention_read_duration(value, &retention->within_s);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		if (!text_equal(name, numbers[i].name))
			continue;
		if (text_to_int(value, 0, RETENTION_MOST, numbers[i].number) < 0)
			return err_set(ERR_INVALID,
				"what to keep is a number from 0 to %d, not \"%s\"",
				RETENTION_MOST, value);
		return 0;
	}
	return err_set(ERR_INVALID,
		"\"%s\" is no rule; there are last, hourly, daily, weekly, monthly, yearly and "
		"within",
		name);
}

/* One "name:value" of a list. */
static int read_part(struct retention *retention, const char *text, size_t size)
{
	const char *colon = memchr(text, ':', size);

	if (!colon)
		return err_set(ERR_INVALID,
			"write what a kind keeps as KIND=last:3,daily:7,within:30d");
	AUTO_TEXT name = mem_strndup(text, (size_t)(colon - text));
	AUTO_TEXT value = mem_strndup(colon + 1, size - (size_t)(colon + 1 - text));
	return retention_set(retention, name, value);
}

int retention_plan_read(struct retention_plan *plan, const char *text)
{
	const char *equals = strchr(text, '=');
	struct retention own = {0}, *place = NULL;

	if (!equals || equals == text || !equals[1])
		return err_set(ERR_INVALID,
			"write what a kind keeps as KIND=last:3,daily:7,within:30d");
	AUTO_TEXT kind = mem_strndup(text, (size_t)(equals - text));
	for (const char *at = equals + 1; *at;) {
		size_t size = strcspn(at, ",");
		int r = read_part(&own, at, size);
		if (r < 0)
			return r;
		at += size + (at[size] == ',');
	}
	int r = text_equal(kind, "all") ? 0 : retention_plan_kind(plan, kind, &place);
	if (r == 0)
		*(place ? place : &plan->all) = own;
	return r;
}

static bool has_kind(const struct snapshot *snapshot, const char *kind)
{
	for (size_t i = 0; i < snapshot->object_count; i++)
		if (text_equal(snapshot->objects[i].kind, kind))
			return true;
	return false;
}

/* Whether it has a kind without a rule of its own, or nothing at all. */
static bool has_other(const struct retention_plan *plan, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->object_count; i++) {
		bool own = false;
		for (size_t j = 0; j < plan->kind_count && !own; j++)
			own = text_equal(snapshot->objects[i].kind, plan->kinds[j].kind);
		if (!own)
			return true;
	}
	return snapshot->object_count == 0;
}

struct applying {
	const struct retention_plan *plan;
	struct snapshot *const *snapshots;
	size_t count;
	bool *keep;
	struct retention_item *items; /* room for all */
	size_t *places;               /* of the items among the snapshots */
};

/* By one rule, those of one job that have the kind; NULL: those that have another one. */
static void apply_to(const struct applying *applying, const char *job, const char *kind,
	const struct retention *rule)
{
	size_t count = 0;

	for (size_t i = 0; i < applying->count; i++) {
		const struct snapshot *snapshot = applying->snapshots[i];
		if (!text_equal(snapshot->job, job) ||
			!(kind ? has_kind(snapshot, kind)
			       : has_other(applying->plan, snapshot)))
			continue;
		applying->items[count] = (struct retention_item){snapshot->created_s, false};
		applying->places[count++] = i;
	}
	retention_apply(rule, applying->items, count);
	for (size_t i = 0; i < count; i++)
		applying->keep[applying->places[i]] |= applying->items[i].keep;
}

static bool is_first_of_job(const struct applying *applying, size_t index)
{
	for (size_t i = 0; i < index; i++)
		if (text_equal(applying->snapshots[i]->job, applying->snapshots[index]->job))
			return false;
	return true;
}

static int check_plan(const struct retention_plan *plan)
{
	bool set = retention_is_set(&plan->all);

	for (size_t i = 0; i < plan->kind_count && set; i++)
		set = retention_is_set(&plan->kinds[i].own);
	if (set)
		return 0;
	return err_set(ERR_INVALID,
		"that would keep nothing at all; say how many to keep, for example "
		"--keep-last 3");
}

int retention_plan_read_all(struct retention_plan *plan, const char *text)
{
	for (const char *at = text; *at;) {
		size_t size = strcspn(at, ";");
		AUTO_TEXT one = mem_strndup(at, size);
		int r = retention_plan_read(plan, one);

		if (r < 0)
			return r;
		at += size + (at[size] == ';');
	}
	return *text ? check_plan(plan) : 0;
}

int retention_plan_apply(const struct retention_plan *plan, const char *job,
	struct snapshot *const *snapshots, size_t count, bool *keep)
{
	struct applying applying = {plan, snapshots, count, keep, NULL, NULL};
	int r = check_plan(plan);

	if (r < 0)
		return r;
	applying.items = mem_array(count + 1, sizeof(*applying.items));
	applying.places = mem_array(count + 1, sizeof(*applying.places));
	for (size_t i = 0; i < count; i++)
		keep[i] = job && !text_equal(snapshots[i]->job, job);
	for (size_t i = 0; i < count; i++) {
		if (keep[i] || !is_first_of_job(&applying, i))
			continue;
		apply_to(&applying, snapshots[i]->job, NULL, &plan->all);
		for (size_t j = 0; j < plan->kind_count; j++)
			apply_to(&applying, snapshots[i]->job, plan->kinds[j].kind,
				&plan->kinds[j].own);
	}
	mem_free(applying.items);
	mem_free(applying.places);
	return 0;
}
