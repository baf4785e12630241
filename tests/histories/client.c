/* SPDX-License-Identifier: Apache-2.0 */
#include "client.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "license/request.h"
#include "net/http_client.h"

enum {
	ID_SIZE = 16,
	TIMEOUT_MS = 5000,
	PAUSE_US = 20 * 1000,
	HEADERS = 5,
};

struct client {
	const struct client_service *service;
	struct http_client *http;
	struct sign_key key;
	char id[LEASE_ID_SIZE];
	char license_id[LEASE_ID_SIZE];
	int64_t ahead_s; /* the service's clock before ours */
	int64_t requests;
	struct lease last; /* that was believed; its sequence never falls */
};

int client_new(const struct client_service *service, struct client **out)
{
	uint8_t id[ID_SIZE];
	struct client *client = mem_alloc(sizeof(*client));
	const struct http_client_options options = {.ca_file = service->ca_file,
		.connect_timeout_ms = TIMEOUT_MS,
		.stall_timeout_ms = TIMEOUT_MS,
		.total_timeout_ms = TIMEOUT_MS};

	client->service = service;
	secret_random(id, sizeof(id));
	text_to_hex(id, sizeof(id), client->id);
	sign_key_new(&client->key);
	*out = client;
	return http_client_new(&options, &client->http);
}

void client_free(struct client *client)
{
	if (!client)
		return;
	http_client_free(client->http);
	mem_free(client);
}

const char *client_license(const struct client *client)
{
	return client->license_id;
}

static int send_once(struct client *client, const char *path, const char *body,
	struct http_response *response)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const bool enrolled = client->license_id[0];
	const struct request signed_request = {.method = "POST",
		.path = path,
		.license_id = enrolled ? client->license_id : NULL,
		.instance_id = client->id,
		.at_s = clock_now_s() + client->ahead_s,
		.body = body,
		.body_size = strlen(body)};

	request_sign(&signed_request, &client->key, signature);
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	AUTO_TEXT sign = mem_printf("Garner-Signature: %s", base64);
	AUTO_TEXT instance = mem_printf("Garner-Instance: %s", client->id);
	AUTO_TEXT time = mem_printf("Garner-Time: %" PRId64, signed_request.at_s);
	AUTO_TEXT license =
		enrolled ? mem_printf("Garner-License: %s", client->license_id) : NULL;
	AUTO_TEXT url = mem_printf("%s%s", client->service->url, path);
	const char *headers[HEADERS + 1] = {
		"Content-Type: application/json", sign, instance, time, license};
	const struct http_request request = {.method = "POST",
		.url = url,
		.headers = headers,
		.body = body,
		.body_size = strlen(body)};

	return http_send(client->http, &request, response);
}

/* 0 where patience ends the refusal: a wrong clock, too much to do, a database that is away. */
static int judge_refusal(struct client *client, struct http_response *response)
{
	AUTO_JSON problem = NULL;
	const char *text = buf_text(&response->body);

	if (response->status >= 500 || response->status == 429)
		return 0;
	if (!text || json_parse(text, response->body.size, &problem) < 0)
		return err_set(ERR_PROTOCOL, "status %d without a reason", response->status);
	int64_t service_s = json_get_int(problem, "service_time", 0);
	if (!service_s)
		return err_set(ERR_PROTOCOL, "status %d: %s", response->status, text);
	client->ahead_s = service_s - clock_now_s();
	return 0;
}

/* Believes an answer: signed for us, for this nonce, later than the last one. */
static int believe(
	struct client *client, const struct json *reply, const char *nonce, struct lease *lease)
{
	struct keyset keyset;
	char hex[2 * LEASE_NONCE_SIZE + 1];
	uint8_t digest[HASH_SIZE];
	const char *answer = json_get_text(reply, "answer");
	int r = keyset_read(
		json_get_text_or(reply, "keyset", ""), client->service->root, &keyset);

	if (r == 0)
		r = lease_read(json_get_text_or(reply, "lease", ""), &keyset, lease);
	if (r < 0)
		return r;
	text_to_hex(lease->nonce, LEASE_NONCE_SIZE, hex);
	if (!text_equal(hex, nonce) || !text_equal(lease->instance_id, client->id))
		return err_set(ERR_CORRUPT, "the lease answers somebody else");
	if (lease->sequence <= client->last.sequence)
		return err_set(ERR_CORRUPT, "the sequence fell from %" PRId64 " to %" PRId64,
			client->last.sequence, lease->sequence);
	client->last = *lease;
	if (!answer)
		return 0;
	hash_sha256(answer, strlen(answer), digest);
	if (!lease->has_answer || memcmp(digest, lease->answer_digest, HASH_SIZE) != 0)
		return err_set(ERR_CORRUPT, "the answer is not the lease's");
	return 0;
}

/* What was seen last: a service that lost what it had answered would notice by it. */
static void put_witness(const struct client *client, struct json *body)
{
	char chain[2 * HASH_SIZE + 1];
	struct json *witness = json_new_object();

	text_to_hex(client->last.chain, HASH_SIZE, chain);
	json_put_int(witness, "revision", client->last.revision);
	json_put_int(witness, "sequence", client->last.sequence);
	json_put_text(witness, "chain", chain);
	json_put(body, "witness", witness);
}

/* One try: 1 with a believed reply, 0 to be tried again, or what is wrong. */
static int try_once(struct client *client, const char *path, struct json *body,
	struct json **out_reply, struct lease *lease)
{
	uint8_t random[LEASE_NONCE_SIZE];
	char nonce[2 * LEASE_NONCE_SIZE + 1];
	AUTO_RESPONSE response = {0};

	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), nonce);
	json_put_text(body, "nonce", nonce);
	if (client->license_id[0])
		put_witness(client, body);
	AUTO_TEXT text = json_text(body, false);
	int r = send_once(client, path, text, &response);
	if (r < 0)
		return r == ERR_NETWORK ? 0 : r;
	if (response.status != 200)
		return judge_refusal(client, &response);
	const char *reply = buf_text(&response.body);
	r = reply ? json_parse(reply, response.body.size, out_reply) : ERR_LIMIT;
	if (r == 0)
		r = believe(client, *out_reply, nonce, lease);
	return r < 0 ? r : 1;
}

static int ask(struct client *client, const char *path, struct json *body,
	struct json **out_reply, struct lease *lease)
{
	int64_t until_us = clock_monotonic_us() + client->service->give_up_us;
	int tries = 0;
	int r = 0;

	while (r == 0) {
		tries++;
		r = try_once(client, path, body, out_reply, lease);
		if (r == 0 && clock_monotonic_us() > until_us)
			return err_set(ERR_NETWORK, "no answer from %s", client->service->url);
		if (r == 0)
			clock_sleep_us(PAUSE_US);
	}
	return r < 0 ? r : tries;
}

int client_enrol(struct client *client, const char *key)
{
	AUTO_JSON body = json_new_object();
	AUTO_JSON reply = NULL;
	struct lease lease;
	struct json *instance = json_new_object();
	AUTO_TEXT public = text_to_base64(client->key.public, SIGN_PUBLIC_SIZE);

	json_put_text(instance, "id", client->id);
	json_put_text(instance, "name", "histories");
	json_put_text(instance, "public_key", public);
	json_put(body, "instance", instance);
	json_put_text(body, "license_key", key);
	json_put_text(body, "wrapped_secret", public);
	int r = ask(client, "/v1/activate", body, &reply, &lease);
	if (r < 0)
		return r;
	memcpy(client->license_id, lease.license_id, LEASE_ID_SIZE);
	return 0;
}

static struct json *subject_list(const struct client *client, const int *numbers, size_t count)
{
	struct json *list = json_new_array();
	char subject[2 * HASH_SIZE + 1];

	for (size_t i = 0; i < count; i++) {
		history_subject(client->license_id, numbers[i], subject);
		json_append(list, json_new_text(subject));
	}
	return list;
}

static void put_question(
	struct client *client, const struct operation *operation, struct json *body)
{
	struct json *objects = json_new_array();

	if (operation->kind == OPERATION_RELEASE)
		json_put(body, "subjects",
			subject_list(client, operation->subjects, operation->subject_count));
	if (operation->kind != OPERATION_CLAIM) {
		json_free(objects);
		return;
	}
	for (size_t i = 0; i < operation->object_count; i++) {
		const struct operation_object *object = &operation->objects[i];
		struct json *json = json_new_object();

		json_put(json, "subjects",
			subject_list(
				client, operation->subjects + object->first, object->count));
		json_append(objects, json);
	}
	json_put(body, "objects", objects);
	AUTO_TEXT key = mem_printf("%s-%" PRId64, client->id, ++client->requests);
	json_put_text(body, "idempotency_key", key);
}

static int take_answer(const struct json *answer, struct operation *operation)
{
	const struct json *results = json_get(answer, "results");
	size_t expected = operation->kind == OPERATION_CLAIM ? operation->object_count
							     : operation->subject_count;

	snprintf(operation->refused, sizeof(operation->refused), "%s",
		json_get_text_or(answer, "refused", ""));
	if (json_count(results) != expected)
		return err_set(ERR_PROTOCOL, "%zu results for %zu questions",
			json_count(results), expected);
	for (size_t i = 0; i < expected; i++) {
		const struct json *result = json_at(results, i);

		if (operation->kind == OPERATION_RELEASE) {
			operation->released[i] = json_get_bool(result, "released", false);
			continue;
		}
		operation->objects[i].granted = json_get_bool(result, "granted", false);
		operation->objects[i].newly = json_get_int(result, "newly", -1);
		operation->objects[i].missing = json_get_int(result, "missing", -1);
	}
	return 0;
}

static void take_lease(const struct lease *lease, struct operation *operation)
{
	operation->revision = lease->revision;
	operation->sequence = lease->sequence;
	operation->epoch = lease->epoch;
	operation->seats = lease->seats;
	operation->used = lease->used;
	operation->issued_s = lease->issued_s;
	operation->expires_s = lease->expires_s;
	text_to_hex(lease->chain, HASH_SIZE, operation->chain);
}

int client_do(struct client *client, struct operation *operation)
{
	static const char *const paths[] = {
		[OPERATION_CLAIM] = "/v1/claims",
		[OPERATION_RELEASE] = "/v1/releases",
		[OPERATION_LEASE] = "/v1/lease",
	};
	AUTO_JSON body = json_new_object();
	AUTO_JSON reply = NULL;
	AUTO_JSON answer = NULL;
	struct lease lease;

	memcpy(operation->license_id, client->license_id, LEASE_ID_SIZE);
	memcpy(operation->instance_id, client->id, LEASE_ID_SIZE);
	put_question(client, operation, body);
	operation->begun_us = clock_monotonic_us();
	int r = ask(client, paths[operation->kind], body, &reply, &lease);
	operation->ended_us = clock_monotonic_us();
	if (r < 0)
		return r;
	operation->tries = r;
	take_lease(&lease, operation);
	const char *text = json_get_text(reply, "answer");
	if (!text)
		return operation->kind == OPERATION_LEASE
			       ? 0
			       : err_set(ERR_PROTOCOL, "there is no answer");
	r = json_parse(text, strlen(text), &answer);
	return r < 0 ? r : take_answer(answer, operation);
}
