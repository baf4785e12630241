/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/claim.h"
#include "license_client/assignments.h"
#include "license_client/contact.h"

/* Claims: in requests of bounded size, each with a key of its own, so that asking again after a
 * lost answer counts once. */

enum {
	SUBJECTS_MAX = 10000, /* of one request; as many objects */
	CLAIM_TRIES = 3,
	IDEMPOTENCY_SIZE = 16,
};

struct batch {
	struct license_claim *claims;
	size_t count;
	size_t subjects;
};

static int check(const struct license_claim *claim)
{
	uint8_t id[HELDSET_ID_SIZE];

	if (claim->count > SUBJECTS_MAX)
		return err_set(ERR_LIMIT,
			"an object with more than %d required subjects cannot be licensed",
			SUBJECTS_MAX);
	for (size_t i = 0; i < claim->count; i++) {
		if (text_from_hex(claim->subjects[i], id, sizeof(id)) < 0)
			return err_set(ERR_INVALID, "\"%s\" is no subject", claim->subjects[i]);
	}
	return 0;
}

static bool all_are_held(
	const struct license_client *client, const struct license_claim *claim, int64_t now_s)
{
	for (size_t i = 0; i < claim->count; i++) {
		if (!assignments_hold(client, claim->subjects[i], now_s))
			return false;
	}
	return true;
}

static int order_texts(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* How many distinct subjects of an object do not hold a license, as far as is known. */
static int64_t count_new(
	const struct license_client *client, const struct license_claim *claim, int64_t now_s)
{
	int64_t count = 0;
	const char **sorted = mem_array(claim->count + 1, sizeof(*sorted));

	for (size_t i = 0; i < claim->count; i++)
		sorted[i] = claim->subjects[i];
	qsort(sorted, claim->count, sizeof(*sorted), order_texts);
	for (size_t i = 0; i < claim->count; i++) {
		bool again = i > 0 && strcmp(sorted[i], sorted[i - 1]) == 0;
		if (!again && !assignments_hold(client, sorted[i], now_s))
			count++;
	}
	mem_free(sorted);
	return count;
}

static void set_holds(
	struct license_client *client, const struct license_claim *claim, int64_t now_s)
{
	for (size_t i = 0; claim->holds && i < claim->count; i++)
		claim->holds[i] = assignments_hold(client, claim->subjects[i], now_s)
					  ? LICENSE_HOLD_HELD
					  : LICENSE_HOLD_NONE;
}

/* Who may work without a service grants by himself. */
static void grant_by_sunset(struct license_claim *claim)
{
	claim->granted = true;
	claim->newly = claim->missing;
	claim->missing = 0;
	for (size_t i = 0; claim->holds && i < claim->count; i++)
		if (claim->holds[i] == LICENSE_HOLD_NONE)
			claim->holds[i] = LICENSE_HOLD_NEW;
}

/* Without the service: what is held goes on, the rest waits (E2). */
static void decide_offline(
	struct license_client *client, struct license_claim *claims, size_t count)
{
	struct license_status status;

	license_client_status(client, &status);
	int64_t now_s = client_now_s(client);
	for (size_t i = 0; i < count; i++) {
		claims[i].newly = 0;
		claims[i].missing = count_new(client, &claims[i], now_s);
		claims[i].granted = status.may_back_up && claims[i].missing == 0;
		set_holds(client, &claims[i], now_s);
		if (client_works_by_sunset(client, now_s))
			grant_by_sunset(&claims[i]);
	}
}

static struct json *request_body(const struct batch *batch)
{
	uint8_t random[IDEMPOTENCY_SIZE];
	char idempotency[2 * IDEMPOTENCY_SIZE + 1];
	struct json *body = json_new_object();
	struct json *objects = json_new_array();

	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), idempotency);
	json_put_text(body, "idempotency_key", idempotency);
	for (size_t i = 0; i < batch->count; i++) {
		struct json *object = json_new_object();
		struct json *subjects = json_new_array();
		for (size_t j = 0; j < batch->claims[i].count; j++)
			json_append(subjects, json_new_text(batch->claims[i].subjects[j]));
		json_put(object, "subjects", subjects);
		json_append(objects, object);
	}
	json_put(body, "objects", objects);
	return body;
}

static enum license_hold hold_of(const char *word)
{
	if (text_equal(word, "new"))
		return LICENSE_HOLD_NEW;
	return text_equal(word, "held") ? LICENSE_HOLD_HELD : LICENSE_HOLD_NONE;
}

static void take_holds(const struct license_claim *claim, const struct json *words)
{
	for (size_t i = 0; claim->holds && i < claim->count; i++)
		claim->holds[i] = hold_of(json_as_text(json_at(words, i)));
}

static int take_results(const struct batch *batch, const struct json *answer)
{
	const struct json *results = json_get(answer, "results");

	if (json_count(results) != batch->count)
		return err_set(ERR_PROTOCOL, "the licensing service answers another claim");
	for (size_t i = 0; i < batch->count; i++) {
		const struct json *result = json_at(results, i);
		batch->claims[i].granted = json_get_bool(result, "granted", false);
		batch->claims[i].newly = json_get_int(result, "newly", 0);
		batch->claims[i].missing = json_get_int(result, "missing", 0);
		take_holds(&batch->claims[i], json_get(result, "subjects"));
	}
	return 0;
}

/* The subjects of what was granted join the set. When they were assigned is known to the
 * service to the second, and here until the list is read by the time of its answer. */
static void keep_granted(
	struct license_client *client, const struct batch *batch, int64_t issued_s)
{
	struct assignments_change change = {
		.added = mem_array(batch->subjects + 1, sizeof(*change.added)),
	};

	for (size_t i = 0; i < batch->count; i++) {
		const struct license_claim *claim = &batch->claims[i];
		for (size_t j = 0; claim->granted && j < claim->count; j++) {
			struct heldset_entry *entry = &change.added[change.added_count];
			if (text_from_hex(claim->subjects[j], entry->id, sizeof(entry->id)) < 0)
				continue; /* check() let only well-formed ones pass */
			entry->assigned_s = issued_s;
			entry->releasable_s = release_first_moment(issued_s);
			change.added_count++;
		}
	}
	if (!assignments_apply(client, &change))
		assignments_update_soon(client);
	mem_free(change.added);
}

static int refused(const char *reason)
{
	if (strcmp(reason, "license_expired") == 0)
		return err_set(ERR_LICENSE, "the subscription has expired; renew it");
	if (strcmp(reason, "license_revoked") == 0)
		return err_set(ERR_LICENSE, "the license was revoked");
	return err_set(ERR_LICENSE, "the licensing service refuses the claim");
}

static int claim_batch(struct license_client *client, const struct batch *batch)
{
	AUTO_JSON body = request_body(batch);
	AUTO_REPLY reply = {0};
	const struct contact contact = {
		.path = "/v1/claims",
		.body = body,
		.timeout_ms = EXCHANGE_TIMEOUT_MS,
		.tries = CLAIM_TRIES,
	};
	int r = contact_ask(client, &contact, &reply);

	if (r < 0)
		return r;
	if (!reply.answer)
		return err_set(ERR_PROTOCOL, "the licensing service gives no answer");
	const char *reason = json_get_text(reply.answer, "refused");
	if (reason)
		return refused(reason);
	r = take_results(batch, reply.answer);
	if (r == 0)
		keep_granted(client, batch, reply.proof.lease.issued_s);
	return r;
}

/* As many claims from the front as one request holds. */
static struct batch next_batch(struct license_claim *claims, size_t count)
{
	struct batch batch = {.claims = claims};

	while (batch.count < count && batch.count < SUBJECTS_MAX &&
		batch.subjects + claims[batch.count].count <= SUBJECTS_MAX)
		batch.subjects += claims[batch.count++].count;
	return batch;
}

static int ask(struct license_client *client, struct license_claim *claims, size_t count)
{
	size_t done = 0;
	int r = 0;

	while (r == 0 && done < count) {
		struct batch batch = next_batch(claims + done, count - done);
		r = claim_batch(client, &batch);
		if (r == 0)
			done += batch.count;
	}
	if (r < 0 && r != ERR_LICENSE) {
		AUTO_TEXT why = mem_strdup(err_message());
		decide_offline(client, claims + done, count - done);
		if (client_works_by_sunset(client, client_now_s(client)))
			return 0;
		return err_set((enum err)r, "%s", why);
	}
	return r;
}

/* Why the state allows no backup. */
static int refuse_state(const struct license_status *status)
{
	switch (status->state) {
	case LICENSE_EXPIRED:
		return err_set(ERR_LICENSE, "the subscription has expired; renew it");
	case LICENSE_REVOKED:
		return err_set(ERR_LICENSE, "the license was revoked");
	case LICENSE_SUSPENDED:
		return err_set(ERR_LICENSE, "suspended (waiting for the licensing server)");
	default:
		return err_set(ERR_LICENSE, "no license is active here%s%s",
			status->trouble[0] ? ": " : "; activate a license key first",
			status->trouble);
	}
}

int license_client_claim(
	struct license_client *client, struct license_claim *claims, size_t count)
{
	struct license_status status;
	bool held = true;

	for (size_t i = 0; i < count; i++) {
		claims[i].granted = false;
		claims[i].newly = claims[i].missing = 0;
		for (size_t k = 0; claims[i].holds && k < claims[i].count; k++)
			claims[i].holds[k] = LICENSE_HOLD_NONE;
		int r = check(&claims[i]);
		if (r < 0)
			return r;
	}
	license_client_status(client, &status);
	if (!status.may_back_up)
		return refuse_state(&status);
	int64_t now_s = client_now_s(client);
	if (status.state == LICENSE_OFFLINE && client_works_by_sunset(client, now_s)) {
		decide_offline(client, claims, count);
		return 0;
	}
	for (size_t i = 0; i < count && held; i++)
		held = all_are_held(client, &claims[i], now_s);
	if (!held || !assignments_are_current(client))
		return ask(client, claims, count);
	for (size_t i = 0; i < count; i++) {
		claims[i].granted = true;
		set_holds(client, &claims[i], now_s);
	}
	return 0;
}
