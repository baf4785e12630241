/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ORDER_JSON_H
#define LICENSE_SERVICE_ORDER_JSON_H

#include <stdint.h>

#include "base/json.h"
#include "license_service/orders.h"

/** An order as the APIs show it, without customer and key. The caller frees it. */
struct json *order_json(const struct order *order, int64_t now_s);

/** Puts { "amount", "currency" } under "price". */
void order_json_put_price(struct json *json, int64_t amount, const char *currency);

#endif
