/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/history.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/chain.h"
#include "license_client/exchange.h"

enum {
	PAGE_LIMIT = 1000,
	PAGES_MAX = 1000,
	SOON_US = 60 * 1000 * 1000,
	KIND_SIZE = 64,
};

/* On the way along the chain, from the known head to the lease. */
struct walk {
	struct license_client *client;
	const struct lease *target;
	struct history_head known; /* of the lease that was believed last */
	struct history_head at;
	bool is_forked; /* it went past the known lease, and not through it */
	bool is_restored;
	struct assignments_track track;
};

static int refuse(const char *why)
{
	log_warning("license_history_refused", "why", why, NULL);
	return err_set(
		ERR_CORRUPT, "the licensing service's history was changed or rolled back");
}

static struct history_head head_of(const struct lease *lease)
{
	struct history_head head = {.revision = lease->revision};

	memcpy(head.chain, lease->chain, HASH_SIZE);
	return head;
}

static bool is_same(const struct history_head *a, const struct history_head *b)
{
	return a->revision == b->revision && memcmp(a->chain, b->chain, HASH_SIZE) == 0;
}

/* What can be told without asking. */
static int compare(const struct lease *lease, const struct history_head *known)
{
	struct history_head head = head_of(lease);

	if (head.revision < known->revision)
		return refuse("its revision is lower than before");
	if (head.revision == known->revision && !is_same(&head, known))
		return refuse("it has another chain at the same revision");
	return 0;
}

/* Following the chain. */

static int take_event(struct walk *walk, const struct json *json, const uint8_t *before)
{
	uint8_t hash[HASH_SIZE], claimed[HASH_SIZE];
	struct chain_event event = {
		.license_id = walk->client->grant.license_id,
		.revision = json_get_int(json, "revision", -1),
		.kind = json_get_text_or(json, "kind", ""),
		.detail = json_get_text_or(json, "detail", ""),
	};
	bool is_restored = text_equal(event.kind, "restored");

	if (timestamp_parse(json_get_text_or(json, "at", ""), &event.at_s) < 0 ||
		text_from_hex(json_get_text_or(json, "hash", ""), claimed, HASH_SIZE) < 0)
		return err_set(ERR_PROTOCOL, "the list of events has another form");
	if (event.revision <= walk->at.revision ||
		(event.revision != walk->at.revision + 1 && !is_restored))
		return refuse("an event is missing");
	if (memcmp(before, walk->at.chain, HASH_SIZE) != 0 && !is_restored)
		return refuse("the events do not go on from the known ones");
	chain_next(before, &event, hash);
	if (memcmp(hash, claimed, HASH_SIZE) != 0)
		return refuse("an event is not what its hash says");
	walk->at.revision = event.revision;
	memcpy(walk->at.chain, hash, HASH_SIZE);
	if (event.revision >= walk->known.revision && walk->known.revision > 0)
		walk->is_forked = event.revision == walk->known.revision
					  ? !is_same(&walk->at, &walk->known)
					  : walk->is_forked && !is_restored;
	walk->is_restored |= is_restored;
	assignments_track_event(&walk->track, &event);
	return 0;
}

/* Where the lease's own revision is passed, its head must have been there. */
static int check_target(const struct walk *walk)
{
	struct history_head target = head_of(walk->target);

	if (walk->at.revision == target.revision && !is_same(&walk->at, &target))
		return refuse("the events do not lead to the lease");
	if (walk->at.revision > target.revision)
		return refuse("the lease is of no event");
	return 0;
}

static int take_page(struct walk *walk, const struct json *answer)
{
	const struct json *events = json_get(answer, "events");
	uint8_t before[HASH_SIZE];
	int r = 0;

	if (!json_is_array(events) ||
		text_from_hex(json_get_text_or(answer, "before", ""), before, HASH_SIZE) < 0)
		return err_set(ERR_PROTOCOL, "the list of events has another form");
	if (json_count(events) == 0)
		return refuse("events are missing");
	for (size_t i = 0; r == 0 && i < json_count(events); i++) {
		if (walk->at.revision == walk->target->revision)
			return 0; /* what came behind is the next contact's */
		r = take_event(walk, json_at(events, i), i ? walk->at.chain : before);
		if (r == 0)
			r = check_target(walk);
	}
	return r;
}

static int ask_page(struct walk *walk, int64_t left_ms, struct exchange_reply *out)
{
	char chain[2 * HASH_SIZE + 1];
	AUTO_JSON body = json_new_object();
	const struct exchange exchange = {
		.path = "/v1/events",
		.license_id = walk->client->grant.license_id,
		.body = body,
		.timeout_ms = left_ms,
	};

	text_to_hex(walk->at.chain, HASH_SIZE, chain);
	json_put_int(body, "after", walk->at.revision);
	json_put_text(body, "chain", chain);
	json_put_int(body, "limit", PAGE_LIMIT);
	return exchange_run(walk->client, &exchange, out);
}

/* What was followed stays known to this process, also where the time does not suffice for the
 * rest: the next contact goes on from there. */
static int follow(struct walk *walk, int64_t until_us)
{
	int r = 0;

	for (int pages = 0; r == 0 && walk->at.revision != walk->target->revision; pages++) {
		AUTO_REPLY reply = {0};
		int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;

		if (left_ms <= 0 || pages == PAGES_MAX)
			return err_set(ERR_NETWORK, "no time is left to read the history");
		r = ask_page(walk, left_ms, &reply);
		if (r == 0)
			r = take_page(walk, reply.answer);
		if (r == 0 && !walk->is_forked)
			walk->client->followed = walk->at;
	}
	if (r == 0 && walk->is_forked)
		r = refuse("it has another chain where the last lease was");
	return r;
}

/* From the head, or from where an earlier call came to. */
static struct history_head start_of(
	const struct license_client *client, const struct history_head *head)
{
	const struct history_head *followed = &client->followed;

	return followed->revision > head->revision ? *followed : *head;
}

int history_follow(struct license_client *client, const struct history_question *question,
	struct history_finding *out)
{
	const struct record *record = &client->record;
	int64_t now_us = clock_monotonic_us();

	*out = (struct history_finding){.follows = true};
	if (!record->proof.lease_text) /* the first that is seen is where it begins */
		return 0;
	struct history_head known = head_of(&record->proof.lease);
	struct history_head head =
		record->head.lease_text ? head_of(&record->head.lease) : known;
	int r = compare(question->lease, &known);
	if (r == 0)
		r = compare(question->lease, &head);
	if (r < 0 || head.revision == question->lease->revision)
		return r;
	out->follows = false;
	if (!question->at_once && client->followed_us && now_us - client->followed_us < SOON_US)
		return 0;
	client->followed_us = now_us;
	struct walk walk = {.client = client,
		.target = question->lease,
		.known = known,
		.at = start_of(client, &head),
		.track = assignments_track_begin(client)};
	walk.is_forked = walk.known.revision > walk.at.revision;
	r = follow(&walk, question->until_us);
	if (r == ERR_CORRUPT)
		client->followed.revision = 0;
	out->follows = r == 0;
	out->is_restored = r == 0 && walk.is_restored;
	out->track = walk.track;
	return r;
}
