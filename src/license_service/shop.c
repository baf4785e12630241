/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/shop.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/api_priv.h"
#include "license_service/mail_queue.h"
#include "license_service/shop_priv.h"
#include "license_service/template.h"
#include "license_service/token.h"

int shop_open(const struct home *home, struct guard *keys, struct shop **out)
{
	struct shop *shop = mem_alloc(sizeof(*shop));
	*out = NULL;

	shop->home = home;
	shop->keys = keys;
	shop->orders = guard_new();
	pthread_mutex_init(&shop->lock, NULL);
	int r = store_open(home, &shop->store);
	if (r < 0) {
		shop_close(shop);
		return r;
	}
	*out = shop;
	return 0;
}

void shop_close(struct shop *shop)
{
	if (!shop)
		return;
	store_close(shop->store);
	guard_free(shop->orders);
	pthread_mutex_destroy(&shop->lock);
	mem_free(shop);
}

int shop_count(struct shop *shop, struct http_call *call)
{
	const struct guard_try try = {
		.peer = http_call_peer(call), .now_s = clock_boot_us() / 1000000};
	int64_t wait_s = guard_wait_s(shop->orders, &try);

	guard_count(shop->orders, &try);
	if (!wait_s)
		return 0;
	AUTO_TEXT seconds = mem_printf("%lld", (long long)wait_s);
	http_reply_header(call, "Retry-After", seconds);
	return err_set(
		ERR_THROTTLED, "too many requests came from your address; wait a minute");
}

int shop_find_order(
	struct shop *shop, const char *order_id, const char *token, struct order *out)
{
	*out = (struct order){0};
	if (!token_is_of_order(shop->home, order_id, token))
		return err_set(ERR_NOTFOUND, "there is no such order, or its token is wrong");
	pthread_mutex_lock(&shop->lock);
	int r = orders_read(shop->store, order_id, out);
	pthread_mutex_unlock(&shop->lock);
	return r;
}

int shop_place(
	struct shop *shop, const struct sale *sale, const char *order_id, struct order *out)
{
	const struct order_request request = sale_request(sale, order_id);

	pthread_mutex_lock(&shop->lock);
	int r = orders_place(shop->store, &request, clock_now_s(), out);
	if (r == ERR_EXISTS)
		r = orders_read(shop->store, order_id, out);
	else if (r == 0)
		log_info("order_placed", "order", out->id, "kind", order_kind_name(out->kind),
			NULL);
	pthread_mutex_unlock(&shop->lock);
	return r;
}

static int forget_key(struct shop *shop, const struct order *order)
{
	pthread_mutex_lock(&shop->lock);
	int r = orders_hand_out(shop->store, order);
	pthread_mutex_unlock(&shop->lock);
	return r;
}

static int cancel(struct shop *shop, struct order *order)
{
	pthread_mutex_lock(&shop->lock);
	int r = orders_cancel(shop->store, order->id, clock_now_s(), order);
	pthread_mutex_unlock(&shop->lock);
	return r == ERR_LICENSE ? 0 : r; /* the page says that it is completed */
}

static void reply_failure(struct shop *shop, struct http_call *call, int r)
{
	if (r == ERR_NOTFOUND || r == ERR_INVALID || r == ERR_LIMIT) {
		shop_page_message(shop, call, 404, "There is no such order",
			"Please use the whole link from your e-mail or from the page that "
			"confirmed the order.");
		return;
	}
	problem_of_failure(r);
	shop_page_message(shop, call, 503, "Please try again in a moment",
		"The service cannot answer now. Nothing was changed.");
}

static void show_order(struct shop *shop, struct http_call *call, const char *order_id)
{
	struct order order;
	AUTO_TEXT token = http_call_parameter(call, "t");
	int r = shop_find_order(shop, order_id, token, &order);

	if (r < 0) {
		reply_failure(shop, call, r);
		return;
	}
	pthread_mutex_lock(&shop->lock);
	int waits = mail_waits(shop->store, order.license_id, MAIL_KEY, order.id);
	pthread_mutex_unlock(&shop->lock);
	if (waits < 0)
		reply_failure(shop, call, waits);
	else
		shop_page_order(shop, call, &order, waits == 1);
	secret_wipe(order.key, sizeof(order.key));
}

/* The buttons of the page: they lead back to it. */
static void change_order(struct shop *shop, struct http_call *call, const char *order_id)
{
	struct form *form;
	struct order order = {0};
	int r = form_read(call, &form);

	if (r == 0)
		r = shop_find_order(shop, order_id, form_get(form, "t"), &order);
	if (r == 0 && text_equal(form_get(form, "step"), "saved"))
		r = forget_key(shop, &order);
	else if (r == 0 && text_equal(form_get(form, "step"), "cancel"))
		r = cancel(shop, &order);
	secret_wipe(order.key, sizeof(order.key));
	form_free(form);
	if (r < 0) {
		reply_failure(shop, call, r);
		return;
	}
	AUTO_TEXT token = token_of_order(shop->home, order_id);
	AUTO_TEXT location = mem_printf("/orders/%s?t=%s", order_id, token);
	http_reply_header(call, "Location", location);
	http_reply_header(call, "Cache-Control", "no-store");
	http_reply(call, 303, "text/plain", "", 0);
}

static void show_style(struct http_call *call)
{
	http_reply_header(call, "Cache-Control", "public, max-age=600");
	http_reply_header(call, "X-Content-Type-Options", "nosniff");
	http_reply(
		call, 200, "text/css; charset=utf-8", template_style, strlen(template_style));
}

static void refuse_method(struct http_call *call, const char *allowed)
{
	http_reply_header(call, "Allow", allowed);
	problem_reply(call, problem_because(&problem_method_not_allowed, "%s takes %s",
				    http_call_path(call), allowed));
}

/* A page of another site cannot press our buttons: a browser says where a form comes from. */
static bool comes_from_elsewhere(struct http_call *call)
{
	const char *site = http_call_header(call, "Sec-Fetch-Site");

	return site && !text_equal(site, "same-origin") && !text_equal(site, "none");
}

static void page(struct shop *shop, struct http_call *call, const char *order_id)
{
	bool is_get = text_equal(http_call_method(call), "GET") ||
		      text_equal(http_call_method(call), "HEAD");

	if (!is_get && !text_equal(http_call_method(call), "POST"))
		refuse_method(call, "GET, POST");
	else if (!is_get && comes_from_elsewhere(call))
		shop_page_message(shop, call, 403, "This form comes from another site",
			"Please use the order form of this site.");
	else if (order_id && is_get)
		show_order(shop, call, order_id);
	else if (order_id)
		change_order(shop, call, order_id);
	else if (is_get)
		shop_form_get(shop, call);
	else
		shop_form_post(shop, call);
}

/* The id behind a prefix of the path; NULL where the path is another. */
static const char *order_in(const char *path, const char *prefix)
{
	const char *id = path + strlen(prefix);

	return text_starts_with(path, prefix) && api_is_hex(id, ORDER_ID_SIZE - 1) ? id : NULL;
}

typedef void shop_endpoint_fn(struct shop *shop, struct http_call *call);

static bool api(struct shop *shop, struct http_call *call)
{
	static const struct {
		const char *path;
		shop_endpoint_fn *endpoint;
	} endpoints[] = {
		{"/v1/quotes", shop_api_quote},
		{"/v1/orders", shop_api_place},
		{"/v1/payments/webhook", shop_api_webhook},
	};
	const char *path = http_call_path(call);
	const char *order = order_in(path, "/v1/orders/");

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (!text_equal(path, endpoints[i].path))
			continue;
		if (text_equal(http_call_method(call), "POST"))
			endpoints[i].endpoint(shop, call);
		else
			refuse_method(call, "POST");
		return true;
	}
	if (!order)
		return false;
	if (text_equal(http_call_method(call), "GET"))
		shop_api_order(shop, call, order);
	else
		refuse_method(call, "GET");
	return true;
}

bool shop_handle(struct shop *shop, struct http_call *call)
{
	const char *path = http_call_path(call);
	const char *order = order_in(path, "/orders/");

	if (text_equal(path, "/buy") || order)
		page(shop, call, order);
	else if (text_equal(path, "/shop.css"))
		show_style(call);
	else
		return api(shop, call);
	return true;
}
