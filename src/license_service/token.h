/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_TOKEN_H
#define LICENSE_SERVICE_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license_service/home.h"
#include "license_service/orders.h"

/*
 * Tokens of the shop, made under a key of the service and kept nowhere: one that opens the page
 * of an order, one that a form carries so that only a form of ours, shown lately, can be sent.
 */

enum { TOKEN_FORM_LIFE_S = 6 * 3600 };

/** The token of an order's page; the caller frees it. */
char *token_of_order(const struct home *home, const char *order_id);

/** In constant time. `given` may be NULL. */
bool token_is_of_order(const struct home *home, const char *order_id, const char *given);

/** A token for a form; the caller frees it. */
char *token_of_form(const struct home *home, int64_t now_s);

/** Checks a form's token. ERR_AUTH where it is not ours or too old. */
NODISCARD int token_check_form(const struct home *home, const char *token, int64_t now_s);

/** The id of the order that is placed by what `seed` says: the same seed gives the same id, and
 * nobody else can tell it. */
void token_order_id(const struct home *home, const char *seed, char out[ORDER_ID_SIZE]);

#endif
