/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/secret.h"
#include "license/claim.h"
#include "license/request.h"
#include "net/http_server.h"

enum { PAGE = 3, SLOW_US = 1500 * 1000 };

static int64_t service_now_s(const struct fake_service *service)
{
	return clock_now_s() + service->ahead_s;
}

static void problem(struct http_call *call, int status, const char *code, int64_t service_time)
{
	AUTO_JSON json = json_new_object();

	json_put_int(json, "status", status);
	json_put_text(json, "code", code);
	json_put_text(json, "detail", "as the test wants it");
	if (service_time)
		json_put_int(json, "service_time", service_time);
	AUTO_TEXT text = json_text(json, false);
	http_reply(call, status, "application/problem+json", text, strlen(text));
}

/* Answers. */

static void fill_lease(
	struct fake_service *service, const struct json *body, const char *answer)
{
	struct lease *lease = &service->lease;
	struct hash_stream *stream = hash_stream_new();
	char id[2 * HELDSET_ID_SIZE + 1];

	snprintf(lease->license_id, sizeof(lease->license_id), "%s", service->license_id);
	snprintf(lease->instance_id, sizeof(lease->instance_id), "%s", service->instance_id);
	memcpy(lease->instance_public, service->instance_public, SIGN_PUBLIC_SIZE);
	if (service->lie == LIE_OTHER_LICENSE)
		lease->license_id[0] ^= 1;
	if (service->lie == LIE_OTHER_INSTANCE)
		lease->instance_public[0] ^= 1;
	lease->sequence++;
	lease->revision++;
	lease->issued_s = service_now_s(service);
	if (text_from_hex(json_get_text_or(body, "nonce", ""), lease->nonce,
		    sizeof(lease->nonce)) < 0)
		abort();
	lease->nonce[0] ^= service->lie == LIE_OTHER_NONCE;
	lease->has_answer = answer != NULL;
	if (answer)
		hash_sha256(answer, strlen(answer), lease->answer_digest);
	lease->used = lease->assigned_count = (int64_t)service->assigned.count;
	for (size_t i = 0; i < service->assigned.count; i++) {
		text_to_hex(service->assigned.entries[i].id, HELDSET_ID_SIZE, id);
		lease_assigned_add(stream, id);
	}
	hash_stream_finish(stream, lease->assigned_digest);
}

static char *write_keyset(const struct fake_service *service)
{
	struct keyset keyset = {.version = 2, .count = 1};
	struct keyset_key *key = &keyset.keys[0];

	if (service->lie == LIE_OLD_KEYSET)
		keyset.version = 1;
	keyset_key_id(service->online.public, key->id);
	memcpy(key->public, service->online.public, SIGN_PUBLIC_SIZE);
	key->from_s = service->lease.activated_s - 86400;
	key->until_s = key->from_s + INT64_C(20) * 365 * 86400;
	return keyset_write(&keyset,
		service->lie == LIE_OTHER_ROOT ? &service->other_root : &service->root);
}

static char *write_lease(struct fake_service *service)
{
	struct lease lease = service->lease;

	if (service->lie == LIE_FALLING_SEQUENCE)
		lease.sequence = 1;
	char *text = lease_write(&lease, &service->online);
	if (service->lie == LIE_BAD_SIGNATURE) {
		char *last = strrchr(text, ':') + 10;
		*last = *last == 'A' ? 'B' : 'A';
	}
	return text;
}

/* `answer` may be NULL; `extra` (taken over, may be NULL) is what stands beside it. */
static void reply_good(struct fake_service *service, struct http_call *call,
	const struct json *body, const char *answer, struct json *extra)
{
	AUTO_JSON json = extra ? extra : json_new_object();

	fill_lease(service, body, service->lie == LIE_NO_ANSWER ? NULL : answer);
	AUTO_TEXT lease = write_lease(service);
	AUTO_TEXT keyset = write_keyset(service);
	AUTO_TEXT shown = mem_printf(
		"%s%s", answer ? answer : "", service->lie == LIE_CHANGED_ANSWER ? " " : "");
	json_put_int(json, "schema", 1);
	json_put_text(json, "lease", lease);
	json_put_text(json, "keyset", keyset);
	if ((answer && service->lie != LIE_NO_ANSWER) || service->lie == LIE_CHANGED_ANSWER)
		json_put_text(json, "answer", shown);
	AUTO_TEXT text = json_text(json, false);
	if (service->lie == LIE_OLD_ANSWER && service->last_good)
		mem_replace(&text, mem_strdup(service->last_good));
	else if (service->lie == LIE_NONE)
		mem_replace(&service->last_good, mem_strdup(text));
	http_reply(call, 200, "application/json", text, strlen(text));
	if (service->lose_answers)
		http_reply_cut(call, 10);
	service->lose_answers = false;
}

/* The paths. */

static void activate(
	struct fake_service *service, struct http_call *call, const struct json *body)
{
	const struct json *instance = json_get(body, "instance");
	struct json *extra = json_new_object();
	AUTO_BUF public = buf_init(SIGN_PUBLIC_SIZE);

	if (!text_equal(json_get_text(body, "license_key"), service->key)) {
		json_free(extra);
		problem(call, 404, "key_unknown", 0);
		return;
	}
	if (service->key_is_revoked) {
		json_free(extra);
		problem(call, 403, "key_revoked", 0);
		return;
	}
	if (text_from_base64(json_get_text_or(instance, "public_key", ""), &public) < 0)
		abort();
	memcpy(service->instance_public, public.data, SIGN_PUBLIC_SIZE);
	snprintf(service->instance_id, sizeof(service->instance_id), "%s",
		json_get_text_or(instance, "id", ""));
	if (!service->wrapped_secret)
		service->wrapped_secret = mem_strdup(json_get_text(body, "wrapped_secret"));
	json_put_text(extra, "license_id", service->license_id);
	json_put_text(extra, "wrapped_secret", service->wrapped_secret);
	reply_good(service, call, body, NULL, extra);
}

/* Assigns an object's subjects where all fit; returns its result. */
static struct json *claim_object(struct fake_service *service, const struct json *subjects)
{
	struct heldset wanted = heldset_copy(&service->assigned);
	struct heldset_entry entry = {.assigned_s = service_now_s(service)};
	struct json *result = json_new_object();

	entry.releasable_s = release_first_moment(entry.assigned_s);
	for (size_t i = 0; i < json_count(subjects); i++) {
		if (text_from_hex(
			    json_as_text(json_at(subjects, i)), entry.id, sizeof(entry.id)) < 0)
			abort();
		heldset_add(&wanted, &entry, 1);
	}
	int64_t fresh = (int64_t)(wanted.count - service->assigned.count);
	int64_t free = service->lease.seats - (int64_t)service->assigned.count;
	bool granted = fresh <= free;
	json_put_bool(result, "granted", granted);
	json_put_int(result, "newly", granted ? fresh : 0);
	json_put_int(result, "missing", granted ? 0 : fresh - free);
	if (granted) {
		heldset_free(&service->assigned);
		service->assigned = wanted;
	} else {
		heldset_free(&wanted);
	}
	return result;
}

static char *claim_answer(struct fake_service *service, const struct json *body)
{
	const struct json *objects = json_get(body, "objects");
	AUTO_JSON answer = json_new_object();
	struct json *results = json_new_array();

	for (size_t i = 0; i < json_count(objects); i++)
		json_append(results,
			claim_object(service, json_get(json_at(objects, i), "subjects")));
	json_put(answer, "refused", NULL);
	json_put(answer, "results", results);
	return json_text(answer, false);
}

static void claim(struct fake_service *service, struct http_call *call, const struct json *body)
{
	const char *key = json_get_text(body, "idempotency_key");

	service->claims++;
	if (service->lease.state != LEASE_ACTIVE) {
		reply_good(service, call, body,
			service->lease.state == LEASE_EXPIRED
				? "{\"refused\":\"license_expired\",\"results\":[]}"
				: "{\"refused\":\"license_revoked\",\"results\":[]}",
			NULL);
		return;
	}
	if (!service->idempotency_key || !text_equal(key, service->idempotency_key)) {
		mem_replace(&service->idempotency_key, mem_strdup(key));
		mem_replace(&service->idempotent_answer, claim_answer(service, body));
	}
	reply_good(service, call, body, service->idempotent_answer, NULL);
}

static struct json *release_one(struct fake_service *service, const char *subject)
{
	struct json *result = json_new_object();
	uint8_t id[HELDSET_ID_SIZE];
	char time[TIMESTAMP_SIZE];

	if (text_from_hex(subject, id, sizeof(id)) < 0)
		abort();
	const struct heldset_entry *found = heldset_find(&service->assigned, id);
	bool early = found && !release_is_allowed(found->assigned_s, service_now_s(service));
	json_put_text(result, "subject", subject);
	json_put_bool(result, "released", found && !early);
	json_put_text(result, "reason", !found ? "not_assigned" : early ? "too_early" : NULL);
	if (early) {
		timestamp_format(found->releasable_s, time);
		json_put_text(result, "releasable_at", time);
	} else {
		heldset_remove(&service->assigned, id);
	}
	return result;
}

static void release(
	struct fake_service *service, struct http_call *call, const struct json *body)
{
	const struct json *subjects = json_get(body, "subjects");
	AUTO_JSON answer = json_new_object();
	struct json *results = json_new_array();

	for (size_t i = 0; i < json_count(subjects); i++)
		json_append(results, release_one(service, json_as_text(json_at(subjects, i))));
	if (service->lease.state == LEASE_REVOKED)
		json_put_text(answer, "refused", "license_revoked");
	json_put(answer, "results", results);
	AUTO_TEXT text = json_text(answer, false);
	reply_good(service, call, body, text, NULL);
}

static void list(struct fake_service *service, struct http_call *call, const struct json *body)
{
	const char *after = json_get_text_or(body, "after", "");
	AUTO_JSON answer = json_new_object();
	struct json *subjects = json_new_array();
	char id[2 * HELDSET_ID_SIZE + 1] = "";
	char time[TIMESTAMP_SIZE];
	size_t at = 0;

	service->lists++;
	for (; at < service->assigned.count && json_count(subjects) < PAGE; at++) {
		const struct heldset_entry *entry = &service->assigned.entries[at];
		char this[2 * HELDSET_ID_SIZE + 1];
		text_to_hex(entry->id, HELDSET_ID_SIZE, this);
		if (strcmp(this, after) <= 0)
			continue;
		struct json *subject = json_new_object();
		memcpy(id, this, sizeof(id));
		json_put_text(subject, "id", id);
		timestamp_format(entry->assigned_s, time);
		json_put_text(subject, "assigned_at", time);
		timestamp_format(entry->releasable_s, time);
		json_put_text(subject, "releasable_at", time);
		json_append(subjects, subject);
	}
	json_put(answer, "subjects", subjects);
	json_put_text(answer, "next", at < service->assigned.count ? id : NULL);
	AUTO_TEXT text = json_text(answer, false);
	reply_good(service, call, body, text, NULL);
}

/* False where it answered with something that is no answer. */
static bool answers_at_all(struct fake_service *service, struct http_call *call)
{
	switch (service->lie) {
	case LIE_GARBAGE:
		http_reply(call, 200, "text/html", "<html>Welcome to the hotel", 26);
		return false;
	case LIE_EMPTY:
		http_reply(call, 200, "application/json", "", 0);
		return false;
	case LIE_OTHER_JSON:
		http_reply(call, 200, "application/json", "{\"revoked\":true}", 16);
		return false;
	case LIE_500:
		problem(call, 500, "internal", 0);
		return false;
	case LIE_503:
		problem(call, 503, "unavailable", 0);
		return false;
	case LIE_429:
		problem(call, 429, "slow_down", 0);
		return false;
	case LIE_REDIRECT:
		http_reply_header(call, "Location", "/v1/elsewhere");
		http_reply(call, 307, "text/plain", "", 0);
		return false;
	case LIE_UNSIGNED_REVOKED:
		problem(call, 403, "key_revoked", 0);
		return false;
	case LIE_INSTANCE_UNKNOWN:
		problem(call, 401, "instance_unknown", 0);
		return false;
	case LIE_KEY_UNKNOWN:
		problem(call, 404, "key_unknown", 0);
		return false;
	case LIE_SLOW:
		usleep(SLOW_US);
		return true;
	default:
		return true;
	}
}

/* Whether the instance signed the call, in the service's time. */
static bool is_signed(struct fake_service *service, struct http_call *call)
{
	uint8_t public[SIGN_PUBLIC_SIZE];
	AUTO_BUF signature = buf_init(SIGN_SIGNATURE_SIZE);
	AUTO_BUF key = buf_init(SIGN_PUBLIC_SIZE);
	struct request request = {
		.method = http_call_method(call),
		.path = http_call_path(call),
		.license_id = http_call_header(call, "Garner-License"),
		.instance_id = http_call_header(call, "Garner-Instance"),
		.at_s = strtoll(http_call_header(call, "Garner-Time"), NULL, 10),
	};

	request.body = http_call_body(call, &request.body_size);
	memcpy(public, service->instance_public, sizeof(public));
	if (!request.license_id) {
		AUTO_JSON body = NULL;
		if (json_parse(request.body, request.body_size, &body) < 0 ||
			text_from_base64(
				json_get_text_or(json_get(body, "instance"), "public_key", ""),
				&key) < 0)
			return false;
		memcpy(public, key.data, sizeof(public));
	} else if (!text_equal(request.license_id, service->license_id)) {
		return false;
	}
	if (llabs(request.at_s - service_now_s(service)) > REQUEST_WINDOW_S) {
		problem(call, 401, "time_outside_window", service_now_s(service));
		return false;
	}
	return text_from_base64(http_call_header(call, "Garner-Signature"), &signature) == 0 &&
	       request_is_signed(&request, public, signature.data);
}

static void fill_trial(struct fake_service *service, const struct json *body)
{
	struct trial *trial = &service->trial;
	const struct json *instance = json_get(body, "instance");
	AUTO_BUF public = buf_init(SIGN_PUBLIC_SIZE);

	if (!trial->started_s) {
		trial->started_s = service_now_s(service);
		trial->ends_s = trial->started_s + TRIAL_DAYS * 86400;
	}
	if (text_from_base64(json_get_text_or(instance, "public_key", ""), &public) < 0 ||
		text_from_hex(json_get_text_or(body, "tenant", ""), trial->tenant, HASH_SIZE) <
			0 ||
		text_from_hex(json_get_text_or(body, "nonce", ""), trial->nonce,
			sizeof(trial->nonce)) < 0)
		abort();
	memcpy(trial->instance_public, public.data, SIGN_PUBLIC_SIZE);
	snprintf(trial->instance_id, sizeof(trial->instance_id), "%s",
		json_get_text_or(instance, "id", ""));
	trial->sequence++;
	trial->issued_s = service_now_s(service);
	trial->renew_after_s = trial->issued_s + LEASE_RENEW_AFTER_S;
	trial->state = trial->issued_s >= trial->ends_s ? TRIAL_ENDED : TRIAL_RUNS;
	trial->tenant[0] ^= service->lie == LIE_OTHER_LICENSE;
	trial->instance_public[0] ^= service->lie == LIE_OTHER_INSTANCE;
	trial->nonce[0] ^= service->lie == LIE_OTHER_NONCE;
}

static char *write_trial(struct fake_service *service)
{
	struct trial trial = service->trial;

	if (service->lie == LIE_FALLING_SEQUENCE)
		trial.sequence = 1;
	char *text = trial_write(&trial, &service->online);
	if (service->lie == LIE_BAD_SIGNATURE) {
		char *last = strrchr(text, ':') + 10;
		*last = *last == 'A' ? 'B' : 'A';
	}
	return text;
}

static void trial(struct fake_service *service, struct http_call *call, const struct json *body)
{
	AUTO_JSON json = json_new_object();

	if (service->trial_is_full) {
		problem(call, 403, "trial_full", 0);
		return;
	}
	fill_trial(service, body);
	AUTO_TEXT signed_text = write_trial(service);
	AUTO_TEXT keyset = write_keyset(service);
	json_put_int(json, "schema", 1);
	json_put_text(json, "trial", signed_text);
	json_put_text(json, "keyset", keyset);
	AUTO_TEXT text = json_text(json, false);
	if (service->lie == LIE_OLD_ANSWER && service->last_good)
		mem_replace(&text, mem_strdup(service->last_good));
	else if (service->lie == LIE_NONE)
		mem_replace(&service->last_good, mem_strdup(text));
	http_reply(call, 200, "application/json", text, strlen(text));
}

static void route(struct fake_service *service, struct http_call *call, const struct json *body)
{
	const char *path = http_call_path(call);

	if (text_equal(path, "/v1/activate"))
		activate(service, call, body);
	else if (text_equal(path, "/v1/lease"))
		reply_good(service, call, body, NULL, NULL);
	else if (text_equal(path, "/v1/claims"))
		claim(service, call, body);
	else if (text_equal(path, "/v1/releases"))
		release(service, call, body);
	else if (text_equal(path, "/v1/trial"))
		trial(service, call, body);
	else if (text_equal(path, "/v1/subjects"))
		list(service, call, body);
	else
		problem(call, 404, "path_unknown", 0);
}

static void handle(void *context, struct http_call *call)
{
	struct fake_service *service = context;
	AUTO_JSON body = NULL;
	size_t size;
	const void *bytes = http_call_body(call, &size);

	pthread_mutex_lock(&service->lock);
	service->calls++;
	if (service->lies_left == 0)
		service->lie = LIE_NONE;
	else if (service->lies_left > 0)
		service->lies_left--;
	problem(call, 401, "signature_invalid", 0); /* a later reply counts */
	if (answers_at_all(service, call) && is_signed(service, call) &&
		json_parse(bytes, size, &body) == 0)
		route(service, call, body);
	if (service->lie == LIE_CUT)
		http_reply_cut(call, 10);
	pthread_mutex_unlock(&service->lock);
}

void fake_service_lie(struct fake_service *service, enum lie lie)
{
	pthread_mutex_lock(&service->lock);
	service->lie = lie;
	service->lies_left = -1;
	pthread_mutex_unlock(&service->lock);
}

void fake_service_assign(struct fake_service *service, const char *subject)
{
	struct heldset_entry entry = {.assigned_s = service_now_s(service)};

	entry.releasable_s = release_first_moment(entry.assigned_s);
	if (text_from_hex(subject, entry.id, sizeof(entry.id)) < 0)
		abort();
	heldset_add(&service->assigned, &entry, 1);
}

struct fake_service *fake_service_start(void)
{
	struct fake_service *service = mem_alloc(sizeof(*service));
	const struct http_server_options options = {
		.listen = "127.0.0.1:0",
		.handler = handle,
		.context = service,
		.workers = 1,
		.body_ceiling = 1 << 20,
	};

	pthread_mutex_init(&service->lock, NULL);
	sign_key_new(&service->root);
	sign_key_new(&service->other_root);
	sign_key_new(&service->online);
	service->lies_left = -1;
	snprintf(service->license_id, sizeof(service->license_id), "%s",
		"0123456789abcdef0123456789abcdef");
	service->lease = (struct lease){
		.epoch = 1,
		.sequence = 100,
		.revision = 7,
		.seats = 10,
		.state = LEASE_ACTIVE,
		.activated_s = clock_now_s(),
		.expires_s = clock_now_s() + 365 * 86400,
		.renew_after_s = clock_now_s() + LEASE_RENEW_AFTER_S,
		.offline_limit_s = LEASE_OFFLINE_LIMIT_S,
	};
	service->trial = (struct trial){.items_per_folder = TRIAL_ITEMS_PER_FOLDER,
		.offline_limit_s = LEASE_OFFLINE_LIMIT_S};
	if (http_server_start(&options, &service->server) < 0)
		abort();
	return service;
}

void fake_service_stop(struct fake_service *service)
{
	http_server_stop(service->server);
	heldset_free(&service->assigned);
	mem_free(service->wrapped_secret);
	mem_free(service->idempotency_key);
	mem_free(service->idempotent_answer);
	mem_free(service->last_good);
	pthread_mutex_destroy(&service->lock);
	mem_free(service);
}

const char *fake_service_url(const struct fake_service *service)
{
	return http_server_url(service->server);
}
