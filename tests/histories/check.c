/* SPDX-License-Identifier: Apache-2.0 */
#include "check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { RELEASABLE_S = 30 * 86400, SUBJECT_TEXT = 65 };

/* An operation at work: the revisions between which it must have happened. */
struct place {
	struct timeline *timeline;
	const struct operation *operation;
	char subjects[OPERATION_SUBJECTS_MAX][SUBJECT_TEXT];
	int64_t low, high; /* first: what was known to somebody before it began */
};

static int wrong(const struct place *at, const char *what)
{
	const struct operation *o = at->operation;

	return err_set(ERR_CORRUPT,
		"%s: instance %s, begun at %" PRId64 " us, revisions %" PRId64 " to %" PRId64,
		what, o->instance_id, o->begun_us, at->low, at->high);
}

/* The lease: the log's head of that revision, with its numbers. */
static int check_lease(const struct place *at)
{
	const struct operation *o = at->operation;

	if (o->revision > timeline_last(at->timeline))
		return wrong(at, "the lease has a revision that the log never had");
	if (at->high < at->low)
		return wrong(at, "the answer is older than one that was given before it");
	const struct timeline_state *state = timeline_at(at->timeline, o->revision);
	if (!text_equal(o->chain, state->hash))
		return wrong(at, "the lease's head is not the log's");
	if (o->seats != state->seats || o->used != state->used || o->epoch != state->epoch)
		return wrong(at, "the lease counts other licenses than the log");
	if (o->used > o->seats)
		return wrong(at, "more licenses are used than there are");
	return 0;
}

/* The subjects of a claim that one object would have to license anew. */
struct fresh {
	size_t places[OPERATION_SUBJECTS_MAX];
	int64_t count;
};

static bool is_among(const struct operation *o, const struct fresh *fresh, size_t place)
{
	for (int64_t i = 0; i < fresh->count; i++)
		if (o->subjects[fresh->places[i]] == o->subjects[place])
			return true;
	return false;
}

static struct fresh fresh_of(const struct place *at, const struct operation_object *object,
	int64_t revision, const struct fresh *taken)
{
	struct fresh fresh = {.count = 0};
	int64_t since_s;

	for (size_t k = object->first; k < object->first + object->count; k++) {
		if (timeline_holds(at->timeline, at->subjects[k], revision, &since_s) ||
			is_among(at->operation, taken, k) || is_among(at->operation, &fresh, k))
			continue;
		fresh.places[fresh.count++] = k;
	}
	return fresh;
}

/* The rule in its plainest form: would this be the answer after that revision? */
static bool fits(const struct place *at, int64_t revision)
{
	const struct operation *o = at->operation;
	const struct timeline_state *state = timeline_at(at->timeline, revision);
	struct fresh taken = {.count = 0};

	for (size_t i = 0; i < o->object_count; i++) {
		const struct operation_object *object = &o->objects[i];
		struct fresh fresh = fresh_of(at, object, revision, &taken);
		int64_t left = state->seats - state->used - taken.count;
		bool granted = fresh.count <= left;

		if (object->granted != granted ||
			object->newly != (granted ? fresh.count : 0) ||
			object->missing != (granted ? 0 : fresh.count - left))
			return false;
		for (int64_t j = 0; granted && j < fresh.count; j++)
			taken.places[taken.count++] = fresh.places[j];
	}
	return true;
}

static int64_t newly_of(const struct operation *operation)
{
	int64_t sum = 0;

	for (size_t i = 0; i < operation->object_count; i++)
		sum += operation->objects[i].newly;
	return sum;
}

static bool names(const struct timeline *timeline, const struct timeline_state *state,
	const char *subject)
{
	for (size_t i = 0; i < state->count; i++)
		if (text_equal(timeline_subject(timeline, state->first + i), subject))
			return true;
	return false;
}

/* The event of that kind which this instance caused in its time; 0 where there is none. */
static int64_t find_event(const struct place *at, const char *kind)
{
	for (int64_t r = at->low + 1; r <= at->high; r++) {
		const struct timeline_state *state = timeline_at(at->timeline, r);
		if (!state->matched && text_equal(state->kind, kind) &&
			text_equal(state->instance_id, at->operation->instance_id))
			return r;
	}
	return 0;
}

static int check_new(const struct place *at, int64_t newly)
{
	int64_t revision = find_event(at, "claimed");

	if (!revision)
		return wrong(at, "licenses were granted that the log does not have");
	struct timeline_state *state = timeline_at(at->timeline, revision);
	state->matched = true;
	if ((int64_t)state->count != newly)
		return wrong(at, "the log has another number of new licenses");
	for (size_t i = 0; i < at->operation->object_count; i++) {
		const struct operation_object *object = &at->operation->objects[i];
		int64_t since_s;
		for (size_t k = object->first;
			object->granted && k < object->first + object->count; k++)
			if (!timeline_holds(at->timeline, at->subjects[k], revision, &since_s))
				return wrong(at, "a license was granted and is not held");
	}
	if (state->at_s >= state->expires_s)
		return wrong(at, "licenses were granted after the end of the term");
	return fits(at, revision - 1)
		       ? 0
		       : wrong(at, "the grants are not all that were due, in their order");
}

static int check_claim(const struct place *at)
{
	const struct operation *o = at->operation;
	int64_t newly = newly_of(o);

	if (o->refused[0]) {
		for (int64_t r = at->low > 0 ? at->low : 1; r <= at->high; r++)
			if (o->issued_s >= timeline_at(at->timeline, r)->expires_s)
				return 0;
		return wrong(at, "a claim was refused in the middle of a term");
	}
	if (newly > 0)
		return check_new(at, newly);
	for (int64_t r = at->high; r >= at->low && r > 0; r--)
		if (fits(at, r))
			return 0;
	return wrong(at, "at no moment this was the answer");
}

/* Held all the while, for longer than it must be, and yet not released. */
static bool was_releasable(const struct place *at, size_t index)
{
	int64_t since_s = 0;

	for (int64_t r = at->low > 0 ? at->low : 1; r <= at->high; r++) {
		if (!timeline_holds(at->timeline, at->subjects[index], r, &since_s))
			return false;
		if (at->operation->issued_s - since_s < RELEASABLE_S)
			return false;
	}
	return true;
}

static int check_released(const struct place *at, size_t index, bool logged)
{
	const struct operation *o = at->operation;

	if (o->released[index] && !logged)
		return wrong(at, "a release was told that the log does not have");
	/* A release that is sent again finds done what the lost answer told. */
	if (!o->released[index] && logged && o->tries == 1)
		return wrong(at, "a release that the log has was not told");
	if (!o->released[index] && !logged && was_releasable(at, index))
		return wrong(at, "a license that could go was not released");
	return 0;
}

static int check_release(const struct place *at)
{
	const struct operation *o = at->operation;
	int64_t revision = find_event(at, "released");
	struct timeline_state *state = revision ? timeline_at(at->timeline, revision) : NULL;
	size_t told = 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < o->subject_count; i++) {
		bool logged = state && names(at->timeline, state, at->subjects[i]);
		r = check_released(at, i, logged);
		told += o->released[i];
	}
	if (state)
		state->matched = true;
	if (r == 0 && state && o->tries == 1 && told != state->count)
		r = wrong(at, "the log has another number of releases");
	return r;
}

static int check_one(struct place *at, struct check_summary *summary)
{
	const struct operation *o = at->operation;
	int r = check_lease(at);

	for (size_t i = 0; i < o->subject_count; i++)
		history_subject(o->license_id, o->subjects[i], at->subjects[i]);
	if (r == 0 && o->kind == OPERATION_CLAIM)
		r = check_claim(at);
	if (r == 0 && o->kind == OPERATION_RELEASE)
		r = check_release(at);
	summary->operations++;
	summary->claims += o->kind == OPERATION_CLAIM;
	summary->refused += o->refused[0] != 0;
	summary->releases += o->kind == OPERATION_RELEASE;
	summary->repeated += o->tries > 1;
	summary->newly += newly_of(o);
	for (size_t i = 0; i < o->subject_count; i++)
		summary->released += o->released[i];
	for (size_t i = 0; i < o->object_count; i++) {
		summary->granted += o->objects[i].granted;
		summary->denied += !o->objects[i].granted;
	}
	if (at->high - at->low > summary->widest)
		summary->widest = at->high - at->low;
	return r;
}

static int by_begin(const void *a, const void *b)
{
	const struct operation *x = a, *y = b;

	return x->begun_us < y->begun_us ? -1 : x->begun_us > y->begun_us;
}

static int by_end(const void *a, const void *b)
{
	const struct operation *const *x = a, *const *y = b;

	return (*x)->ended_us < (*y)->ended_us ? -1 : (*x)->ended_us > (*y)->ended_us;
}

static int check_unmatched(struct timeline *timeline)
{
	for (int64_t r = 1; r <= timeline_last(timeline); r++) {
		const struct timeline_state *state = timeline_at(timeline, r);
		bool moves = text_equal(state->kind, "claimed") ||
			     text_equal(state->kind, "released");

		if (moves && !state->matched)
			return err_set(ERR_CORRUPT,
				"event %" PRId64 " (%s by %s) answers nobody's question", r,
				state->kind, state->instance_id);
	}
	return 0;
}

int check_history(struct timeline *timeline, struct operation *operations, size_t count,
	struct check_summary *summary)
{
	const struct operation **ended = mem_array(count, sizeof(*ended));
	size_t next = 0;
	int64_t known = 0; /* highest revision that somebody had seen before */
	int r = 0;

	qsort(operations, count, sizeof(*operations), by_begin);
	for (size_t i = 0; i < count; i++)
		ended[i] = &operations[i];
	qsort(ended, count, sizeof(*ended), by_end);
	for (size_t i = 0; i < count && r == 0; i++) {
		for (; next < count && ended[next]->ended_us < operations[i].begun_us; next++)
			if (ended[next]->revision > known)
				known = ended[next]->revision;
		struct place at = {.timeline = timeline,
			.operation = &operations[i],
			.low = known,
			.high = operations[i].revision};
		r = check_one(&at, summary);
	}
	mem_free(ended);
	summary->events += timeline_last(timeline);
	if (r == 0)
		r = check_unmatched(timeline);
	return err_wrap(r, "license %s", timeline_license(timeline));
}
