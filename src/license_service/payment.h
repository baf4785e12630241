/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_PAYMENT_H
#define LICENSE_SERVICE_PAYMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/webhook.h"
#include "license_service/orders.h"
#include "license_service/settings.h"

/*
 * How orders are paid. A side says to the customer how, and reads what is reported; what a
 * report does to an order is the same for all. Reports may come twice, late and out of order:
 *
 *   succeeded   completes an open order where amount and currency are the order's
 *   failed      is noted while the order is open, which it stays
 *   refunded    is noted; it takes no license back (the vendor revokes by hand), and a success
 *               that comes behind it completes nothing
 */

enum payment_event { PAYMENT_SUCCEEDED, PAYMENT_FAILED, PAYMENT_REFUNDED, PAYMENT_OTHER };

struct payment_report {
	enum payment_event event;             /* PAYMENT_OTHER: nothing that concerns orders */
	char delivery_id[WEBHOOK_ID_MAX + 1]; /* known by it when it comes again; "": none */
	char order_id[ORDER_ID_SIZE];
	int64_t amount;   /* in minor units; -1: what the order says */
	char currency[4]; /* "": what the order says */
};

/** What a side reads a report from. */
struct payment_message {
	struct webhook_message message; /* `id` of a settlement by hand: the order's */
	const char *signatures;
	int64_t now_s;
};

struct payment_side {
	const char *name; /* "invoice", "webhook": orders.paid_by */
	bool (*is_offered)(const struct settings *settings);
	/** The words for the customer. The caller frees them. */
	char *(*how_to_pay)(const struct settings *settings, const struct order *order);
	/** Where to pay at once; NULL: nowhere. The caller frees it. */
	char *(*link)(const struct settings *settings, const struct order *order);
	/** Reads a report that is to be believed. ERR_AUTH, ERR_INVALID. */
	int (*read)(const struct settings *settings, const struct payment_message *message,
		struct payment_report *out);
};

extern const struct payment_side payment_invoice;        /* settled by hand */
extern const struct payment_side payment_webhook;        /* a provider reports it */
extern const struct payment_side *const payment_sides[]; /* ended by NULL */

/** Does what the report says, once for each delivery. `*outcome` is a static word: completed,
 * already_completed, failed, refunded, ignored, order_unknown, amount_mismatch, order_closed
 * (cancelled or expired), refunded_before, refused (the license allows it not); of a delivery
 * that came before, what it was then. Errors are those of the database: to be asked again. */
NODISCARD int payment_take(struct store *store, const struct payment_side *side,
	const struct payment_report *report, int64_t now_s, const char **outcome);

/** A text with {order}, {amount} (1234.50), {currency} and {seller} filled in; each for a URL
 * where `is_url`. The caller frees it. */
char *payment_fill(const char *text, const struct settings *settings, const struct order *order,
	bool is_url);

#endif
