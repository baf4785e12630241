/* SPDX-License-Identifier: Apache-2.0 */
#include "timeline.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/chain.h"

enum { RELEASABLE_S = 30 * 86400, SUBJECT_TEXT = 65 };

/* One stretch in which a subject held a license: revisions [from, until). */
struct stretch {
	int64_t from, until, since_s;
};

struct holder {
	char subject[SUBJECT_TEXT];
	struct stretch *stretches;
	size_t count, capacity;
	UT_hash_handle hh;
};

struct timeline {
	char license_id[33];
	struct timeline_state *states; /* [revision - 1] */
	size_t count;
	char (*subjects)[SUBJECT_TEXT];
	size_t subject_count, subject_capacity;
	struct holder *holders;
	uint8_t head[HASH_SIZE];
};

const char *timeline_license(const struct timeline *timeline)
{
	return timeline->license_id;
}

int64_t timeline_last(const struct timeline *timeline)
{
	return (int64_t)timeline->count;
}

struct timeline_state *timeline_at(struct timeline *timeline, int64_t revision)
{
	ASSERT(revision >= 1 && revision <= (int64_t)timeline->count);
	return &timeline->states[revision - 1];
}

const char *timeline_subject(const struct timeline *timeline, size_t place)
{
	ASSERT(place < timeline->subject_count);
	return timeline->subjects[place];
}

static struct holder *find(struct timeline *timeline, const char *subject)
{
	struct holder *holder;

	HASH_FIND_STR(timeline->holders, subject, holder);
	return holder;
}

bool timeline_holds(
	struct timeline *timeline, const char *subject, int64_t revision, int64_t *out_since_s)
{
	const struct holder *holder = find(timeline, subject);

	for (size_t i = 0; holder && i < holder->count; i++) {
		const struct stretch *stretch = &holder->stretches[i];
		if (revision >= stretch->from && revision < stretch->until) {
			*out_since_s = stretch->since_s;
			return true;
		}
	}
	return false;
}

static struct stretch *current(struct holder *holder)
{
	struct stretch *last =
		holder && holder->count ? &holder->stretches[holder->count - 1] : NULL;

	return last && last->until == INT64_MAX ? last : NULL;
}

static int assign(struct timeline *timeline, const struct timeline_state *state,
	int64_t revision, const char *subject)
{
	struct holder *holder = find(timeline, subject);

	if (!holder) {
		holder = mem_alloc(sizeof(*holder));
		memcpy(holder->subject, subject, SUBJECT_TEXT);
		HASH_ADD_STR(timeline->holders, subject, holder);
	}
	if (current(holder))
		return err_set(ERR_CORRUPT, "%s is assigned twice", subject);
	mem_grow(&holder->stretches, &holder->capacity, holder->count + 1,
		sizeof(*holder->stretches));
	holder->stretches[holder->count++] = (struct stretch){revision, INT64_MAX, state->at_s};
	return 0;
}

static int release(struct timeline *timeline, const struct timeline_state *state,
	int64_t revision, const char *subject)
{
	struct stretch *stretch = current(find(timeline, subject));

	if (!stretch)
		return err_set(ERR_CORRUPT, "%s is released and holds nothing", subject);
	if (state->at_s - stretch->since_s < RELEASABLE_S)
		return err_set(ERR_CORRUPT, "%s is released too early", subject);
	stretch->until = revision;
	return 0;
}

static void reset(struct timeline *timeline, int64_t revision)
{
	struct holder *holder, *next;

	HASH_ITER(hh, timeline->holders, holder, next)
	{
		struct stretch *stretch = current(holder);
		if (stretch)
			stretch->until = revision;
	}
}

/* The value of "name=" in an event's detail, up to the next space. */
static bool word_of(const char *detail, const char *name, char *out, size_t size)
{
	const char *at = strstr(detail, name);

	if (!at)
		return false;
	at += strlen(name);
	snprintf(out, size, "%.*s", (int)strcspn(at, " "), at);
	return true;
}

static int64_t number_of(const char *detail, const char *name, int64_t otherwise)
{
	char word[32];
	int64_t number;

	return word_of(detail, name, word, sizeof(word)) &&
			       text_to_int(word, 0, INT64_MAX, &number) == 0
		       ? number
		       : otherwise;
}

static int take_subjects(
	struct timeline *timeline, struct timeline_state *state, const char *detail)
{
	const char *at = strstr(detail, "subjects=");

	state->first = timeline->subject_count;
	for (at = at ? at + strlen("subjects=") : ""; *at; at += *at == ',') {
		size_t size = strcspn(at, ",");
		if (size != SUBJECT_TEXT - 1)
			return err_set(ERR_CORRUPT, "an event names no subject: %.80s", at);
		mem_grow(&timeline->subjects, &timeline->subject_capacity,
			timeline->subject_count + 1, sizeof(*timeline->subjects));
		memcpy(timeline->subjects[timeline->subject_count++], at, size);
		at += size;
		state->count++;
	}
	return 0;
}

static int move_seats(struct timeline *timeline, struct timeline_state *state, int64_t revision,
	const char *detail)
{
	bool is_claim = text_equal(state->kind, "claimed");
	int64_t named = number_of(detail, is_claim ? "newly=" : "released=", -1);
	int r = take_subjects(timeline, state, detail);

	if (r == 0 && named != (int64_t)state->count)
		r = err_set(ERR_CORRUPT, "it counts %" PRId64 " and names %zu", named,
			state->count);
	for (size_t i = 0; r == 0 && i < state->count; i++) {
		const char *subject = timeline_subject(timeline, state->first + i);
		r = is_claim ? assign(timeline, state, revision, subject)
			     : release(timeline, state, revision, subject);
	}
	state->used += is_claim ? named : -named;
	return r;
}

static int apply(struct timeline *timeline, struct timeline_state *state, int64_t revision,
	const char *detail)
{
	static const char *const terms[] = {"created", "activated", "added", "renewal_began"};
	char expires[32];
	int64_t before = state->seats;

	word_of(detail, "instance=", state->instance_id, sizeof(state->instance_id));
	for (size_t i = 0; i < sizeof(terms) / sizeof(terms[0]); i++)
		if (text_equal(state->kind, terms[i]))
			state->seats = number_of(detail, "licenses=", -1);
	/* A renewal after the end holds at once; one before it waits for renewal_began. */
	if (text_equal(state->kind, "renewed") && state->at_s >= state->expires_s)
		state->seats = number_of(detail, "licenses=", -1);
	/* The reset follows as an event of its own, in the same transaction. */
	if (state->seats < before)
		state->used = 0;
	if (word_of(detail, "expires=", expires, sizeof(expires)))
		if (timestamp_parse(expires, &state->expires_s) < 0)
			state->expires_s = 0;
	if (text_equal(state->kind, "reset")) {
		state->epoch++;
		state->used = 0;
		reset(timeline, revision);
	}
	if (text_equal(state->kind, "claimed") || text_equal(state->kind, "released"))
		return move_seats(timeline, state, revision, detail);
	return 0;
}

static int check_hash(struct timeline *timeline, const struct timeline_state *state,
	int64_t revision, const char *detail)
{
	char hex[2 * HASH_SIZE + 1];
	const struct chain_event event = {.license_id = timeline->license_id,
		.revision = revision,
		.at_s = state->at_s,
		.kind = state->kind,
		.detail = detail};

	chain_next(timeline->head, &event, timeline->head);
	text_to_hex(timeline->head, HASH_SIZE, hex);
	return text_equal(hex, state->hash) ? 0 : err_set(ERR_CORRUPT, "its hash is wrong");
}

static int add_event(struct timeline *timeline, const struct json *event)
{
	int64_t revision = (int64_t)timeline->count + 1;
	struct timeline_state *state = &timeline->states[timeline->count++];
	const char *detail = json_get_text_or(event, "detail", "");

	if (revision > 1) {
		const struct timeline_state *before = state - 1;
		*state = (struct timeline_state){.epoch = before->epoch,
			.seats = before->seats,
			.used = before->used,
			.expires_s = before->expires_s};
	}
	snprintf(state->kind, sizeof(state->kind), "%s", json_get_text_or(event, "kind", ""));
	snprintf(state->hash, sizeof(state->hash), "%s", json_get_text_or(event, "hash", ""));
	if (json_get_int(event, "revision", -1) != revision)
		return err_set(ERR_CORRUPT, "a revision is missing");
	int r = timestamp_parse(json_get_text_or(event, "at", ""), &state->at_s);
	if (r == 0)
		r = check_hash(timeline, state, revision, detail);
	if (r == 0)
		r = apply(timeline, state, revision, detail);
	if (r == 0 && (state->used < 0 || state->used > state->seats))
		r = err_set(ERR_CORRUPT, "%" PRId64 " licenses are used of %" PRId64,
			state->used, state->seats);
	return err_wrap(r, "event %" PRId64 " (%s)", revision, state->kind);
}

int timeline_new(const struct json *report, struct timeline **out)
{
	const struct json *events = json_get(report, "events");
	struct timeline *timeline = mem_alloc(sizeof(*timeline));
	size_t count = json_count(events);
	int r = 0;

	*out = timeline;
	snprintf(timeline->license_id, sizeof(timeline->license_id), "%s",
		json_get_text_or(report, "license_id", ""));
	timeline->states = mem_array(count, sizeof(*timeline->states));
	for (size_t i = 0; r == 0 && i < count; i++)
		r = add_event(timeline, json_at(events, i));
	if (r == 0 && count == 0)
		r = err_set(ERR_CORRUPT, "there are no events");
	if (r == 0) {
		const struct timeline_state *last = &timeline->states[count - 1];
		if (json_get_int(report, "used", -1) != last->used ||
			json_get_int(report, "seats", -1) != last->seats)
			r = err_set(ERR_CORRUPT,
				"the events say %" PRId64 " of %" PRId64
				" licenses, the table says %" PRId64 " of %" PRId64,
				last->used, last->seats, json_get_int(report, "used", -1),
				json_get_int(report, "seats", -1));
	}
	return err_wrap(r, "license %s", timeline->license_id);
}

void timeline_free(struct timeline *timeline)
{
	struct holder *holder, *next;

	if (!timeline)
		return;
	HASH_ITER(hh, timeline->holders, holder, next)
	{
		HASH_DEL(timeline->holders, holder);
		mem_free(holder->stretches);
		mem_free(holder);
	}
	mem_free(timeline->subjects);
	mem_free(timeline->states);
	mem_free(timeline);
}
