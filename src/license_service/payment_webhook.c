/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/payment.h"

/* A provider of payments that reports by webhooks, signed as Standard Webhooks says:
 *
 *   { "type": "payment.succeeded" | "payment.failed" | "payment.refunded",
 *     "data": { "order_id": …, "amount": minor units, "currency": "EUR" } }
 */

static bool is_offered(const struct settings *settings)
{
	return settings->webhook_text != NULL;
}

static char *how_to_pay(const struct settings *settings, const struct order *order)
{
	return payment_fill(settings->webhook_text, settings, order, false);
}

static char *link_to(const struct settings *settings, const struct order *order)
{
	return settings->webhook_url
		       ? payment_fill(settings->webhook_url, settings, order, true)
		       : NULL;
}

static enum payment_event event_of(const char *type)
{
	if (text_equal(type, "payment.succeeded"))
		return PAYMENT_SUCCEEDED;
	if (text_equal(type, "payment.failed"))
		return PAYMENT_FAILED;
	return text_equal(type, "payment.refunded") ? PAYMENT_REFUNDED : PAYMENT_OTHER;
}

static int read_event(const struct json *event, struct payment_report *out)
{
	const struct json *data = json_get(event, "data");
	const char *order = json_get_text_or(data, "order_id", "");
	const char *currency = json_get_text_or(data, "currency", "");

	out->event = event_of(json_get_text_or(event, "type", ""));
	if (out->event == PAYMENT_OTHER)
		return 0;
	out->amount = json_get_int(data, "amount", -1);
	/* An id of another form is that of somebody else's order: unknown here. */
	snprintf(out->order_id, sizeof(out->order_id), "%.16s", order);
	if (strlen(order) >= sizeof(out->order_id))
		out->order_id[0] = '\0';
	if (!*order ||
		(out->event != PAYMENT_FAILED && (out->amount < 0 || strlen(currency) != 3)))
		return err_set(ERR_INVALID, "\"data\" needs \"order_id\", \"amount\" in minor "
					    "units and \"currency\"");
	snprintf(out->currency, sizeof(out->currency), "%.3s", currency);
	return 0;
}

static int read_webhook(const struct settings *settings, const struct payment_message *message,
	struct payment_report *out)
{
	AUTO_JSON event = NULL;
	int r = webhook_verify(&message->message, message->signatures,
		&settings->webhook_secrets, message->now_s);

	*out = (struct payment_report){.event = PAYMENT_OTHER, .amount = -1};
	if (r < 0)
		return r;
	snprintf(out->delivery_id, sizeof(out->delivery_id), "%s", message->message.id);
	if (json_parse(message->message.body, message->message.body_size, &event) < 0 ||
		!json_is_object(event) || !json_get_text(event, "type"))
		return err_set(ERR_INVALID, "the body must be a JSON object with a \"type\"");
	return read_event(event, out);
}

const struct payment_side payment_webhook = {
	.name = "webhook",
	.is_offered = is_offered,
	.how_to_pay = how_to_pay,
	.link = link_to,
	.read = read_webhook,
};
