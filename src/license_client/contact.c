/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/contact.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_client/assignments.h"
#include "license_client/history.h"
#include "license_client/trials.h"

enum {
	HASTE_US = 60 * 1000 * 1000, /* for so long after a failure, a contact */
	HASTE_TIMEOUT_MS = 5000,     /* takes no longer, and is tried once */
};

static const int64_t waits_us[] = {200 * 1000, 1000 * 1000, 3000 * 1000};

static bool is_worth_another_try(int r)
{
	return r == ERR_NETWORK || r == ERR_UNAVAILABLE || r == ERR_THROTTLED;
}

/* An answer that is none, other than an outage: it does not pass by itself. */
static bool is_worth_telling(int failure)
{
	return failure == ERR_CORRUPT || failure == ERR_AUTH || failure == ERR_PROTOCOL;
}

/* Offline begins at the first failed contact. What was refused as not the service's, and who
 * does not know this instance, is told until a good answer comes. */
void contact_note_failure(struct license_client *client, int failure, const char *why)
{
	struct timefloor_reading clocks = client_clocks(client);
	bool changed;
	int lock;

	client->failed_us = clock_monotonic_us();
	if (client_begin(client, &lock) < 0)
		return;
	struct record *record = client_known(client);
	if (record) {
		changed = timefloor_raise(&record->floor, &clocks);
		if (!record->failed_s) {
			record->failed_s = timefloor_now(&record->floor, &clocks);
			changed = true;
		}
		if (is_worth_telling(failure) && !record->refused[0]) {
			snprintf(record->refused, sizeof(record->refused), "%.*s",
				(int)text_utf8_cut(why, sizeof(record->refused) - 1), why);
			changed = true;
		}
		if (changed && client_write_known(client) < 0)
			log_warning("license_state_not_kept", "why", err_message(), NULL);
	}
	client_end(lock);
}

/* An answer that cannot be kept on the disk counts as long as this process lives. */
static void note_success(struct license_client *client, struct exchange_reply *reply,
	struct history_finding *finding)
{
	int lock;
	int r = client_begin(client, &lock);

	client->failed_us = 0;
	if (r < 0) {
		log_warning("license_state_not_kept", "why", err_message(), NULL);
		return;
	}
	if (finding->is_restored) {
		log_warning("license_history_restored", "license",
			reply->proof.lease.license_id, NULL);
		if (client_drop_held(client) < 0) /* the list is read anew */
			log_warning("license_state_not_kept", "why", err_message(), NULL);
	}
	struct proof proof = proof_copy(&reply->proof);
	if (client_keep_proof(client, &proof, finding->follows) < 0)
		log_warning("license_state_not_kept", "why", err_message(), NULL);
	assignments_track_end(client, &finding->track);
	client_end(lock);
}

/* A job of many objects should not wait for the same silent service at each. */
static int ask_until_answered(struct license_client *client, const struct contact *contact,
	struct exchange_reply *out)
{
	struct exchange exchange = {
		.path = contact->path,
		.license_id = client->grant.license_id,
		.body = contact->body,
		.timeout_ms = contact->timeout_ms,
	};
	bool haste = client->failed_us && clock_monotonic_us() - client->failed_us < HASTE_US;

	if (haste && exchange.timeout_ms > HASTE_TIMEOUT_MS)
		exchange.timeout_ms = HASTE_TIMEOUT_MS;
	int r = exchange_run(client, &exchange, out);
	for (int i = 1; i < contact->tries && !haste && is_worth_another_try(r); i++) {
		clock_sleep_us(waits_us[i - 1]);
		exchange_reply_free(out);
		r = exchange_run(client, &exchange, out);
	}
	return r;
}

int contact_ask(struct license_client *client, const struct contact *contact,
	struct exchange_reply *out)
{
	*out = (struct exchange_reply){0};
	client_refresh(client);
	if (!client->grant.license_id[0])
		return err_set(ERR_LICENSE, "no license is active here; activate a license "
					    "key first");
	if (!client->endpoint.url[0])
		return err_set(ERR_INVALID, "no licensing service is set; name it with "
					    "`garner license server`");
	int64_t until_us = clock_monotonic_us() + contact->timeout_ms * 1000;
	struct history_finding finding = {0};
	int r = ask_until_answered(client, contact, out);
	if (r == 0) {
		const struct history_question question = {.lease = &out->proof.lease,
			.at_once = contact->follows_history,
			.until_us = until_us};
		r = history_follow(client, &question, &finding);
	}
	if (r == 0)
		note_success(client, out, &finding);
	assignments_track_free(&finding.track);
	if (r == 0)
		return 0;
	AUTO_TEXT why = mem_strdup(err_message());
	contact_note_failure(client, r, why);
	return err_set((enum err)r, "%s", why);
}

static int contact_license(struct license_client *client, int64_t timeout_ms)
{
	int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;
	AUTO_JSON body = json_new_object();
	AUTO_REPLY reply = {0};
	const struct contact contact = {
		.path = "/v1/lease",
		.body = body,
		.timeout_ms = timeout_ms,
		.follows_history = true,
	};
	int r = contact_ask(client, &contact, &reply);

	if (r < 0)
		return r;
	/* The lease counts by itself; a list that does not come now is asked for next time. */
	int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;
	if (assignments_update(client, left_ms) < 0)
		log_info("license_list_not_read", "why", err_message(), NULL);
	return 0;
}

int license_client_contact(struct license_client *client, int64_t timeout_ms)
{
	client_refresh(client);
	return client_is_trial(client) ? trials_contact(client, timeout_ms)
				       : contact_license(client, timeout_ms);
}
