/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/trials.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_client/contact.h"
#include "license_client/exchange.h"

enum { NAME_SIZE = 201, TRIALS_MAX = 1000 /* tenants of one instance */ };

static const char file_name[] = "trials";

void trial_proof_free(struct trial_proof *proof)
{
	mem_free(proof->text);
	mem_free(proof->keyset_text);
	*proof = (struct trial_proof){0};
}

void trials_free(struct trials *trials)
{
	for (size_t i = 0; i < trials->count; i++)
		trial_proof_free(&trials->list[i]);
	mem_free(trials->list);
	*trials = (struct trials){0};
}

static struct trial_proof *find(const struct trials *trials, const uint8_t tenant[HASH_SIZE])
{
	for (size_t i = 0; i < trials->count; i++)
		if (memcmp(trials->list[i].trial.tenant, tenant, HASH_SIZE) == 0)
			return &trials->list[i];
	return NULL;
}

const struct trial_proof *trials_find(
	const struct license_client *client, const uint8_t tenant[HASH_SIZE])
{
	return find(&client->trials, tenant);
}

/* Takes the proof over, in the place of the one before. */
static void put(struct trials *trials, struct trial_proof *proof)
{
	struct trial_proof *slot = find(trials, proof->trial.tenant);

	if (slot) {
		trial_proof_free(slot);
	} else {
		mem_grow(&trials->list, &trials->capacity, trials->count + 1,
			sizeof(*trials->list));
		slot = &trials->list[trials->count++];
	}
	*slot = *proof;
	*proof = (struct trial_proof){0};
}

/* Believing. */

static int believe_text(const struct license_client *client, const struct json *document,
	struct trial_proof *out)
{
	const char *text = json_get_text(document, "trial");
	const char *keyset_text = json_get_text(document, "keyset");
	struct trial_proof proof = {0};
	struct keyset keyset;

	if (!text || !keyset_text)
		return err_set(ERR_CORRUPT, "there is no trial");
	int r = keyset_read(keyset_text, client->endpoint.root, &keyset);
	if (r == 0)
		r = trial_read(text, &keyset, &proof.trial);
	if (r < 0)
		return r;
	if (strcmp(proof.trial.instance_id, client->identity.id) != 0 ||
		memcmp(proof.trial.instance_public, client->identity.key.public,
			SIGN_PUBLIC_SIZE) != 0)
		return err_set(ERR_CORRUPT, "the trial belongs to another instance");
	proof.text = mem_strdup(text);
	proof.keyset_text = mem_strdup(keyset_text);
	proof.keyset_version = keyset.version;
	*out = proof;
	return 0;
}

static int check_order(const struct trial_proof *proof, const struct trial_proof *last)
{
	if (!last)
		return 0;
	if (proof->keyset_version < last->keyset_version)
		return err_set(ERR_CORRUPT, "its keys are older than those seen before");
	if (strcmp(proof->trial.key_id, last->trial.key_id) == 0 &&
		proof->trial.sequence <= last->trial.sequence)
		return err_set(ERR_CORRUPT, "it is older than one seen before");
	return 0;
}

int trials_believe(const struct license_client *client,
	const struct trials_expectation *expected, const struct json *document,
	struct trial_proof *out)
{
	int r = believe_text(client, document, out);

	if (r < 0)
		return r;
	if (memcmp(out->trial.tenant, expected->tenant, HASH_SIZE) != 0)
		r = err_set(ERR_CORRUPT, "it is for another tenant");
	else if (!secret_equal(out->trial.nonce, expected->nonce, LEASE_NONCE_SIZE))
		r = err_set(ERR_CORRUPT, "it answers another question");
	else
		r = check_order(out, trials_find(client, expected->tenant));
	if (r < 0)
		trial_proof_free(out);
	return r;
}

/* The file. */

static int read_list(struct license_client *client, const struct json *list)
{
	if (!json_is_array(list) || json_count(list) > TRIALS_MAX)
		return err_set(
			ERR_CORRUPT, "%s/%s is no state file", client->folder.path, file_name);
	for (size_t i = 0; i < json_count(list); i++) {
		struct trial_proof proof;
		int r = believe_text(client, json_at(list, i), &proof);

		if (r < 0)
			return r;
		put(&client->trials, &proof);
	}
	return 0;
}

/* The last signed moment of all trials. */
static int64_t last_issued_s(const struct trials *trials)
{
	int64_t last_s = 0;

	for (size_t i = 0; i < trials->count; i++)
		if (trials->list[i].trial.issued_s > last_s)
			last_s = trials->list[i].trial.issued_s;
	return last_s;
}

int trials_read(struct license_client *client)
{
	AUTO_JSON json = NULL;

	trials_free(&client->trials);
	int r = statefile_read_json(&client->folder, file_name, &json);
	if (r == 0)
		r = read_list(client, json_get(json, "trials"));
	if (r < 0) {
		trials_free(&client->trials);
		return r;
	}
	client_get_known(json, &client->trials.known);
	if (client->trials.count)
		client_bind_floor(&client->trials.known.floor, last_issued_s(&client->trials));
	return 0;
}

int trials_write(struct license_client *client)
{
	AUTO_JSON json = json_new_object();
	struct json *list = json_new_array();

	json_put_int(json, "schema", 1);
	for (size_t i = 0; i < client->trials.count; i++) {
		struct json *entry = json_new_object();

		json_put_text(entry, "trial", client->trials.list[i].text);
		json_put_text(entry, "keyset", client->trials.list[i].keyset_text);
		json_append(list, entry);
	}
	json_put(json, "trials", list);
	client_put_known(json, &client->trials.known);
	int r = statefile_write_json(&client->folder, file_name, json);
	client_stamp_own(client, CLIENT_TRIALS);
	return r;
}

/* Whether another process of this instance kept a later answer while ours was under way. */
static bool is_overtaken(const struct trial_proof *kept, const struct trial_proof *proof)
{
	return kept && strcmp(kept->trial.key_id, proof->trial.key_id) == 0 &&
	       kept->trial.sequence > proof->trial.sequence;
}

/* A contact was made: its proof, taken over, is kept, and the time floor is where it says. */
static void keep(struct license_client *client, struct trial_proof *proof)
{
	struct timefloor_reading clocks = client_clocks(client);
	struct trials *trials = &client->trials;
	int lock;

	client->failed_us = 0;
	if (client_begin(client, &lock) < 0) {
		log_warning("license_state_not_kept", "why", err_message(), NULL);
		return;
	}
	if (!is_overtaken(find(trials, proof->trial.tenant), proof) &&
		(find(trials, proof->trial.tenant) || trials->count < TRIALS_MAX)) {
		int64_t issued_s = proof->trial.issued_s;
		put(trials, proof);
		timefloor_set(&trials->known.floor, issued_s, &clocks);
		client_note_good_contact(client, &trials->known);
		if (trials_write(client) < 0)
			log_warning("license_state_not_kept", "why", err_message(), NULL);
	}
	client_end(lock);
}

/* Asking. */

static struct json *request_body(
	const struct license_client *client, const uint8_t tenant[HASH_SIZE])
{
	char name[NAME_SIZE] = "", digest[2 * HASH_SIZE + 1];
	struct json *body = json_new_object();
	struct json *instance = json_new_object();
	AUTO_TEXT public = text_to_base64(client->identity.key.public, SIGN_PUBLIC_SIZE);

	if (gethostname(name, sizeof(name) - 1) < 0 || !text_is_utf8(name, strlen(name)))
		name[0] = 0;
	text_to_hex(tenant, HASH_SIZE, digest);
	json_put_text(instance, "id", client->identity.id);
	json_put_text(instance, "name", name);
	json_put_text(instance, "public_key", public);
	json_put(body, "instance", instance);
	json_put_text(body, "tenant", digest);
	return body;
}

static int ask(
	struct license_client *client, const uint8_t tenant[HASH_SIZE], int64_t timeout_ms)
{
	AUTO_JSON body = request_body(client, tenant);
	AUTO_REPLY reply = {0};
	const struct exchange exchange = {
		.path = "/v1/trial",
		.tenant = tenant,
		.body = body,
		.timeout_ms = timeout_ms,
	};
	int r = exchange_run(client, &exchange, &reply);

	if (r == 0) {
		keep(client, &reply.trial);
		return 0;
	}
	AUTO_TEXT why = mem_strdup(err_message());
	contact_note_failure(client, r, why);
	if (strcmp(reply.problem, "trial_full") == 0)
		return err_set(ERR_LICENSE, "%s", why);
	return err_set((enum err)r, "%s", why);
}

int license_client_trial_begin(
	struct license_client *client, const char *tenant_id, int64_t timeout_ms)
{
	uint8_t tenant[HASH_SIZE];

	client_refresh(client);
	if (!client_is_trial(client))
		return err_set(ERR_LICENSE, "a license key was entered here: there is no trial "
					    "beside it");
	trial_tenant(tenant_id, tenant);
	return ask(client, tenant, timeout_ms);
}

int trials_contact(struct license_client *client, int64_t timeout_ms)
{
	int64_t until_us = clock_monotonic_us() + timeout_ms * 1000;
	size_t count = client->trials.count;
	int r = 0;

	if (count == 0)
		return err_set(ERR_LICENSE, "no license is active here, and no trial has "
					    "begun; activate a license key first");
	uint8_t(*tenants)[HASH_SIZE] = mem_array(count, sizeof(*tenants));
	for (size_t i = 0; i < count; i++)
		memcpy(tenants[i], client->trials.list[i].trial.tenant, HASH_SIZE);
	for (size_t i = 0; i < count && r == 0; i++) {
		int64_t left_ms = (until_us - clock_monotonic_us()) / 1000;
		r = ask(client, tenants[i], left_ms > 0 ? left_ms : 1);
	}
	mem_free(tenants);
	return r;
}

/* Judging. */

static const struct trial_proof *latest(const struct trials *trials)
{
	const struct trial_proof *found = NULL;

	for (size_t i = 0; i < trials->count; i++)
		if (!found || trials->list[i].trial.ends_s > found->trial.ends_s)
			found = &trials->list[i];
	return found;
}

void trials_judge(
	const struct license_client *client, const uint8_t *tenant, struct license_status *out)
{
	static const enum license_state states[] = {
		[TRIAL_OVER] = LICENSE_TRIAL_OVER,
		[TRIAL_SUSPENDED] = LICENSE_SUSPENDED,
		[TRIAL_OFFLINE] = LICENSE_OFFLINE,
		[TRIAL_ACTIVE] = LICENSE_TRIAL,
	};
	const struct trials *trials = &client->trials;
	const struct trial_proof *proof = tenant ? find(trials, tenant) : latest(trials);

	out->is_trial = true;
	out->state = LICENSE_TRIAL;
	if (!proof)
		return; /* it has not begun, and nothing may be backed up before it has */
	enum trial_standing standing =
		trial_judge(&proof->trial, client_now_s(client), trials->known.failed_s);
	out->state = states[standing];
	out->may_back_up = trial_may_back_up(standing);
	out->trial_items = proof->trial.items_per_folder;
	out->expires_s = proof->trial.ends_s;
	out->offline_until_s = trial_offline_until(&proof->trial);
	out->offline_since_s = trials->known.failed_s;
}
