/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ORDERS_H
#define LICENSE_SERVICE_ORDERS_H

#include <stdint.h>

#include "base/err.h"
#include "license/key.h"
#include "license/lease.h"
#include "license_service/store.h"

/*
 * Orders: a new key, a renewal, more licenses. Placed with its price; open until it is
 * completed (it is paid), cancelled, or expires; applied once however often it is completed
 * (rule G3). What completes it by itself is payment.h.
 */

struct ledger;

enum order_kind {
	ORDER_NEW,
	ORDER_RENEWAL,
	ORDER_ADDITION,
};

enum { ORDER_ID_SIZE = 17, ORDER_TEXT_MAX = 200 /* bytes of a customer's name or address */ };

struct order_request {
	enum order_kind kind;
	const char *license_id; /* NULL for a new key */
	int64_t seats;          /* of a renewal the new total, of an addition those on top */
	const char *customer;   /* of a new key; else NULL */
	const char *email;
	const char *
		order_id; /* of the caller's making, so that asking twice places one; or NULL */
};

enum order_state { ORDER_OPEN, ORDER_COMPLETED, ORDER_CANCELLED, ORDER_EXPIRED };

struct order {
	char id[ORDER_ID_SIZE];
	char license_id[LEASE_ID_SIZE];
	enum order_kind kind;
	int64_t seats;
	int64_t amount; /* in minor units */
	char currency[4];
	int64_t placed_s;
	int64_t completed_s; /* 0: not */
	int64_t expires_s;   /* from then on it is no longer open; 0: never */
	int64_t cancelled_s; /* 0: not */
	int64_t failed_s;    /* the last payment that failed; 0: none */
	int64_t refunded_s;  /* the money went back; 0: not */
	char paid_by[16];    /* the side of payment.h, "" while it is not completed */
	char customer[ORDER_TEXT_MAX + 1];
	char email[ORDER_TEXT_MAX + 1];
	char key[KEY_TEXT_SIZE]; /* of a completed order for a new key that still waits in the
				    outbox, else "" */
};

/** "new", "renew", "add". */
const char *order_kind_name(enum order_kind kind);

/** How the order stands at that moment. An order that was refunded stays completed. */
enum order_state order_state(const struct order *order, int64_t now_s);

/** "open", "completed", "cancelled", "expired". */
const char *order_state_name(enum order_state state);

/** What the order would cost now. ERR_INVALID for a bad number; ERR_LICENSE, ERR_NOTFOUND. */
NODISCARD int orders_quote(struct store *store, const struct order_request *request,
	int64_t now_s, int64_t *out_amount);

/** Takes the order, open. ERR_LICENSE where the license allows it not (revoked, or a renewal of
 * one that was never activated), ERR_INVALID, ERR_NOTFOUND; ERR_EXISTS where there is an order
 * of that id. */
NODISCARD int orders_place(struct store *store, const struct order_request *request,
	int64_t now_s, struct order *out);

/** Reads an order, with its key where that waits in the outbox. ERR_NOTFOUND. */
NODISCARD int orders_read(struct store *store, const char *order_id, struct order *out);

/** Cancels an open or expired order; a cancelled one stays so. ERR_LICENSE where it is
 * completed, ERR_NOTFOUND. */
NODISCARD int orders_cancel(
	struct store *store, const char *order_id, int64_t now_s, struct order *out);

/** Completes it: applies what was ordered, if that has not been done yet; an expired one too.
 * ERR_NOTFOUND for an unknown order, ERR_LICENSE where it is cancelled, or where the license
 * allows it no more. Settled by hand. */
NODISCARD int orders_complete(
	struct store *store, const char *order_id, int64_t now_s, struct order *out);

/** The same, paid by that side of payment.h. */
NODISCARD int orders_complete_by(struct store *store, const char *order_id, const char *paid_by,
	int64_t now_s, struct order *out);

/** The key in the outbox under that id: 1, or 0 where there is none. The caller wipes it. */
NODISCARD int orders_read_outbox(struct store *store, const char *license_id,
	const char *order_id, char out[KEY_TEXT_SIZE]);

/** Puts a key there, sealed, within the ledger's transaction. */
NODISCARD int orders_fill_outbox(struct ledger *ledger, const char *order_id, const char *key);

/** Forgets the key that waits in the outbox: the customer has it. One that still has to go out
 * by mail stays until that is delivered. */
NODISCARD int orders_hand_out(struct store *store, const struct order *order);

/** Revokes a license, for good. ERR_EXISTS where that was done. */
NODISCARD int orders_revoke(
	struct store *store, const char *license_id, const char *reason, int64_t now_s);

#endif
