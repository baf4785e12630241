/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license_service/money.h"
#include "license_service/payment.h"
#include "license_service/shop_priv.h"
#include "license_service/template.h"
#include "license_service/token.h"

enum { PAGE_LIMIT = 256 * 1024, MOMENT_SIZE = TIMESTAMP_SIZE };

/* Nothing but our own style sheet, and forms that lead to us; the page is nobody's to keep. */
static const char policy[] = "default-src 'none'; style-src 'self'; form-action 'self'; "
			     "base-uri 'none'; frame-ancestors 'none'";

enum place { PLACE_FORM, PLACE_REVIEW, PLACE_ORDER };

static void send_page(struct shop *shop, struct http_call *call, int status, enum place place,
	const struct template_value content[2])
{
	AUTO_BUF page = buf_init(PAGE_LIMIT);
	const struct template_value values[] = {
		{"title", content[0].text},
		{"content", content[1].text},
		{"seller", shop->home->settings->seller},
		{"is_form", place == PLACE_FORM ? "y" : ""},
		{"is_review", place == PLACE_REVIEW ? "y" : ""},
		{"is_order", place == PLACE_ORDER ? "y" : ""},
		{NULL, NULL},
	};

	int r = template_render(template_layout, values, &page);
	http_reply_header(call, "Content-Security-Policy", policy);
	http_reply_header(call, "X-Content-Type-Options", "nosniff");
	http_reply_header(call, "Referrer-Policy", "same-origin");
	http_reply_header(call, "Cache-Control", "no-store");
	http_reply(call, r < 0 ? 500 : status, "text/html; charset=utf-8", page.data,
		r < 0 ? 0 : page.size);
	secret_wipe(page.data, page.size);
}

/* Renders a template into the layout. */
static void send_template(struct shop *shop, struct http_call *call, int status,
	const char *template, const struct template_value *values)
{
	AUTO_BUF content = buf_init(PAGE_LIMIT);
	enum place place = template == template_form     ? PLACE_FORM
			   : template == template_review ? PLACE_REVIEW
							 : PLACE_ORDER;
	const char *text =
		template_render(template, values, &content) < 0 ? NULL : buf_text(&content);
	const struct template_value whole[2] = {
		{"title", values[0].text}, {"content", text ? text : ""}};

	send_page(shop, call, text ? status : 500, place, whole);
	secret_wipe(content.data, content.size);
}

void shop_page_message(struct shop *shop, struct http_call *call, int status,
	const char *heading, const char *text)
{
	const struct template_value values[] = {
		{"heading", heading}, {"text", text}, {NULL, NULL}};

	send_template(shop, call, status, template_message, values);
}

/* The price list as rows of a table. */
static char *price_rows(const struct price_list *list)
{
	char *rows = mem_strdup("");

	for (size_t i = 0; i < list->count; i++) {
		AUTO_TEXT from = money_count(list->steps[i].from);
		AUTO_TEXT each = money_text(list->steps[i].amount, list->currency);
		bool is_last = i + 1 == list->count;
		AUTO_TEXT to =
			is_last ? mem_strdup("") : money_count(list->steps[i + 1].from - 1);
		mem_replace(
			&rows, mem_printf("%s<tr><th scope=\"row\">%s%s%s</th>"
					  "<td class=\"number\">%s</td></tr>\n",
				       rows, from, is_last ? " and more" : " to ", to, each));
	}
	return rows;
}

static char *licenses_text(int64_t seats)
{
	AUTO_TEXT number = money_count(seats);

	return mem_printf("%s license%s", number, seats == 1 ? "" : "s");
}

static void day_text(int64_t at_s, char out[MOMENT_SIZE])
{
	static const char *const months[] = {"January", "February", "March", "April", "May",
		"June", "July", "August", "September", "October", "November", "December"};
	const struct timestamp_parts parts = timestamp_split(at_s);

	snprintf(out, MOMENT_SIZE, "%d %s %d", parts.day, months[parts.month - 1], parts.year);
}

/* The term that is bought, in words. */
static char *term_text(const struct sale *sale, const struct sale_quote *quote)
{
	char from[MOMENT_SIZE], to[MOMENT_SIZE];

	if (!quote->ends_s)
		return mem_strdup("12 months from the first activation of the key");
	day_text(quote->ends_s, to);
	if (sale->kind == ORDER_ADDITION)
		return mem_printf("until %s; the end of your term stays", to);
	day_text(quote->starts_s, from);
	return mem_printf("12 months, from %s until %s", from, to);
}

/* What the sum is for: "60 licenses, 12 months from …". */
static char *price_text(const struct sale *sale, const struct sale_quote *quote)
{
	AUTO_TEXT licenses = licenses_text(sale->seats);
	AUTO_TEXT after = licenses_text(quote->seats_after);
	AUTO_TEXT term = term_text(sale, quote);

	if (sale->kind == ORDER_ADDITION)
		return mem_printf("%s more, %s in all, %s.", licenses, after, term);
	return mem_printf("%s, %s.", licenses, term);
}

static const char *if_true(bool condition)
{
	return condition ? "y" : "";
}

void shop_page_form(struct shop *shop, struct http_call *call, int status,
	const struct shop_form_page *page)
{
	static const struct sale_errors none;
	const struct sale_errors *errors = page->errors ? page->errors : &none;
	const struct sale_input *input = page->input;
	const struct sale_quote *quote = page->quote;
	AUTO_TEXT rows = price_rows(&shop->home->prices);
	AUTO_TEXT token = token_of_form(shop->home, clock_now_s());
	AUTO_TEXT price = quote ? money_text(quote->amount, quote->currency) : NULL;
	AUTO_TEXT text = quote ? price_text(page->sale, quote) : NULL;
	bool is_renewal = text_equal(input->kind, "renew");
	bool is_addition = text_equal(input->kind, "add");
	const struct template_value values[] = {
		{"title", errors->code ? "Please look again" : "Buy licenses"},
		{"has_errors", if_true(errors->code != NULL)},
		{"error_seats", errors->seats},
		{"error_key", errors->key},
		{"error_customer", errors->customer},
		{"error_email", errors->email},
		{"error_general", errors->general},
		{"token", token},
		{"is_new", if_true(!is_renewal && !is_addition)},
		{"is_add", if_true(is_addition)},
		{"is_renew", if_true(is_renewal)},
		{"seats", input->seats},
		{"license_key", input->license_key},
		{"masked", page->masked},
		{"customer", input->customer},
		{"email", input->email},
		{"email_hint", shop->home->settings->mail_server
				       ? "The order and the license key are sent there."
				       : "For questions about your order."},
		{"price", price},
		{"price_text", text},
		{"warning", quote ? quote->warning : ""},
		{"rows", rows},
		{NULL, NULL},
	};

	send_template(shop, call, status, template_form, values);
}

static const char *what_text(enum order_kind kind)
{
	static const char *const texts[] = {
		[ORDER_NEW] = "A new license key",
		[ORDER_RENEWAL] = "Renewal of a license key",
		[ORDER_ADDITION] = "More licenses for a license key",
	};

	return texts[kind];
}

void shop_page_review(
	struct shop *shop, struct http_call *call, const struct shop_form_page *page)
{
	const struct sale *sale = page->sale;
	const struct sale_quote *quote = page->quote;
	AUTO_TEXT token = token_of_form(shop->home, clock_now_s());
	AUTO_TEXT price = money_text(quote->amount, quote->currency);
	AUTO_TEXT amount = mem_printf("%" PRId64, quote->amount);
	AUTO_TEXT count = licenses_text(sale->seats);
	AUTO_TEXT after = licenses_text(quote->seats_after);
	AUTO_TEXT licenses = sale->kind == ORDER_ADDITION
				     ? mem_printf("%s more, %s in all", count, after)
				     : mem_strdup(count);
	AUTO_TEXT term = term_text(sale, quote);
	const struct template_value values[] = {
		{"title", "Review your order"},
		{"changed", page->changed},
		{"warning", quote->warning},
		{"what", what_text(sale->kind)},
		{"licenses", licenses},
		{"masked", sale->masked},
		{"term", term},
		{"customer", page->input->customer},
		{"email", page->input->email},
		{"price", price},
		{"token", token},
		{"kind", page->input->kind},
		{"seats", page->input->seats},
		{"license_key", sale->kind == ORDER_NEW ? "" : page->input->license_key},
		{"amount", amount},
		{NULL, NULL},
	};

	send_template(shop, call, 200, template_review, values);
}

/* The words of every side that is offered, with its link. */
static char *payment_html(const struct settings *settings, const struct order *order)
{
	AUTO_BUF html = buf_init(PAGE_LIMIT / 4);
	int r = 0;

	for (size_t i = 0; payment_sides[i] && r == 0; i++) {
		const struct payment_side *side = payment_sides[i];
		if (!side->is_offered(settings))
			continue;
		AUTO_TEXT words = side->how_to_pay(settings, order);
		AUTO_TEXT link = side->link(settings, order);
		r = buf_append_text(&html, "<p>");
		if (r == 0)
			r = template_escape(words, &html);
		if (r == 0 && link)
			r = buf_append_text(&html, "</p><p><a class=\"button\" href=\"");
		if (r == 0 && link)
			r = template_escape(link, &html);
		if (r == 0 && link)
			r = buf_append_text(&html, "\">Pay now</a>");
		if (r == 0)
			r = buf_append_text(&html, "</p>\n");
	}
	const char *text = r == 0 ? buf_text(&html) : NULL;
	return mem_strdup(text ? text : "");
}

struct order_words {
	const char *heading, *lead, *state_text;
};

static struct order_words words_of(
	const struct order *order, enum order_state state, bool mail_waits)
{
	if (state == ORDER_CANCELLED)
		return (struct order_words){"The order is cancelled",
			"Nothing has to be paid, and nothing was changed.", "cancelled"};
	if (state == ORDER_EXPIRED)
		return (struct order_words){"The order has expired",
			"It was not paid in time. Please place a new one. If you have paid, "
			"please tell us its number.",
			"expired"};
	if (state == ORDER_OPEN)
		return (struct order_words){"Thank you for your order",
			order->kind == ORDER_NEW ? "You get the license key as soon as it is "
						   "paid, on this page. "
						   "Please keep its address."
						 : "It takes effect as soon as it is paid.",
			"waits for the payment"};
	if (order->kind != ORDER_NEW)
		return (struct order_words){"Your order is done",
			"Your license key is the same as before, and your installations learn "
			"of it by themselves within an hour.",
			"completed"};
	if (order->key[0])
		return (struct order_words){
			"Your license key is here", "The payment has arrived.", "completed"};
	return (struct order_words){"Your order is done",
		mail_waits
			? "The license key is on its way by e-mail."
			: "The license key was handed out. If it is lost, please write to us.",
		"completed"};
}

static char *activation_commands(const struct shop *shop)
{
	const char *url = shop->home->settings->public_url;

	return url ? mem_printf("garner license server %s\ngarner license activate KEY", url)
		   : mem_strdup("garner license activate KEY");
}

void shop_page_order(
	struct shop *shop, struct http_call *call, const struct order *order, bool mail_waits)
{
	enum order_state state = order_state(order, clock_now_s());
	const struct order_words words = words_of(order, state, mail_waits);
	char placed[MOMENT_SIZE], until[MOMENT_SIZE];
	bool is_done = state == ORDER_COMPLETED;
	AUTO_TEXT token = token_of_order(shop->home, order->id);
	AUTO_TEXT price = money_text(order->amount, order->currency);
	AUTO_TEXT licenses = licenses_text(order->seats);
	AUTO_TEXT how = state == ORDER_OPEN ? payment_html(shop->home->settings, order) : NULL;
	AUTO_TEXT commands = activation_commands(shop);

	day_text(order->placed_s, placed);
	day_text(order->expires_s, until);
	const struct template_value values[] = {
		{"title", words.heading},
		{"heading", words.heading},
		{"lead", words.lead},
		{"key", is_done ? order->key : ""},
		{"may_forget", if_true(!mail_waits)},
		{"mail_waits", if_true(mail_waits)},
		{"activate", is_done && order->kind == ORDER_NEW ? "How to activate" : ""},
		{"activate_text",
			"Enter the key on each installation of Garner: in the "
			"Licensing window, or on the command line. The 12 months begin "
			"with the first activation."},
		{"commands", commands},
		{"how_to_pay", how},
		{"failed", order->failed_s ? "A payment has failed. You can try again." : ""},
		{"open_until", until},
		{"id", order->id},
		{"token", token},
		{"state", order_state_name(state)},
		{"state_text", order->refunded_s ? "refunded" : words.state_text},
		{"what", what_text(order->kind)},
		{"licenses", licenses},
		{"price", price},
		{"customer", order->customer},
		{"email", order->email},
		{"placed", placed},
		{NULL, NULL},
	};

	send_template(shop, call, 200, template_order, values);
}
