/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/api_priv.h"
#include "license_service/shop_priv.h"
#include "license_service/token.h"

/* The order form: a price, a review, the order. Each step is a POST of the whole form, so that
 * the service keeps nothing until an order is placed. */

/* "ABCDE-*****-*****-*****-*****", which is no secret. What else is in the address, a whole key
 * perhaps, is not repeated on the page. */
static bool is_masked(const char *text)
{
	static const char hidden[] = "-*****-*****-*****-*****";
	size_t shown = strspn(text, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ");

	return shown == 5 && text_equal(text + shown, hidden);
}

void shop_form_get(struct shop *shop, struct http_call *call)
{
	AUTO_TEXT kind = http_call_parameter(call, "kind");
	AUTO_TEXT seats = http_call_parameter(call, "seats");
	AUTO_TEXT key = http_call_parameter(call, "key");
	bool has_key = key && is_masked(key);
	const struct sale_input input = {
		.kind = kind && *kind ? kind
			: has_key     ? "add"
				      : "new",
		.seats = seats && strlen(seats) < 16 ? seats : "",
		.license_key = "",
		.customer = "",
		.email = "",
	};
	const struct shop_form_page page = {.input = &input, .masked = has_key ? key : NULL};

	shop_page_form(shop, call, 200, &page);
}

/* What the answer to a step is made of. */
struct step {
	struct sale_input input;
	struct sale sale;
	struct sale_errors errors;
	struct sale_quote quote;
	struct shop_form_page page;
};

static int check(struct shop *shop, struct http_call *call, struct step *step)
{
	int r = shop_count(shop, call);

	if (r < 0)
		return r;
	pthread_mutex_lock(&shop->lock);
	r = sale_check(shop->store, shop->keys, &step->input, &step->sale, &step->errors);
	if (r == 0)
		r = sale_quote(shop->store, &step->sale, clock_now_s(), &step->quote);
	pthread_mutex_unlock(&shop->lock);
	if (r == 0) {
		step->page.sale = &step->sale;
		step->page.quote = &step->quote;
	}
	return r;
}

static int status_of(int r)
{
	return r == ERR_THROTTLED ? 429 : r == ERR_AUTH ? 403 : 422;
}

/* The form again, with what was typed and what is wrong. */
static void show_again(struct shop *shop, struct http_call *call, struct step *step, int r)
{
	if (r != ERR_INVALID && r != ERR_LICENSE && r != ERR_THROTTLED && r != ERR_AUTH &&
		r != ERR_LIMIT) {
		problem_of_failure(r);
		shop_page_message(shop, call, 503, "Please try again in a moment",
			"The service cannot answer now. Nothing was ordered.");
		return;
	}
	if (!step->errors.code) {
		char *general = step->errors.general;
		snprintf(general, SALE_TEXT_SIZE, "%s", err_message());
		if (*general >= 'a' && *general <= 'z')
			*general = (char)(*general - 'a' + 'A');
		size_t size = strlen(general);
		if (size && size + 1 < SALE_TEXT_SIZE && general[size - 1] != '.')
			snprintf(general + size, SALE_TEXT_SIZE - size, ".");
		step->errors.code = "request_invalid";
	}
	step->page.errors = &step->errors;
	shop_page_form(shop, call, status_of(r), &step->page);
}

static void go_to_order(struct shop *shop, struct http_call *call, const struct order *order)
{
	AUTO_TEXT token = token_of_order(shop->home, order->id);
	AUTO_TEXT location = mem_printf("/orders/%s?t=%s", order->id, token);

	http_reply_header(call, "Location", location);
	http_reply_header(call, "Cache-Control", "no-store");
	http_reply(call, 303, "text/plain", "", 0);
}

/* Places what was reviewed, once for each review. Where it has become dearer meanwhile, it is
 * reviewed again. */
static void place(
	struct shop *shop, struct http_call *call, struct step *step, const struct form *form)
{
	char order_id[ORDER_ID_SIZE];
	struct order order = {0};
	int64_t reviewed;

	if (text_to_int(form_get(form, "amount"), 0, INT64_MAX / 4, &reviewed) < 0 ||
		step->quote.amount > reviewed) {
		step->page.changed =
			"The price is another one now. Please look at it before you order.";
		shop_page_review(shop, call, &step->page);
		return;
	}
	token_order_id(shop->home, form_get(form, "token"), order_id);
	int r = shop_place(shop, &step->sale, order_id, &order);
	secret_wipe(order.key, sizeof(order.key));
	if (r < 0)
		show_again(shop, call, step, r);
	else
		go_to_order(shop, call, &order);
}

static void take_step(
	struct shop *shop, struct http_call *call, struct step *step, const struct form *form)
{
	const char *name = form_get(form, "step");
	int r = token_check_form(shop->home, form_get(form, "token"), clock_now_s());

	step->page.input = &step->input;
	if (r == ERR_AUTH) {
		snprintf(step->errors.general, SALE_TEXT_SIZE,
			"This form was open for too long, or is not from here. Please look "
			"through it and send it again.");
		step->errors.code = "request_invalid";
	}
	if (r == 0 && text_equal(name, "edit")) {
		shop_page_form(shop, call, 200, &step->page);
		return;
	}
	step->input.with_contact = !text_equal(name, "price");
	if (r == 0)
		r = check(shop, call, step);
	if (r < 0)
		show_again(shop, call, step, r);
	else if (text_equal(name, "place"))
		place(shop, call, step, form);
	else if (text_equal(name, "review"))
		shop_page_review(shop, call, &step->page);
	else
		shop_page_form(shop, call, 200, &step->page);
}

void shop_form_post(struct shop *shop, struct http_call *call)
{
	struct form *form;
	int r = form_read(call, &form);

	if (r < 0) {
		shop_page_message(shop, call, r == ERR_LIMIT ? 413 : 400,
			"This form cannot be read", "Please fill in the order form again.");
		return;
	}
	struct step step = {
		.input = {.kind = form_get(form, "kind"),
			.seats = form_get(form, "seats"),
			.license_key = form_get(form, "license_key"),
			.customer = form_get(form, "customer"),
			.email = form_get(form, "email"),
			.peer = http_call_peer(call)},
	};
	take_step(shop, call, &step, form);
	form_free(form);
}
