/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/orders.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license/price.h"
#include "license_service/ledger.h"
#include "license_service/mail_queue.h"
#include "license_service/settings.h"

enum { SEALED_MAX = 256 };

static const char *const kind_names[] = {
	[ORDER_NEW] = "new",
	[ORDER_RENEWAL] = "renew",
	[ORDER_ADDITION] = "add",
};

const char *order_kind_name(enum order_kind kind)
{
	return kind_names[kind];
}

const char *order_state_name(enum order_state state)
{
	static const char *const names[] = {
		[ORDER_OPEN] = "open",
		[ORDER_COMPLETED] = "completed",
		[ORDER_CANCELLED] = "cancelled",
		[ORDER_EXPIRED] = "expired",
	};

	return names[state];
}

enum order_state order_state(const struct order *order, int64_t now_s)
{
	if (order->completed_s)
		return ORDER_COMPLETED;
	if (order->cancelled_s)
		return ORDER_CANCELLED;
	return order->expires_s && now_s >= order->expires_s ? ORDER_EXPIRED : ORDER_OPEN;
}

/* Placing. */

static int check_request(const struct order_request *request)
{
	if (request->seats < 1 || request->seats > LICENSE_SEATS_MAX)
		return err_set(ERR_INVALID, "the number of licenses must lie between 1 and %d",
			LICENSE_SEATS_MAX);
	if ((request->customer && strlen(request->customer) > ORDER_TEXT_MAX) ||
		(request->email && strlen(request->email) > ORDER_TEXT_MAX))
		return err_set(ERR_INVALID, "the customer's name and address may have %d bytes",
			ORDER_TEXT_MAX);
	return 0;
}

/* Applies the order to the license; of a renewal or an addition. */
static int apply_to(struct license *license, enum order_kind kind, int64_t seats, int64_t now_s,
	struct license_effect *effect)
{
	if (kind == ORDER_RENEWAL)
		return license_renew(license, seats, now_s, effect);
	return license_add(license, seats, now_s, effect);
}

/* Whether the license would allow it, and for how much. */
static int quote_for(const struct ledger *ledger, const struct order_request *request,
	const struct price_list *prices, int64_t *out_amount)
{
	struct license trial = ledger->license;
	struct license_effect effect;
	int r = apply_to(&trial, request->kind, request->seats, ledger->now_s, &effect);

	if (r < 0)
		return r;
	*out_amount = request->kind == ORDER_RENEWAL ? price_year(prices, request->seats)
						     : price_add(prices, &ledger->license,
							       request->seats, ledger->now_s);
	return 0;
}

int orders_quote(struct store *store, const struct order_request *request, int64_t now_s,
	int64_t *out_amount)
{
	const struct price_list *prices = &store_home(store)->prices;
	struct ledger ledger;
	int r = check_request(request);

	if (r < 0)
		return r;
	if (!request->license_id) {
		*out_amount = price_year(prices, request->seats);
		return 0;
	}
	int tries = 0;
	do
		r = ledger_open(store, request->license_id, now_s, &ledger);
	while (db_again(r, &tries));
	if (r < 0)
		return r;
	r = quote_for(&ledger, request, prices, out_amount);
	ledger_abandon(&ledger);
	return r;
}

static int insert_order(
	struct store *store, const struct order_request *request, const struct order *order)
{
	int r = db_run(store_db(store),
		"INSERT INTO orders (license_id, order_id, kind, seats, amount, currency,"
		" customer, email, placed_s, completed_s, expires_s)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, 0, ?10)",
		"sssiisssii", order->license_id, order->id, order_kind_name(order->kind),
		order->seats, order->amount, order->currency, request->customer, request->email,
		order->placed_s, order->expires_s);

	if (r == 0)
		r = db_run(store_db(store),
			"INSERT INTO order_lookup (order_id, license_id) VALUES (?1, ?2)", "ss",
			order->id, order->license_id);
	if (r == 0 && request->email)
		r = mail_queue(
			store, order->license_id, MAIL_PLACED, order->id, order->placed_s);
	return r;
}

static int64_t end_of_order(const struct store *store, int64_t placed_s)
{
	return placed_s + store_home(store)->settings->open_days * 86400;
}

static int place_new(
	struct store *store, const struct order_request *request, struct order *order)
{
	store_new_id(order->license_id, sizeof(order->license_id));
	order->amount = price_year(&store_home(store)->prices, request->seats);
	order->expires_s = end_of_order(store, order->placed_s);

	int r = db_begin(store_db(store));
	if (r == 0)
		r = insert_order(store, request, order);
	if (r == 0)
		r = db_commit(store_db(store));
	if (r < 0)
		db_rollback(store_db(store));
	return r;
}

static int place_for_license(
	struct store *store, const struct order_request *request, struct order *order)
{
	struct ledger ledger;
	int r = ledger_open(store, request->license_id, order->placed_s, &ledger);

	if (r < 0)
		return r;
	memcpy(order->license_id, ledger.license_id, LEASE_ID_SIZE);
	order->placed_s = ledger.now_s;
	order->expires_s = end_of_order(store, order->placed_s);
	r = quote_for(&ledger, request, &store_home(store)->prices, &order->amount);
	if (r == 0)
		r = insert_order(store, request, order);
	if (r == 0)
		return ledger_commit(&ledger);
	ledger_abandon(&ledger);
	return r;
}

int orders_place(struct store *store, const struct order_request *request, int64_t now_s,
	struct order *out)
{
	int r = check_request(request), tries = 0;

	*out = (struct order){
		.kind = request->kind, .seats = request->seats, .placed_s = now_s};
	if (r < 0)
		return r;
	if (request->order_id) {
		ASSERT(strlen(request->order_id) == ORDER_ID_SIZE - 1);
		memcpy(out->id, request->order_id, ORDER_ID_SIZE);
	} else {
		store_new_id(out->id, sizeof(out->id));
	}
	snprintf(out->customer, sizeof(out->customer), "%s",
		request->customer ? request->customer : "");
	snprintf(out->email, sizeof(out->email), "%s", request->email ? request->email : "");
	memcpy(out->currency, store_home(store)->prices.currency, sizeof(out->currency));
	do
		r = request->license_id ? place_for_license(store, request, out)
					: place_new(store, request, out);
	while (db_again(r, &tries));
	return r;
}

/* Reading. */

static int find_license(struct store *store, const char *order_id, struct order *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT license_id FROM order_lookup WHERE order_id = ?1", "s", order_id);

	if (r == 0 || strlen(order_id) != ORDER_ID_SIZE - 1)
		return err_set(ERR_NOTFOUND, "there is no order %.40s", order_id);
	if (r < 0)
		return r;
	struct order found = {0};
	memcpy(found.id, order_id, ORDER_ID_SIZE); /* which may be the id in *out */
	memcpy(found.license_id, db_text(rows, 0), LEASE_ID_SIZE);
	*out = found;
	return 0;
}

static enum order_kind kind_of(const char *name)
{
	for (int i = ORDER_RENEWAL; i <= ORDER_ADDITION; i++)
		if (text_equal(name, kind_names[i]))
			return (enum order_kind)i;
	return ORDER_NEW;
}

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%s", text ? text : "");
}

static int read_order(struct store *store, struct order *order)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT kind, seats, amount, currency, placed_s, completed_s, expires_s,"
		" cancelled_s, failed_s, refunded_s, paid_by, customer, email FROM orders"
		" WHERE license_id = ?1 AND order_id = ?2",
		"ss", order->license_id, order->id);

	if (r <= 0)
		return r < 0 ? r : err_set(ERR_NOTFOUND, "there is no order %s", order->id);
	order->kind = kind_of(db_text(rows, 0));
	order->seats = db_int(rows, 1);
	order->amount = db_int(rows, 2);
	memcpy(order->currency, db_text(rows, 3), sizeof(order->currency));
	order->placed_s = db_int(rows, 4);
	order->completed_s = db_int(rows, 5);
	order->expires_s = db_int(rows, 6);
	order->cancelled_s = db_int(rows, 7);
	order->failed_s = db_int(rows, 8);
	order->refunded_s = db_int(rows, 9);
	copy_text(order->paid_by, sizeof(order->paid_by), db_text(rows, 10));
	copy_text(order->customer, sizeof(order->customer), db_text(rows, 11));
	copy_text(order->email, sizeof(order->email), db_text(rows, 12));
	return 0;
}

int orders_read_outbox(struct store *store, const char *license_id, const char *order_id,
	char out[KEY_TEXT_SIZE])
{
	AUTO_ROWS rows = NULL;
	AUTO_BUF sealed = buf_init(SEALED_MAX);
	AUTO_BUF key = buf_init(KEY_TEXT_SIZE);
	int r = db_one(store_db(store), &rows,
		"SELECT sealed FROM outbox WHERE license_id = ?1 AND order_id = ?2", "ss",
		license_id, order_id);

	memset(out, 0, KEY_TEXT_SIZE);
	if (r <= 0)
		return r;
	r = text_from_base64(db_text(rows, 0), &sealed);
	if (r == 0)
		r = secret_open(store_home(store)->seal, sealed.data, sealed.size, &key);
	if (r == 0 && key.size == KEY_TEXT_SIZE - 1)
		memcpy(out, key.data, key.size);
	if (key.size)
		secret_wipe(key.data, key.size);
	return r < 0 ? err_wrap(r, "outbox of order %s", order_id) : 1;
}

/* The key, where it still waits to be handed out. */
static int read_outbox(struct store *store, struct order *order)
{
	int r = orders_read_outbox(store, order->license_id, order->id, order->key);

	return r < 0 ? r : 0;
}

int orders_read(struct store *store, const char *order_id, struct order *out)
{
	int r = find_license(store, order_id, out);

	if (r == 0)
		r = read_order(store, out);
	if (r == 0)
		r = read_outbox(store, out);
	return r;
}

int orders_cancel(struct store *store, const char *order_id, int64_t now_s, struct order *out)
{
	int r = find_license(store, order_id, out);

	if (r == 0)
		r = db_run(store_db(store),
			"UPDATE orders SET cancelled_s = ?3 WHERE license_id = ?1"
			" AND order_id = ?2 AND completed_s = 0 AND cancelled_s = 0",
			"ssi", out->license_id, out->id, now_s);
	if (r == 0)
		r = read_order(store, out);
	if (r == 0 && out->completed_s)
		r = err_set(ERR_LICENSE,
			"order %s is completed and cannot be cancelled; a license key can be "
			"revoked",
			out->id);
	return r;
}

/* Completing. */

int orders_fill_outbox(struct ledger *ledger, const char *order_id, const char *key)
{
	AUTO_BUF sealed = buf_init(SEALED_MAX);
	int r = secret_seal(store_home(ledger->store)->seal, key, strlen(key), &sealed);

	if (r < 0)
		return r;
	AUTO_TEXT text = text_to_base64(sealed.data, sealed.size);
	return db_run(store_db(ledger->store),
		"INSERT INTO outbox (license_id, order_id, sealed, at_s)"
		" VALUES (?1, ?2, ?3, ?4)",
		"sssi", ledger->license_id, order_id, text, ledger->now_s);
}

/* Makes the key. Its plain text is only in the outbox, sealed. */
static int issue_key(struct ledger *ledger, const struct order *order)
{
	uint8_t random[KEY_RANDOM_SIZE];
	char key[KEY_TEXT_SIZE];

	secret_random(random, sizeof(random));
	key_make(random, key);
	int r = store_add_key(ledger->store, key, ledger->license_id);
	if (r == 0)
		r = orders_fill_outbox(ledger, order->id, key);
	secret_wipe(key, sizeof(key));
	secret_wipe(random, sizeof(random));
	if (r == 0) {
		AUTO_TEXT detail =
			mem_printf("order=%s licenses=%" PRId64, order->id, order->seats);
		r = ledger_record(ledger, "created", ledger->now_s, detail);
	}
	return ledger_check(ledger, r);
}

static int change_license(struct ledger *ledger, const struct order *order)
{
	struct license_effect effect;
	char from[TIMESTAMP_SIZE], expires[TIMESTAMP_SIZE];
	int r = apply_to(&ledger->license, order->kind, order->seats, ledger->now_s, &effect);

	if (r < 0)
		return r;
	timestamp_format(effect.at_s, from);
	if (license_expires(&ledger->license))
		timestamp_format(license_expires(&ledger->license), expires);
	else
		memcpy(expires, "-", 2);
	AUTO_TEXT detail = mem_printf("order=%s licenses=%" PRId64 " from=%s expires=%s",
		order->id, effect.seats, from, expires);
	return ledger_change(
		ledger, order->kind == ORDER_RENEWAL ? "renewed" : "added", detail, &effect);
}

/* 1 for the first who marks the order as completed, 0 for those behind. */
static int mark_completed(struct ledger *ledger, const struct order *order)
{
	int r = db_run(store_db(ledger->store),
		"UPDATE orders SET completed_s = ?3, paid_by = ?4 WHERE license_id = ?1"
		" AND order_id = ?2 AND completed_s = 0 AND cancelled_s = 0",
		"ssis", ledger->license_id, order->id, ledger->now_s, order->paid_by);

	return r < 0 ? ledger_check(ledger, r) : db_changed(store_db(ledger->store)) == 1;
}

/* What was ordered, and the mail that tells of it. */
static int fulfil(struct ledger *ledger, const struct order *order)
{
	bool is_new = order->kind == ORDER_NEW;
	int r = is_new ? issue_key(ledger, order) : change_license(ledger, order);

	if (r == 0)
		r = mail_queue(ledger->store, ledger->license_id, is_new ? MAIL_KEY : MAIL_DONE,
			order->id, ledger->now_s);
	return r;
}

static int apply(struct store *store, const struct order *order, int64_t now_s)
{
	struct ledger ledger;
	int r = order->kind == ORDER_NEW
			? ledger_create(store, order->license_id, order->seats, now_s, &ledger)
			: ledger_open(store, order->license_id, now_s, &ledger);

	if (r < 0)
		return r;
	r = mark_completed(&ledger, order);
	if (r == 1) {
		r = fulfil(&ledger, order);
		if (r == 0)
			return ledger_commit(&ledger);
	}
	/* Another was first, or it was cancelled meanwhile: nothing is left of this try. */
	ledger_abandon(&ledger);
	return r;
}

static int refuse_cancelled(const struct order *order)
{
	return order->cancelled_s
		       ? err_set(ERR_LICENSE, "order %s is cancelled; take a new order",
				 order->id)
		       : 0;
}

static int apply_until_done(struct store *store, const struct order *order, int64_t now_s)
{
	int r, tries = 0;

	do
		r = apply(store, order, now_s);
	while (db_again(r, &tries));
	return r;
}

int orders_complete(struct store *store, const char *order_id, int64_t now_s, struct order *out)
{
	return orders_complete_by(store, order_id, "invoice", now_s, out);
}

int orders_complete_by(struct store *store, const char *order_id, const char *paid_by,
	int64_t now_s, struct order *out)
{
	int r = find_license(store, order_id, out);

	if (r == 0)
		r = read_order(store, out);
	if (r == 0)
		r = refuse_cancelled(out);
	if (r == 0 && !out->completed_s) {
		copy_text(out->paid_by, sizeof(out->paid_by), paid_by);
		r = apply_until_done(store, out, now_s);
	}
	if (r == 0)
		r = read_order(store, out);
	if (r == 0)
		r = refuse_cancelled(out);
	if (r == 0)
		r = read_outbox(store, out);
	return r;
}

int orders_hand_out(struct store *store, const struct order *order)
{
	/* None is queued any more once the order is completed, so asking first is enough. */
	int waits = mail_waits(store, order->license_id, MAIL_KEY, order->id);

	if (waits != 0)
		return waits < 0 ? waits : 0;
	return db_run(store_db(store),
		"DELETE FROM outbox WHERE license_id = ?1 AND order_id = ?2", "ss",
		order->license_id, order->id);
}

static int revoke(
	struct store *store, const char *license_id, const char *reason, int64_t now_s)
{
	struct ledger ledger;
	struct license_effect effect;
	int r = ledger_open(store, license_id, now_s, &ledger);

	if (r < 0)
		return r;
	AUTO_TEXT detail = mem_printf("reason=%s", reason);
	r = license_revoke(&ledger.license, ledger.now_s, &effect);
	if (r == 0)
		r = ledger_change(&ledger, "revoked", detail, &effect);
	if (r == 0)
		return ledger_commit(&ledger);
	ledger_abandon(&ledger);
	return r;
}

int orders_revoke(
	struct store *store, const char *license_id, const char *reason, int64_t now_s)
{
	int r, tries = 0;

	do
		r = revoke(store, license_id, reason, now_s);
	while (db_again(r, &tries));
	return r;
}
