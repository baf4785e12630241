/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/assignments.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/standing.h"
#include "license_client/contact.h"

enum {
	PAGE_LIMIT = 10000,
	READ_TRIES = 3,
	SOON_US = 60 * 1000 * 1000,
	FRESH_S = 86400,
};

/* Whether the set may be used beside the newest lease: same license, no reset between them. */
static bool is_of_this_epoch(const struct license_client *client)
{
	const struct proof *kept = &client->record.proof;
	const struct proof *held = &client->held_proof;

	return kept->lease_text && held->lease_text && held->lease.epoch == kept->lease.epoch &&
	       strcmp(held->lease.license_id, kept->lease.license_id) == 0;
}

bool assignments_are_current(const struct license_client *client)
{
	const struct lease *kept = &client->record.proof.lease;
	const struct lease *held = &client->held_proof.lease;

	return is_of_this_epoch(client) && kept->assigned_count == held->assigned_count &&
	       memcmp(kept->assigned_digest, held->assigned_digest, HASH_SIZE) == 0;
}

/* Whether the set counts at that moment. */
static bool set_counts(const struct license_client *client, int64_t now_s)
{
	if (!is_of_this_epoch(client) ||
		!standing_assignments_hold(&client->record.proof.lease, now_s))
		return false;
	return assignments_are_current(client) ||
	       now_s < standing_offline_until(&client->held_proof.lease);
}

bool assignments_hold(const struct license_client *client, const char *subject, int64_t now_s)
{
	uint8_t id[HELDSET_ID_SIZE];

	return set_counts(client, now_s) && text_from_hex(subject, id, sizeof(id)) == 0 &&
	       heldset_find(&client->held, id) != NULL;
}

bool license_client_is_held(struct license_client *client, const char *subject)
{
	client_refresh(client);
	return assignments_hold(client, subject, client_now_s(client));
}

void assignments_keep(
	struct license_client *client, struct heldset *set, const struct proof *proof)
{
	proof_free(&client->held_proof);
	heldset_free(&client->held);
	client->held_proof = proof_copy(proof);
	client->held = *set;
	*set = (struct heldset){0};
	if (client_write_held(client) < 0)
		log_warning("license_state_not_kept", "why", err_message(), NULL);
}

bool assignments_apply(struct license_client *client, const struct assignments_change *change)
{
	struct heldset none = {0};
	int lock;

	if (client_begin(client, &lock) < 0)
		return false;
	struct heldset set = heldset_copy(is_of_this_epoch(client) ? &client->held : &none);
	heldset_add(&set, change->added, change->added_count);
	for (size_t i = 0; i < change->removed_count; i++)
		heldset_remove(&set, change->removed[i].id);
	bool matches = heldset_matches(&set, &client->record.proof.lease);
	if (matches)
		assignments_keep(client, &set, &client->record.proof);
	client_end(lock);
	heldset_free(&set);
	return matches;
}

/* Reading the list. */

static int read_subject(const struct json *json, struct heldset_entry *out)
{
	const char *id = json_get_text_or(json, "id", "");
	const char *assigned = json_get_text_or(json, "assigned_at", "");
	const char *releasable = json_get_text_or(json, "releasable_at", "");
	int r = text_from_hex(id, out->id, sizeof(out->id));

	if (r == 0)
		r = timestamp_parse(assigned, &out->assigned_s);
	if (r == 0)
		r = timestamp_parse(releasable, &out->releasable_s);
	return r;
}

/* Appends a page's subjects; *next is what to ask for then, NULL at the end. */
static int take_page(struct heldset *set, const struct json *answer, const char **next)
{
	const struct json *subjects = json_get(answer, "subjects");
	struct heldset_entry entry;

	*next = json_get_text(answer, "next");
	if (!json_is_array(subjects) || (*next && !json_count(subjects)))
		return err_set(ERR_PROTOCOL, "the list of subjects has another form");
	for (size_t i = 0; i < json_count(subjects); i++) {
		if (read_subject(json_at(subjects, i), &entry) < 0 ||
			!heldset_append(set, &entry))
			return err_set(ERR_PROTOCOL, "the list of subjects is not in order");
	}
	return 0;
}

static int ask_page(struct license_client *client, const char *after, int64_t timeout_ms,
	struct exchange_reply *out)
{
	AUTO_JSON body = json_new_object();
	const struct contact contact = {
		.path = "/v1/subjects",
		.body = body,
		.timeout_ms = timeout_ms,
	};

	if (after)
		json_put_text(body, "after", after);
	json_put_int(body, "limit", PAGE_LIMIT);
	return contact_ask(client, &contact, out);
}

/* All pages; `out` is the last one's proof, whose lease tells whether they fit together. */
static int read_pages(
	struct license_client *client, int64_t until_us, struct heldset *set, struct proof *out)
{
	AUTO_TEXT after = NULL;
	int r;

	do {
		AUTO_REPLY reply = {0};
		const char *next = NULL;
		int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;

		if (left_ms <= 0)
			return err_set(ERR_NETWORK, "no time is left to read the list");
		r = ask_page(client, after, left_ms, &reply);
		if (r == 0)
			r = take_page(set, reply.answer, &next);
		if (r < 0)
			return r;
		mem_replace(&after, mem_strdup(next));
		proof_free(out);
		*out = reply.proof;
		reply.proof = (struct proof){0};
	} while (after);
	return 0;
}

int assignments_read(struct license_client *client, int64_t timeout_ms)
{
	int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;
	bool matches = false;
	int lock;
	int r = 0;

	client->listed_us = clock_monotonic_us();
	/* Between two pages another instance may change the list. */
	for (int tries = 0; r == 0 && !matches && tries < READ_TRIES; tries++) {
		struct heldset set = {0};
		struct proof proof = {0};

		r = read_pages(client, until_us, &set, &proof);
		matches = r == 0 && heldset_matches(&set, &proof.lease);
		if (matches && (r = client_begin(client, &lock)) == 0) {
			assignments_keep(client, &set, &proof);
			client_end(lock);
		}
		proof_free(&proof);
		heldset_free(&set);
	}
	if (r == 0 && !matches)
		return err_set(ERR_PROTOCOL, "the list of subjects is not what the lease says");
	return r;
}

/* A set that has not changed for long is kept anew with a fresh lease from time to time: how
 * long it may be used beside a newer one is counted from its own. */
static bool is_old(const struct license_client *client)
{
	return client->record.proof.lease.issued_s - client->held_proof.lease.issued_s >
	       FRESH_S;
}

int assignments_update(struct license_client *client, int64_t timeout_ms)
{
	const struct assignments_change nothing = {0};

	client_refresh(client);
	if (assignments_are_current(client) && !is_old(client))
		return 0;
	if (assignments_apply(client, &nothing))
		return 0;
	return assignments_read(client, timeout_ms);
}

void assignments_update_soon(struct license_client *client)
{
	int64_t now_us = clock_monotonic_us();

	if (client->listed_us && now_us - client->listed_us < SOON_US)
		return;
	if (assignments_update(client, EXCHANGE_TIMEOUT_MS) < 0)
		log_info("license_list_not_read", "why", err_message(), NULL);
}

int license_client_subjects(
	struct license_client *client, struct license_subject **out, size_t *out_count)
{
	struct license_subject *subjects;
	int r;

	*out = NULL;
	*out_count = 0;
	client_refresh(client);
	if (!client->grant.license_id[0])
		return err_set(ERR_LICENSE, "no license is active here; activate a license "
					    "key first");
	r = assignments_read(client, EXCHANGE_TIMEOUT_MS);
	if (r < 0)
		log_info("license_list_not_read", "why", err_message(), NULL);
	if (!is_of_this_epoch(client))
		return 0;
	subjects = mem_array(client->held.count + 1, sizeof(*subjects));
	for (size_t i = 0; i < client->held.count; i++) {
		const struct heldset_entry *entry = &client->held.entries[i];
		text_to_hex(entry->id, HELDSET_ID_SIZE, subjects[i].id);
		subjects[i].assigned_s = entry->assigned_s;
		subjects[i].releasable_s = entry->releasable_s;
	}
	*out = subjects;
	*out_count = client->held.count;
	return 0;
}
