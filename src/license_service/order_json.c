/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/order_json.h"

void order_json_put_price(struct json *json, int64_t amount, const char *currency)
{
	struct json *price = json_new_object();

	json_put_int(price, "amount", amount);
	json_put_text(price, "currency", currency);
	json_put(json, "price", price);
}

struct json *order_json(const struct order *order, int64_t now_s)
{
	struct json *json = json_new_object();

	json_put_text(json, "order_id", order->id);
	json_put_text(json, "kind", order_kind_name(order->kind));
	json_put_int(json, "seats", order->seats);
	order_json_put_price(json, order->amount, order->currency);
	json_put_text(json, "state", order_state_name(order_state(order, now_s)));
	json_put_text(json, "paid_by", order->paid_by[0] ? order->paid_by : NULL);
	json_put_time(json, "placed_at", order->placed_s);
	json_put_time(json, "expires_at", order->expires_s);
	json_put_time(json, "completed_at", order->completed_s);
	json_put_time(json, "cancelled_at", order->cancelled_s);
	json_put_time(json, "payment_failed_at", order->failed_s);
	json_put_time(json, "refunded_at", order->refunded_s);
	return json;
}
