/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SHOP_H
#define LICENSE_SERVICE_SHOP_H

#include <stdbool.h>

#include "base/err.h"
#include "license_service/guard.h"
#include "license_service/home.h"

struct http_call;

/*
 * What a customer meets at the service's address: the order form (GET and POST /buy), the page
 * of an order (/orders/ID?t=TOKEN), the same as an API (/v1/quotes, /v1/orders), and the
 * webhook of payments (/v1/payments/webhook). It has a connection to the database of its own,
 * so that selling waits for no claims, nor claims for it.
 */

struct shop;

/** `home` and `keys`, which counts wrong license keys, are borrowed. */
NODISCARD int shop_open(const struct home *home, struct guard *keys, struct shop **out);
void shop_close(struct shop *shop); /* NULL is fine */

/** Answers a call for one of its paths; false where it is none of them. */
bool shop_handle(struct shop *shop, struct http_call *call);

#endif
