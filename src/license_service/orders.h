/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ORDERS_H
#define LICENSE_SERVICE_ORDERS_H

#include <stdint.h>

#include "base/err.h"
#include "license/key.h"
#include "license/lease.h"
#include "license_service/store.h"

/*
 * Orders: a new key, a renewal, more licenses. Placed with its price, completed when it is
 * paid, applied once however often it is completed (rule G3).
 */

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
};

struct order {
	char id[ORDER_ID_SIZE];
	char license_id[LEASE_ID_SIZE];
	enum order_kind kind;
	int64_t seats;
	int64_t amount; /* in minor units */
	char currency[4];
	int64_t placed_s;
	int64_t completed_s;     /* 0: open */
	char key[KEY_TEXT_SIZE]; /* of a completed order for a new key that still waits in the
				    outbox, else "" */
};

/** "new", "renew", "add". */
const char *order_kind_name(enum order_kind kind);

/** What the order would cost now. ERR_INVALID for a bad number; ERR_LICENSE, ERR_NOTFOUND. */
NODISCARD int orders_quote(struct store *store, const struct order_request *request,
	int64_t now_s, int64_t *out_amount);

/** Takes the order, open. ERR_LICENSE where the license allows it not (revoked, or a renewal of
 * one that was never activated), ERR_INVALID, ERR_NOTFOUND. */
NODISCARD int orders_place(struct store *store, const struct order_request *request,
	int64_t now_s, struct order *out);

/** Completes it: applies what was ordered, if that has not been done yet. ERR_NOTFOUND for an
 * unknown order, ERR_LICENSE where the license allows it no more. */
NODISCARD int orders_complete(
	struct store *store, const char *order_id, int64_t now_s, struct order *out);

/** Forgets the key that waits in the outbox: the customer has it. */
NODISCARD int orders_hand_out(struct store *store, const struct order *order);

/** Revokes a license, for good. ERR_EXISTS where that was done. */
NODISCARD int orders_revoke(
	struct store *store, const char *license_id, const char *reason, int64_t now_s);

#endif
