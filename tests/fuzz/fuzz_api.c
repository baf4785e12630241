/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/settings.h"
#include "license_service/signer.h"
#include "net/http_direct.h"
#include "service.h"

/* Bodies of the licensing service: its API for instances, its shop, its webhook of payments.
 * The first byte chooses the endpoint, "!" as the second makes what authorizes it wrong: the
 * instance's signature, the webhook's, the form's token. The service answers each with what its
 * description allows, never with an error of its own; what is forged is refused; a signed
 * answer is signed by its root key, answers this question and never has more assigned than
 * there are licenses. */

enum way {
	BY_INSTANCE, /* JSON, signed by an instance */
	BY_NOBODY,   /* JSON */
	BY_PROVIDER, /* a webhook */
	BY_FORM,     /* a form of the shop */
	BY_LINK,     /* a GET, the input is the query */
	BY_TOKEN,    /* a GET by the customer's program; the input is its token */
};

static const struct endpoint {
	const char *path;
	enum way way;
} endpoints[] = {
	{"/v1/activate", BY_INSTANCE},
	{"/v1/lease", BY_INSTANCE},
	{"/v1/claims", BY_INSTANCE},
	{"/v1/releases", BY_INSTANCE},
	{"/v1/subjects", BY_INSTANCE},
	{"/v1/events", BY_INSTANCE},
	{"/v1/trial", BY_INSTANCE},
	{"/v1/quotes", BY_NOBODY},
	{"/v1/orders", BY_NOBODY},
	{"/v1/payments/webhook", BY_PROVIDER},
	{"/buy", BY_FORM},
	{"/orders/0123456789abcdef", BY_FORM},
	{"/buy", BY_LINK},
	{"/orders/0123456789abcdef", BY_LINK},
	{"/v1/orders/0123456789abcdef", BY_TOKEN},
};

/* One input on its way. */
struct input {
	struct service_world *world;
	const struct endpoint *endpoint;
	const void *body;
	size_t size;
	bool is_forged;
};

static void send(const struct input *input, const char *method, const char *const *headers,
	struct http_response *response)
{
	const struct http_request request = {.method = method,
		.url = input->endpoint->path,
		.headers = headers,
		.body = input->body,
		.body_size = input->size};

	ASSERT(http_direct(api_handle, &input->world->api, &request, response) == 0);
}

/* What was paid for the order; 0 while it is not completed. */
static int64_t read_paid(const struct service_world *world)
{
	struct order order;

	ASSERT(orders_read(world->store, service_order, &order) == 0);
	return order.completed_s ? order.amount : 0;
}

/* It is completed by a true report that it was paid, and paid whole. */
static void check_paid(const struct input *input)
{
	AUTO_JSON body = NULL;

	ASSERT(!input->is_forged);
	ASSERT(json_parse(input->body, input->size, &body) == 0);
	const struct json *data = json_get(body, "data");
	ASSERT(strcmp(json_get_text_or(body, "type", ""), "payment.succeeded") == 0);
	ASSERT(json_get_int(data, "amount", -1) >= read_paid(input->world));
	ASSERT(strcmp(json_get_text_or(data, "currency", ""), "EUR") == 0);
	ASSERT(strcmp(json_get_text_or(data, "order_id", ""), service_order) == 0);
}

static void ask_as_provider(const struct input *input, struct http_response *response)
{
	char id[17];
	uint8_t digest[HASH_SIZE];
	AUTO_TEXT time = mem_printf("%" PRId64, clock_now_s());

	hash_sha256(input->size ? input->body : "", input->size, digest);
	text_to_hex(digest, 8, id);
	const struct webhook_message message = {
		.id = id, .timestamp = time, .body = input->body, .body_size = input->size};
	AUTO_TEXT signature =
		webhook_sign(&message, &input->world->home->settings->webhook_secrets);
	if (input->is_forged)
		signature[3] = signature[3] == 'A' ? 'B' : 'A';
	AUTO_TEXT id_header = mem_printf("webhook-id: %s", id);
	AUTO_TEXT time_header = mem_printf("webhook-timestamp: %s", time);
	AUTO_TEXT sign_header = mem_printf("webhook-signature: %s", signature);
	const char *headers[] = {
		"Content-Type: application/json", id_header, time_header, sign_header, NULL};

	bool was_paid = read_paid(input->world) > 0;
	send(input, "POST", headers, response);
	ASSERT(!input->is_forged || response->status >= 400);
	if (!was_paid && read_paid(input->world) > 0)
		check_paid(input);
}

static void ask_by_link(const struct input *input, struct http_response *response)
{
	AUTO_TEXT query = fuzz_text(input->body, input->size);
	AUTO_TEXT target = mem_printf("%s?%s", input->endpoint->path, query);
	const struct http_request request = {.method = "GET", .url = target};

	ASSERT(http_direct(api_handle, &input->world->api, &request, response) == 0);
	/* Nobody sees an order without its token. */
	ASSERT(response->status != 200 || strcmp(input->endpoint->path, "/buy") == 0 ||
		strstr(query, "t="));
}

static void ask_by_token(const struct input *input, struct http_response *response)
{
	AUTO_TEXT token = fuzz_text(input->body, input->size);
	AUTO_TEXT header = mem_printf("Authorization: Bearer %s", token);
	const char *headers[] = {header, NULL};
	const struct input without = {.world = input->world, .endpoint = input->endpoint};

	send(&without, "GET", headers, response);
	ASSERT((response->status == 200) == text_equal(token, input->world->page_token));
}

/* A lease or a trial that the service signed. */
static void check_signed(const struct input *input, struct http_response *response)
{
	AUTO_JSON reply = NULL;
	struct keyset keyset;
	struct lease lease;
	struct trial trial;

	ASSERT(!input->is_forged || response->status >= 400);
	if (response->status != 200)
		return;
	ASSERT(json_parse(buf_text(&response->body), response->body.size, &reply) == 0);
	ASSERT(keyset_read(json_get_text_or(reply, "keyset", ""),
		       input->world->home->root.public, &keyset) == 0);
	if (strcmp(input->endpoint->path, "/v1/trial") == 0) {
		ASSERT(trial_read(json_get_text_or(reply, "trial", ""), &keyset, &trial) == 0);
		ASSERT(strcmp(trial.instance_id, service_instance) == 0);
		ASSERT(trial.ends_s > trial.started_s);
		return;
	}
	ASSERT(lease_read(json_get_text_or(reply, "lease", ""), &keyset, &lease) == 0);
	ASSERT(strcmp(lease.instance_id, service_instance) == 0);
	ASSERT(lease.used <= lease.seats && lease.seats <= LICENSE_SEATS_MAX);
}

/* What is ordered costs no more than what the customer said. */
static void check_order(const struct input *input, struct http_response *response)
{
	AUTO_JSON body = NULL;
	AUTO_JSON reply = NULL;

	if (response->status != 201)
		return;
	ASSERT(json_parse(input->body, input->size, &body) == 0);
	ASSERT(json_parse(buf_text(&response->body), response->body.size, &reply) == 0);
	int64_t most = json_get_int(body, "most", INT64_MAX);
	int64_t amount = json_get_int(json_get(reply, "price"), "amount", -1);
	ASSERT(amount >= 0 && amount <= most);
}

static void ask(const struct input *input, struct http_response *response)
{
	static const char *const json[] = {"Content-Type: application/json", NULL};
	static const char *const form[] = {
		"Content-Type: application/x-www-form-urlencoded", NULL};
	bool brings_its_key = input->endpoint - endpoints == 0 ||
			      strcmp(input->endpoint->path, "/v1/trial") == 0;
	const struct service_request request = {.path = input->endpoint->path,
		.license_id = brings_its_key ? NULL : input->world->order.license_id,
		.body = input->body,
		.size = input->size,
		.is_forged = input->is_forged};

	switch (input->endpoint->way) {
	case BY_INSTANCE:
		service_ask(input->world, &request, response);
		check_signed(input, response);
		break;
	case BY_NOBODY:
		send(input, "POST", json, response);
		check_order(input, response);
		break;
	case BY_PROVIDER:
		ask_as_provider(input, response);
		break;
	case BY_FORM:
		send(input, "POST", form, response);
		break;
	case BY_LINK:
		ask_by_link(input, response);
		break;
	case BY_TOKEN:
		ask_by_token(input, response);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_RESPONSE response = {0};
	AUTO_BUF body = {0};

	if (size < 2)
		return 0;
	struct input input = {.world = service_world(), .is_forged = data[1] == '!'};
	/* Letters and digits, so that an input is a text: 0 to 9, then a, b, c … */
	size_t choice = data[0] >= 'a' ? data[0] - 'a' + 10U : data[0] - '0' + 0U;
	input.endpoint = &endpoints[choice % (sizeof(endpoints) / sizeof(endpoints[0]))];
	service_fill(input.world, data + 2, size - 2, &body);
	input.body = body.data;
	input.size = body.size;
	ask(&input, &response);
	service_check(&response);
	return 0;
}
