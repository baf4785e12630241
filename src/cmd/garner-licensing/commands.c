/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/report.h"
#include "license_service/sale.h"
#include "license_service/trials.h"

/* Prints the order. A key that nobody could read stays in the outbox: `pay` shows it again. */
static int hand_out(struct app *app, const struct order *order, const char *masked)
{
	bool was_shown = print_order(app, order, masked);

	if (was_shown)
		return orders_hand_out(app->store, order);
	return 0;
}

/* Places the order, completes it where it is paid, and hands its key out. */
static int place(struct app *app, const struct order_request *request, const char *masked)
{
	struct order order;
	int r = orders_place(app->store, request, clock_now_s(), &order);

	if (r == 0 && options_has(app->options, "paid"))
		r = orders_complete(app->store, order.id, clock_now_s(), &order);
	return r < 0 ? r : hand_out(app, &order, masked);
}

int commands_order(void *context, const struct options *options)
{
	struct app *app = context;
	struct order_request request = {
		.kind = ORDER_NEW,
		.customer = options_get(options, "customer"),
		.email = options_get(options, "email"),
	};
	int r = app_read_seats(app, &request.seats);

	if (r < 0)
		return r;
	if (!request.customer || !*request.customer || !request.email || !*request.email)
		return err_set(
			ERR_USAGE, "give --customer NAME and --email ADDRESS of the customer");
	r = app_open_store(app);
	return r < 0 ? r : place(app, &request, NULL);
}

/* Fewer than before, or than are in use: said on standard error, and accepted (ruling on G3).
 */
static int warn_of_fewer(struct app *app, const struct order_request *request)
{
	struct sale sale = {.kind = request->kind, .seats = request->seats};
	struct sale_quote quote;

	if (request->kind != ORDER_RENEWAL)
		return 0;
	memcpy(sale.license_id, request->license_id, sizeof(sale.license_id));
	int r = sale_quote(app->store, &sale, clock_now_s(), &quote);
	if (r == 0 && quote.warning[0] && !app->quiet)
		fprintf(stderr, "garner-licensing: warning: %s\n", quote.warning);
	return r;
}

/* An order for the key that the command names. */
static int place_for_key(struct app *app, enum order_kind kind)
{
	struct app_key key;
	struct order_request request = {.kind = kind, .license_id = key.license_id};
	int r = app_read_seats(app, &request.seats);

	if (r == 0)
		r = app_open_store(app);
	if (r == 0)
		r = app_read_key(app, &key);
	if (r == 0)
		r = warn_of_fewer(app, &request);
	return r < 0 ? r : place(app, &request, key.masked);
}

int commands_renew(void *context, const struct options *options)
{
	(void)options;
	return place_for_key(context, ORDER_RENEWAL);
}

int commands_add(void *context, const struct options *options)
{
	(void)options;
	return place_for_key(context, ORDER_ADDITION);
}

int commands_pay(void *context, const struct options *options)
{
	struct app *app = context;
	struct order order;
	int r = app_open_store(app);

	if (r == 0)
		r = orders_complete(
			app->store, options_argument(options, 0), clock_now_s(), &order);
	return r < 0 ? r : hand_out(app, &order, NULL);
}

int commands_cancel(void *context, const struct options *options)
{
	struct app *app = context;
	struct order order;
	int r = app_open_store(app);

	if (r == 0)
		r = orders_cancel(
			app->store, options_argument(options, 0), clock_now_s(), &order);
	if (r == 0)
		print_order(app, &order, NULL);
	return r;
}

int commands_revoke(void *context, const struct options *options)
{
	struct app *app = context;
	const char *reason = options_get(options, "reason");
	struct app_key key;
	AUTO_JSON result = json_new_object();

	if (!reason || !*reason)
		return err_set(ERR_USAGE, "give the reason with --reason TEXT");
	if (strlen(reason) > ORDER_TEXT_MAX || strpbrk(reason, "\r\n"))
		return err_set(ERR_USAGE, "the reason is one line of at most %d bytes",
			ORDER_TEXT_MAX);
	int r = app_open_store(app);
	if (r == 0)
		r = app_read_key(app, &key);
	if (r == 0)
		r = orders_revoke(app->store, key.license_id, reason, clock_now_s());
	if (r < 0)
		return r;
	json_put_int(result, "schema", 1);
	json_put_text(result, "key", key.masked);
	json_put_text(result, "state", "revoked");
	if (app->json)
		print_json(result);
	print_line(app, "%s is revoked: its instances back up nothing more, and restore.",
		key.masked);
	return 0;
}

int commands_show(void *context, const struct options *options)
{
	struct app *app = context;
	struct app_key key;
	AUTO_JSON report = NULL;
	int r = app_open_store(app);

	(void)options;
	if (r == 0)
		r = app_read_key(app, &key);
	if (r == 0)
		r = report_license(app->store, key.license_id, clock_now_s(), &report);
	if (r < 0)
		return r;
	json_put_text(report, "key", key.masked);
	print_license(app, report);
	return 0;
}

static int read_kind(const struct options *options, bool has_key, enum order_kind *out)
{
	const char *kind = options_get(options, "kind");

	if (!kind)
		kind = has_key ? "add" : "new";
	for (int i = ORDER_NEW; i <= ORDER_ADDITION; i++) {
		if (!text_equal(kind, order_kind_name((enum order_kind)i)))
			continue;
		*out = (enum order_kind)i;
		if ((*out == ORDER_NEW) != has_key)
			return 0;
		return err_set(ERR_USAGE, has_key ? "--kind new goes without --key"
						  : "--kind renew and add need --key KEY");
	}
	return err_set(ERR_USAGE, "--kind is new, renew or add");
}

static int quote(struct app *app, const struct order_request *request)
{
	int64_t amount;
	AUTO_JSON result = json_new_object();
	int r = orders_quote(app->store, request, clock_now_s(), &amount);

	if (r < 0)
		return r;
	json_put_int(result, "schema", 1);
	json_put_text(result, "kind", order_kind_name(request->kind));
	json_put_int(result, "seats", request->seats);
	print_put_price(result, amount, app->home->prices.currency);
	if (app->json)
		print_json(result);
	print_price(app, result);
	return 0;
}

int commands_price(void *context, const struct options *options)
{
	struct app *app = context;
	struct app_key key;
	bool has_key = options_has(options, "key") || options_has(options, "key-file");
	struct order_request request = {.license_id = has_key ? key.license_id : NULL};
	int r = app_read_seats(app, &request.seats);

	if (r == 0)
		r = read_kind(options, has_key, &request.kind);
	if (r == 0)
		r = app_open_store(app);
	if (r == 0 && has_key)
		r = app_read_key(app, &key);
	return r < 0 ? r : quote(app, &request);
}

int commands_trials(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON report = NULL;
	int r = app_open_store(app);

	(void)options;
	if (r == 0)
		r = trials_list(app->store, clock_now_s(), &report);
	if (r < 0)
		return r;
	print_trials(app, report);
	return 0;
}
