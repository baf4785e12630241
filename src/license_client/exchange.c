/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/exchange.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/request.h"
#include "license_client/transport.h"
#include "license_client/trials.h"
#include "net/http_client.h"

enum {
	CONNECT_TIMEOUT_MS = 5000,
	BODY_MAX = 32 << 20, /* a page of 10,000 subjects is about 2 MB */
	HEADER_COUNT = 5,
};

static const int64_t time_max_s = 253402300799; /* the end of the year 9999 */

/* What is known before an answer is looked at. */
struct expectation {
	const char *license_id; /* NULL: the answer names it */
	const uint8_t *tenant;  /* whose trial it must be; NULL: it is a lease */
	uint8_t nonce[LEASE_NONCE_SIZE];
	/* Of the lease that was believed last; an activation starts anew. */
	const struct proof *last; /* NULL */
};

void exchange_reply_free(struct exchange_reply *reply)
{
	proof_free(&reply->proof);
	trial_proof_free(&reply->trial);
	json_free(reply->document);
	json_free(reply->answer);
	*reply = (struct exchange_reply){0};
}

/* Sending. */

void license_client_send_by(
	struct license_client *client, const struct license_transport *transport)
{
	client->transport = transport;
}

static int make_http(
	const struct license_client *client, int64_t timeout_ms, struct http_client **out)
{
	const struct http_client_options options = {
		.ca_file = client->endpoint.ca_file,
		.connect_timeout_ms =
			timeout_ms < CONNECT_TIMEOUT_MS ? timeout_ms : CONNECT_TIMEOUT_MS,
		.stall_timeout_ms = timeout_ms,
		.total_timeout_ms = timeout_ms,
	};

	return http_client_new(&options, out);
}

static char *signed_header(const struct license_client *client, const struct exchange *exchange,
	const char *body, int64_t at_s)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const struct request request = {
		.method = "POST",
		.path = exchange->path,
		.license_id = exchange->license_id,
		.instance_id = client->identity.id,
		.at_s = at_s,
		.body = body,
		.body_size = strlen(body),
	};

	request_sign(&request, &client->identity.key, signature);
	AUTO_TEXT text = text_to_base64(signature, sizeof(signature));
	return mem_printf("Garner-Signature: %s", text);
}

static int send_body(struct license_client *client, struct http_client *http,
	const struct exchange *exchange, const char *body, struct http_response *response)
{
	int64_t at_s = clock_now_s() + client->service_ahead_s;
	AUTO_TEXT url = mem_printf("%s%s", client->endpoint.url, exchange->path);
	AUTO_TEXT instance = mem_printf("Garner-Instance: %s", client->identity.id);
	AUTO_TEXT time = mem_printf("Garner-Time: %" PRId64, at_s);
	AUTO_TEXT signature = signed_header(client, exchange, body, at_s);
	AUTO_TEXT license = exchange->license_id
				    ? mem_printf("Garner-License: %s", exchange->license_id)
				    : NULL;
	const char *headers[HEADER_COUNT + 1] = {
		"Content-Type: application/json", instance, time, signature, license};
	const struct http_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = body,
		.body_size = strlen(body),
		.body_ceiling = BODY_MAX,
	};

	if (client->transport)
		return client->transport->send(
			client->transport->context, &request, exchange->timeout_ms, response);
	return http_send(http, &request, response);
}

/* Refusals. None of them is signed: they say that there is no answer, and never what is true.
 */

static int refusal_code(int status)
{
	if (status == 429)
		return ERR_THROTTLED;
	if (status >= 500)
		return ERR_UNAVAILABLE;
	return status == 401 || status == 403 ? ERR_AUTH : ERR_PROTOCOL;
}

static struct json *problem_document(struct http_response *response)
{
	struct json *document = NULL;
	const char *text = buf_text(&response->body);

	if (!text || json_parse(text, response->body.size, &document) < 0)
		return NULL;
	return document;
}

static int refuse(struct http_response *response, struct exchange_reply *out)
{
	AUTO_JSON document = problem_document(response);
	const char *code = json_get_text_or(document, "code", "");
	const char *detail = json_get_text(document, "detail");
	int result = refusal_code(response->status);

	snprintf(out->problem, sizeof(out->problem), "%s", code);
	if (response->status >= 300 && response->status < 400)
		return err_set(ERR_PROTOCOL,
			"the licensing service answers with a redirection, which is not "
			"followed; set the address at which it really is");
	if (strcmp(code, "instance_unknown") == 0)
		return err_set(ERR_AUTH,
			"the licensing service does not know this instance; activate again "
			"with the license key");
	if (strcmp(code, "history_behind") == 0)
		return err_set(ERR_CORRUPT, "the licensing service's history was changed or "
					    "rolled back, as it says "
					    "itself; its operator must look at that");
	return err_set((enum err)result, "the licensing service refuses (status %d): %s",
		response->status, detail ? detail : "it gives no reason");
}

/* The service refuses a request whose time is far from its own, and says what time it has. That
 * goes into the header of the next requests and nowhere else. */
static bool learn_time(struct license_client *client, struct http_response *response)
{
	AUTO_JSON document = response->status == 401 ? problem_document(response) : NULL;
	int64_t service_s = json_get_int(document, "service_time", -1);

	if (service_s < 0 || service_s > time_max_s ||
		strcmp(json_get_text_or(document, "code", ""), "time_outside_window") != 0)
		return false;
	client->service_ahead_s = service_s - clock_now_s();
	return true;
}

/* Believing. */

static int check_order(const struct proof *proof, const struct proof *last)
{
	if (!last)
		return 0;
	if (proof->keyset_version < last->keyset_version)
		return err_set(ERR_CORRUPT, "its keys are older than those seen before");
	if (strcmp(proof->lease.key_id, last->lease.key_id) == 0 &&
		proof->lease.sequence <= last->lease.sequence)
		return err_set(ERR_CORRUPT, "it is older than one seen before");
	return 0;
}

static int check_answer(const struct lease *lease, const char *answer)
{
	uint8_t digest[HASH_SIZE];

	if (lease->has_answer != (answer != NULL))
		return err_set(ERR_CORRUPT, "its lease is for another kind of answer");
	if (!answer)
		return 0;
	hash_sha256(answer, strlen(answer), digest);
	if (!secret_equal(digest, lease->answer_digest, sizeof(digest)))
		return err_set(ERR_CORRUPT, "it was changed on the way");
	return 0;
}

static int believe(struct license_client *client, const struct expectation *expected,
	struct exchange_reply *out)
{
	const char *texts[2] = {
		json_get_text(out->document, "lease"), json_get_text(out->document, "keyset")};
	const char *answer = json_get_text(out->document, "answer");
	const char *license_id = expected->license_id;

	if (!license_id)
		license_id = json_get_text_or(out->document, "license_id", "");
	int r = client_believe(client, license_id, texts, &out->proof);
	if (r == 0 && !secret_equal(out->proof.lease.nonce, expected->nonce, LEASE_NONCE_SIZE))
		r = err_set(ERR_CORRUPT, "it answers another question");
	if (r == 0)
		r = check_order(&out->proof, expected->last);
	if (r == 0)
		r = check_answer(&out->proof.lease, answer);
	if (r == 0 && answer && json_parse(answer, strlen(answer), &out->answer) < 0)
		r = err_set(ERR_CORRUPT, "it has no sense");
	return r;
}

static int believe_trial(const struct license_client *client,
	const struct expectation *expected, struct exchange_reply *out)
{
	const struct trials_expectation trial = {expected->tenant, expected->nonce};

	return trials_believe(client, &trial, out->document, &out->trial);
}

static int take(struct license_client *client, const struct expectation *expected,
	struct http_response *response, struct exchange_reply *out)
{
	const char *text = buf_text(&response->body);

	if (response->status != 200)
		return refuse(response, out);
	int r = text ? json_parse(text, response->body.size, &out->document) : ERR_LIMIT;
	if (r < 0)
		r = err_set(ERR_CORRUPT, "it has no sense");
	else if (expected->tenant)
		r = believe_trial(client, expected, out);
	else
		r = believe(client, expected, out);
	if (r == 0)
		return 0;
	proof_free(&out->proof);
	log_warning("license_answer_refused", "server", client->endpoint.url, "why",
		err_message(), NULL);
	return err_wrap(r, "an answer that is not the licensing service's was refused");
}

/* What was believed last: a service that knows less was put back from an old copy. */
static void put_witness(const struct lease *lease, struct json *body)
{
	char chain[2 * HASH_SIZE + 1];
	struct json *witness = json_new_object();

	text_to_hex(lease->chain, HASH_SIZE, chain);
	json_put_int(witness, "revision", lease->revision);
	json_put_text(witness, "chain", chain);
	json_put_int(witness, "sequence", lease->sequence);
	json_put(body, "witness", witness);
}

static int ask(struct license_client *client, struct http_client *http,
	const struct exchange *exchange, struct exchange_reply *out)
{
	char nonce[2 * LEASE_NONCE_SIZE + 1];
	struct expectation expected = {
		.license_id = exchange->license_id, .tenant = exchange->tenant};

	if (exchange->license_id && client->record.proof.lease_text)
		expected.last = &client->record.proof;
	if (expected.last)
		put_witness(&expected.last->lease, exchange->body);
	secret_random(expected.nonce, sizeof(expected.nonce));
	text_to_hex(expected.nonce, sizeof(expected.nonce), nonce);
	json_put_text(exchange->body, "nonce", nonce);
	AUTO_TEXT body = json_text(exchange->body, false);

	AUTO_RESPONSE response = {0};
	int r = send_body(client, http, exchange, body, &response);
	if (r == 0 && learn_time(client, &response)) {
		http_response_free(&response);
		r = send_body(client, http, exchange, body, &response);
	}
	if (r == 0)
		r = take(client, &expected, &response, out);
	if (!exchange->license_id)
		secret_wipe(body, strlen(body)); /* the license key is in it */
	return r;
}

int exchange_run(struct license_client *client, const struct exchange *exchange,
	struct exchange_reply *out)
{
	struct http_client *hasty = NULL;
	int r = 0;

	*out = (struct exchange_reply){0};
	if (!client->endpoint.url[0])
		return err_set(ERR_INVALID,
			"no licensing service is set; name it with `garner license server`");
	if (client->transport)
		return ask(client, NULL, exchange, out);
	if (exchange->timeout_ms < EXCHANGE_TIMEOUT_MS)
		r = make_http(
			client, exchange->timeout_ms > 0 ? exchange->timeout_ms : 1, &hasty);
	else if (!client->http)
		r = make_http(client, EXCHANGE_TIMEOUT_MS, &client->http);
	if (r == 0)
		r = ask(client, hasty ? hasty : client->http, exchange, out);
	http_client_free(hasty);
	return r;
}
