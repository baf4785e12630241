/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "app.h"
#include "base/clock.h"
#include "base/mem.h"
#include "license_service/money.h"
#include "license_service/report.h"

enum { EVENTS_SHOWN = 20 };

void print_json(const struct json *json)
{
	AUTO_TEXT text = json_text(json, false);

	puts(text);
	fflush(stdout);
}

void print_error(bool as_json, int error)
{
	AUTO_JSON result = json_new_object();
	struct json *reason = json_new_object();

	fprintf(stderr, "garner-licensing: %s\n", err_message());
	json_put_int(result, "schema", 1);
	json_put_text(reason, "code", err_name(error));
	json_put_text(reason, "text", err_message());
	json_put(result, "error", reason);
	if (as_json)
		print_json(result);
}

void print_line(const struct app *app, const char *format, ...)
{
	va_list arguments;

	if (app->quiet || app->json)
		return;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}

void print_put_price(struct json *json, int64_t amount, const char *currency)
{
	struct json *price = json_new_object();

	json_put_int(price, "amount", amount);
	json_put_text(price, "currency", currency);
	json_put(json, "price", price);
}

void print_price(const struct app *app, const struct json *quote)
{
	const struct json *price = json_get(quote, "price");
	AUTO_TEXT text = money_text(
		json_get_int(price, "amount", 0), json_get_text_or(price, "currency", ""));

	print_line(app, "Price: %s", text);
}

static const char *state_of(const struct order *order)
{
	return order_state_name(order_state(order, clock_now_s()));
}

static struct json *order_json(const struct order *order, const char *masked)
{
	struct json *json = json_new_object();

	json_put_int(json, "schema", 1);
	json_put_text(json, "order_id", order->id);
	json_put_text(json, "kind", order_kind_name(order->kind));
	json_put_text(json, "state", state_of(order));
	json_put_text(json, "license_key", order->key[0] ? order->key : masked);
	json_put_int(json, "seats", order->seats);
	print_put_price(json, order->amount, order->currency);
	json_put_time(json, "placed_at", order->placed_s);
	json_put_time(json, "completed_at", order->completed_s);
	return json;
}

bool print_order(const struct app *app, const struct order *order, const char *masked)
{
	AUTO_JSON json = order_json(order, masked);

	if (app->json)
		print_json(json);
	print_line(app, "Order %s: %" PRId64 " licenses (%s), %s.", order->id, order->seats,
		order_kind_name(order->kind), state_of(order));
	print_price(app, json);
	if (order->key[0]) {
		print_line(app, "License key: %s", order->key);
		print_line(
			app, "It is shown this once; the service keeps only a digest of it.");
	}
	if (!order->completed_s && !order->cancelled_s)
		print_line(app, "When it is paid: garner-licensing pay %s", order->id);
	return order->key[0] && (app->json || !app->quiet) && fflush(stdout) == 0 &&
	       !ferror(stdout);
}

/* Some members of each object of a list, a line for each. */
static void print_rows(
	const struct app *app, const struct json *rows, const char *const *names, size_t from)
{
	for (size_t i = from; i < json_count(rows); i++) {
		AUTO_TEXT line = mem_strdup(" ");

		for (const char *const *name = names; *name; name++)
			mem_replace(
				&line, mem_printf("%s %s ", line,
					       json_get_text_or(json_at(rows, i), *name, "-")));
		print_line(app, "%s", line);
	}
}

void print_license(const struct app *app, const struct json *report)
{
	static const char *const instance_members[] = {
		"first_seen", "last_seen", "id", "name", NULL};
	static const char *const event_members[] = {"at", "kind", "detail", NULL};
	const struct json *events = json_get(report, "events");
	size_t count = json_count(events);
	size_t from = count > EVENTS_SHOWN ? count - EVENTS_SHOWN : 0;

	if (app->json)
		print_json(report);
	print_line(app, "Key:       %s", json_get_text_or(report, "key", "-"));
	print_line(app, "State:     %s", json_get_text_or(report, "state", "-"));
	print_line(app, "Licenses:  %" PRId64 " used of %" PRId64,
		json_get_int(report, "used", 0), json_get_int(report, "seats", 0));
	print_line(app, "Activated: %s", json_get_text_or(report, "activated_at", "not yet"));
	print_line(app, "Expires:   %s", json_get_text_or(report, "expires_at", "-"));
	print_line(app, "Instances (first seen, last seen, id, name):");
	print_rows(app, json_get(report, "instances"), instance_members, 0);
	print_line(app, "Events%s:", from ? " (the last ones; --json gives all)" : "");
	print_rows(app, events, event_members, from);
}

void print_trials(const struct app *app, const struct json *report)
{
	const struct json *trials = json_get(report, "trials");

	if (app->json)
		print_json(report);
	print_line(app, "Trials: %zu (tenant's digest, since, until, state, instances):",
		json_count(trials));
	for (size_t i = 0; i < json_count(trials); i++) {
		const struct json *trial = json_at(trials, i);

		print_line(app, "  %s  %s  %s  %s  %" PRId64,
			json_get_text_or(trial, "tenant", "-"),
			json_get_text_or(trial, "started_at", "-"),
			json_get_text_or(trial, "ends_at", "-"),
			json_get_text_or(trial, "state", "-"),
			json_get_int(trial, "instances", 0));
	}
}
