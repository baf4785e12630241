/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/api_priv.h"
#include "license_service/mail_queue.h"
#include "license_service/metrics.h"
#include "license_service/order_json.h"
#include "license_service/payment.h"
#include "license_service/shop_priv.h"
#include "license_service/token.h"

/* The shop for programs: api/licensing.yaml. */

enum { BODY_MAX = 16 * 1024, NUMBER_SIZE = 24, KEY_LEAST = 16, KEY_MOST = 128 };

static void reply_json(struct http_call *call, int status, const struct json *json)
{
	AUTO_TEXT text = json_text(json, false);

	http_reply_header(call, "Cache-Control", "no-store");
	http_reply(call, status, "application/json", text, strlen(text));
	secret_wipe(text, strlen(text));
}

static const struct problem *problem_of(int r)
{
	switch (r) {
	case ERR_INVALID:
	case ERR_LIMIT:
		return &problem_request_invalid;
	case ERR_LICENSE:
		return &problem_order_refused;
	case ERR_NOTFOUND:
		return &problem_order_unknown;
	case ERR_THROTTLED:
		return &problem_slow_down;
	case ERR_AUTH:
		return &problem_signature_invalid;
	default:
		return problem_of_failure(r);
	}
}

/* The first field that is wrong, as a problem. */
static const struct problem *problem_of_errors(const struct sale_errors *errors)
{
	const char *const texts[] = {
		errors->seats, errors->key, errors->customer, errors->email, errors->general};
	const char *first = "";

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]) && !*first; i++)
		first = texts[i];
	const struct problem *problem =
		text_equal(errors->code, "key_mistyped")  ? &problem_key_mistyped
		: text_equal(errors->code, "key_unknown") ? &problem_key_unknown
							  : &problem_request_invalid;
	return problem_because(problem, "%s", first);
}

static int read_body(struct http_call *call, struct json **out)
{
	size_t size;
	const char *text = http_call_body(call, &size);

	*out = NULL;
	if (size > BODY_MAX)
		return err_set(ERR_LIMIT, "the body may have %d bytes", BODY_MAX);
	if (json_parse(text ? text : "", size, out) < 0 || !json_is_object(*out))
		return err_set(ERR_INVALID, "the body must be a JSON object");
	return 0;
}

/* A request of the shop, checked and reckoned up. NULL, or the problem. */
struct api_sale {
	struct json *body;
	char seats[NUMBER_SIZE];
	struct sale sale;
	struct sale_quote quote;
};

static const struct problem *read_sale(
	struct shop *shop, struct http_call *call, bool with_contact, struct api_sale *out)
{
	struct sale_errors errors = {0};
	int r = shop_count(shop, call);

	if (r == 0)
		r = read_body(call, &out->body);
	if (r < 0)
		return problem_of(r);
	snprintf(out->seats, sizeof(out->seats), "%" PRId64,
		json_get_int(out->body, "seats", 0));
	const struct sale_input input = {
		.kind = json_get_text_or(out->body, "kind", ""),
		.seats = out->seats,
		.license_key = json_get_text_or(out->body, "license_key", ""),
		.customer = json_get_text_or(out->body, "customer", ""),
		.email = json_get_text_or(out->body, "email", ""),
		.peer = http_call_peer(call),
		.with_contact = with_contact,
	};
	pthread_mutex_lock(&shop->lock);
	r = sale_check(shop->store, shop->keys, &input, &out->sale, &errors);
	if (r == 0)
		r = sale_quote(shop->store, &out->sale, clock_now_s(), &out->quote);
	pthread_mutex_unlock(&shop->lock);
	if (errors.code)
		return problem_of_errors(&errors);
	return r < 0 ? problem_of(r) : NULL;
}

static struct json *quote_json(const struct api_sale *request)
{
	struct json *json = json_new_object();
	struct json *warnings = json_new_array();

	json_put_int(json, "schema", 1);
	json_put_text(json, "kind", order_kind_name(request->sale.kind));
	json_put_int(json, "seats", request->sale.seats);
	json_put_int(json, "seats_after", request->quote.seats_after);
	order_json_put_price(json, request->quote.amount, request->quote.currency);
	json_put_time(json, "starts_at", request->quote.starts_s);
	json_put_time(json, "ends_at", request->quote.ends_s);
	if (request->quote.warning_code) {
		struct json *warning = json_new_object();
		json_put_text(warning, "code", request->quote.warning_code);
		json_put_text(warning, "text", request->quote.warning);
		json_append(warnings, warning);
	}
	json_put(json, "warnings", warnings);
	return json;
}

void shop_api_quote(struct shop *shop, struct http_call *call)
{
	struct api_sale request = {0};
	const struct problem *problem = read_sale(shop, call, false, &request);

	if (problem) {
		problem_reply(call, problem);
	} else {
		AUTO_JSON json = quote_json(&request);
		reply_json(call, 200, json);
	}
	json_free(request.body);
}

static void reply_order(
	struct shop *shop, struct http_call *call, int status, const struct order *order)
{
	AUTO_JSON json = order_json(order, clock_now_s());
	AUTO_TEXT token = token_of_order(shop->home, order->id);
	AUTO_TEXT page = mem_printf("/orders/%s?t=%s", order->id, token);

	json_put_int(json, "schema", 1);
	json_put_text(json, "token", token);
	json_put_text(json, "page", page);
	json_put_text(json, "license_key", order->key[0] ? order->key : NULL);
	reply_json(call, status, json);
}

/* The same key and the same order: one order. */
static const struct problem *read_idempotency(
	struct shop *shop, const struct api_sale *request, char *order_id)
{
	const struct json *body = request->body;
	const char *key = json_get_text(body, "idempotency_key");

	order_id[0] = '\0';
	if (!key)
		return NULL;
	if (strlen(key) < KEY_LEAST || strlen(key) > KEY_MOST)
		return problem_because(&problem_request_invalid,
			"\"idempotency_key\" must have %d to %d bytes", KEY_LEAST, KEY_MOST);
	AUTO_TEXT seed = mem_printf("api\n%s\n%s\n%s\n%s\n%s\n%s", key,
		order_kind_name(request->sale.kind), request->seats, request->sale.license_id,
		request->sale.customer, request->sale.email);
	token_order_id(shop->home, seed, order_id);
	return NULL;
}

void shop_api_place(struct shop *shop, struct http_call *call)
{
	struct api_sale request = {0};
	char order_id[ORDER_ID_SIZE];
	struct order order = {0};
	const struct problem *problem = read_sale(shop, call, true, &request);

	if (!problem)
		problem = read_idempotency(shop, &request, order_id);
	int64_t most = json_get_int(request.body, "most", INT64_MAX);
	if (!problem && request.quote.amount > most)
		problem = problem_because(&problem_price_changed,
			"the order costs %" PRId64 " and \"most\" is %" PRId64,
			request.quote.amount, most);
	if (!problem) {
		int r = shop_place(shop, &request.sale, order_id[0] ? order_id : NULL, &order);
		problem = r < 0 ? problem_of(r) : NULL;
	}
	if (problem)
		problem_reply(call, problem);
	else
		reply_order(shop, call, 201, &order);
	secret_wipe(order.key, sizeof(order.key));
	json_free(request.body);
}

void shop_api_order(struct shop *shop, struct http_call *call, const char *order_id)
{
	static const char scheme[] = "Bearer ";
	const char *header = http_call_header(call, "Authorization");
	const char *token =
		header && text_starts_with(header, scheme) ? header + sizeof(scheme) - 1 : NULL;
	struct order order = {0};
	int r = shop_find_order(shop, order_id, token, &order);

	if (r < 0)
		problem_reply(call, problem_of(r));
	else
		reply_order(shop, call, 200, &order);
	secret_wipe(order.key, sizeof(order.key));
}

static int take_report(struct shop *shop, struct http_call *call, const char **outcome)
{
	size_t size;
	const void *body = http_call_body(call, &size);
	struct payment_report report;
	const struct payment_message message = {
		.message = {.id = http_call_header(call, "webhook-id"),
			.timestamp = http_call_header(call, "webhook-timestamp"),
			.body = body,
			.body_size = size},
		.signatures = http_call_header(call, "webhook-signature"),
		.now_s = clock_now_s(),
	};

	if (size > BODY_MAX)
		return err_set(ERR_LIMIT, "the body may have %d bytes", BODY_MAX);
	int r = payment_webhook.read(shop->home->settings, &message, &report);
	if (r < 0)
		return r;
	pthread_mutex_lock(&shop->lock);
	r = payment_take(shop->store, &payment_webhook, &report, message.now_s, outcome);
	pthread_mutex_unlock(&shop->lock);
	return r;
}

/* What is believed is answered with 200, whatever became of it: a provider's retry would change
 * nothing. Only what a later try can mend is answered with an error. */
void shop_api_webhook(struct shop *shop, struct http_call *call)
{
	const char *outcome = NULL;
	AUTO_JSON json = json_new_object();
	int r = take_report(shop, call, &outcome);

	metrics_count_webhook(r < 0 ? "unbelieved" : outcome);
	if (r < 0) {
		problem_reply(call, problem_of(r));
		return;
	}
	json_put_int(json, "schema", 1);
	json_put_text(json, "outcome", outcome);
	reply_json(call, 200, json);
}
