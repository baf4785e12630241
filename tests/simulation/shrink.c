/* SPDX-License-Identifier: Apache-2.0 */
#include "shrink.h"

#include <string.h>

#include "base/mem.h"

enum { TRIES_MOST = 600 };

struct search {
	struct plan *best;
	struct failure *failure;
	int tries;
};

/* Takes the plan over where it fails as the best one does. */
static bool try(struct search *search, struct plan *plan)
{
	struct counts counts = {0};
	struct failure failure = {0};

	if (search->tries < TRIES_MOST) {
		search->tries++;
		failure = world_run(plan, &counts);
	}
	if (failure.invariant != search->failure->invariant) {
		plan_free(plan);
		return false;
	}
	if (failure.event + 1 < plan->count)
		plan->count = failure.event + 1; /* what comes behind is of no account */
	*search->failure = failure;
	plan_free(search->best);
	*search->best = *plan;
	return true;
}

static bool try_without(struct search *search, size_t from, size_t count)
{
	struct plan plan = plan_copy(search->best);

	memmove(&plan.events[from], &plan.events[from + count],
		(plan.count - from - count) * sizeof(*plan.events));
	plan.count -= count;
	return try(search, &plan);
}

static bool try_without_instance(struct search *search, int instance)
{
	struct plan plan = plan_copy(search->best);
	size_t left = 0;

	for (size_t i = 0; i < plan.count; i++)
		if (plan.events[i].instance != instance || plan.events[i].kind == EVENT_ADD ||
			plan.events[i].kind == EVENT_RENEW)
			plan.events[left++] = plan.events[i];
	bool some = left < plan.count;
	plan.count = left;
	if (some)
		return try(search, &plan);
	plan_free(&plan);
	return false;
}

static void try_without_polls(struct search *search)
{
	struct plan plan = plan_copy(search->best);

	plan.polls = false;
	(void)try(search, &plan);
}

/* Halves, quarters, … down to single events, until nothing more can go. */
static bool take_out(struct search *search)
{
	bool some = false;

	for (size_t size = search->best->count / 2; size >= 1; size /= 2) {
		for (size_t from = 0; from + size <= search->best->count;) {
			if (try_without(search, from, size))
				some = true;
			else
				from += size;
		}
	}
	return some;
}

void shrink(struct plan *plan, struct failure *failure)
{
	struct search search = {.best = plan, .failure = failure};

	if (failure->event + 1 < plan->count)
		plan->count = failure->event + 1;
	for (int i = plan->instances - 1; i >= 0; i--)
		try_without_instance(&search, i);
	try_without_polls(&search);
	while (take_out(&search) && search.tries < TRIES_MOST)
		;
}
