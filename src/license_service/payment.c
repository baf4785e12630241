/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/payment.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/money.h"

const struct payment_side *const payment_sides[] = {&payment_webhook, &payment_invoice, NULL};

static const char *const event_names[] = {
	[PAYMENT_SUCCEEDED] = "succeeded",
	[PAYMENT_FAILED] = "failed",
	[PAYMENT_REFUNDED] = "refunded",
	[PAYMENT_OTHER] = "other",
};

/* As they are stored; the first is for what a newer program wrote. */
static const char *const outcomes[] = {"ignored", "completed", "already_completed", "failed",
	"refunded", "order_unknown", "amount_mismatch", "order_closed", "refunded_before",
	"refused"};

static const char *outcome_of(const char *name)
{
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
		if (text_equal(name, outcomes[i]))
			return outcomes[i];
	return outcomes[0];
}

char *payment_fill(const char *text, const struct settings *settings, const struct order *order,
	bool is_url)
{
	AUTO_TEXT amount = money_plain(order->amount, order->currency);
	const char *const names[] = {"{order}", "{amount}", "{currency}", "{seller}"};
	const char *const values[] = {order->id, amount, order->currency, settings->seller};
	char *filled = mem_strdup(text);

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_TEXT value =
			is_url ? text_percent_encode(values[i]) : mem_strdup(values[i]);
		size_t from = 0;
		for (const char *found; (found = strstr(filled + from, names[i]));) {
			size_t before = (size_t)(found - filled);
			mem_replace(&filled, mem_printf("%.*s%s%s", (int)before, filled, value,
						     found + strlen(names[i])));
			from = before + strlen(value);
		}
	}
	return filled;
}

/* What became of a delivery that came before: 1, or 0. */
static int find_delivery(struct store *store, const char *id, const char **outcome)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT outcome FROM delivery WHERE webhook_id = ?1", "s", id);

	if (r == 1)
		*outcome = outcome_of(db_text(rows, 0));
	return r;
}

static int remember_delivery(struct store *store, const struct payment_report *report,
	const char *outcome, int64_t now_s)
{
	return db_run(store_db(store),
		"INSERT INTO delivery (webhook_id, order_id, kind, outcome, at_s)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (webhook_id) DO NOTHING",
		"ssssi", report->delivery_id, report->order_id, event_names[report->event],
		outcome, now_s);
}

static bool is_its_amount(const struct payment_report *report, const struct order *order)
{
	return (report->amount < 0 || report->amount == order->amount) &&
	       (!report->currency[0] || text_equal(report->currency, order->currency));
}

static int note(struct store *store, const char *sql, const struct order *order, int64_t now_s)
{
	return db_run(store_db(store), sql, "ssi", order->license_id, order->id, now_s);
}

static int succeed(struct store *store, const struct payment_side *side, struct order *order,
	int64_t now_s, const char **outcome)
{
	*outcome = "already_completed";
	if (order->completed_s)
		return 0;
	*outcome = "refunded_before";
	if (order->refunded_s)
		return 0;
	*outcome = "order_closed";
	/* Who settles by hand knows what he does: an expired order too. */
	if (order->cancelled_s ||
		(side != &payment_invoice && order_state(order, now_s) == ORDER_EXPIRED))
		return 0;
	int r = orders_complete_by(store, order->id, side->name, now_s, order);
	*outcome = r == ERR_LICENSE || r == ERR_INVALID || r == ERR_LIMIT ? "refused"
									  : "completed";
	secret_wipe(order->key, sizeof(order->key));
	return text_equal(*outcome, "refused") ? 0 : r;
}

static int apply(struct store *store, const struct payment_side *side,
	const struct payment_report *report, int64_t now_s, const char **outcome)
{
	struct order order;

	*outcome = "ignored";
	if (report->event == PAYMENT_OTHER)
		return 0;
	int r = orders_read(store, report->order_id, &order);
	*outcome = "order_unknown";
	if (r < 0)
		return r == ERR_NOTFOUND ? 0 : r;
	secret_wipe(order.key, sizeof(order.key));
	*outcome = "amount_mismatch";
	if (report->event != PAYMENT_FAILED && !is_its_amount(report, &order))
		return 0;
	if (report->event == PAYMENT_SUCCEEDED)
		return succeed(store, side, &order, now_s, outcome);
	if (report->event == PAYMENT_REFUNDED) {
		*outcome = "refunded";
		return note(store,
			"UPDATE orders SET refunded_s = ?3 WHERE license_id = ?1"
			" AND order_id = ?2 AND refunded_s = 0",
			&order, now_s);
	}
	*outcome = order.completed_s ? "already_completed" : "failed";
	return note(store,
		"UPDATE orders SET failed_s = ?3 WHERE license_id = ?1 AND order_id = ?2"
		" AND completed_s = 0",
		&order, now_s);
}

static bool wants_a_look(const char *outcome)
{
	static const char *const words[] = {"amount_mismatch", "order_closed",
		"refunded_before", "refused", "refunded", NULL};

	for (const char *const *word = words; *word; word++)
		if (text_equal(outcome, *word))
			return true;
	return false;
}

int payment_take(struct store *store, const struct payment_side *side,
	const struct payment_report *report, int64_t now_s, const char **outcome)
{
	int r = report->delivery_id[0] ? find_delivery(store, report->delivery_id, outcome) : 0;

	if (r != 0)
		return r < 0 ? r : 0;
	/* Applying is done once by itself: a death between the two loses nothing. */
	r = apply(store, side, report, now_s, outcome);
	if (r == 0 && report->delivery_id[0])
		r = remember_delivery(store, report, *outcome, now_s);
	if (r < 0)
		return r;
	if (wants_a_look(*outcome))
		log_warning("payment_needs_a_look", "order", report->order_id, "reported",
			event_names[report->event], "outcome", *outcome, NULL);
	else
		log_info("payment", "order", report->order_id, "reported",
			event_names[report->event], "outcome", *outcome, NULL);
	return 0;
}
