/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SHOP_PRIV_H
#define LICENSE_SERVICE_SHOP_PRIV_H

#include <pthread.h>

#include "base/json.h"
#include "license_service/form.h"
#include "license_service/sale.h"
#include "license_service/settings.h"
#include "license_service/shop.h"
#include "license_service/store.h"
#include "net/http_server.h"

/* Between the files of the shop. */

struct shop {
	const struct home *home;
	struct guard *keys;   /* wrong license keys, borrowed */
	struct guard *orders; /* orders and quotes of each address */
	pthread_mutex_t lock; /* guards `store` */
	struct store *store;
};

/** The order whose id and token the call gives, from the path behind `prefix`. ERR_NOTFOUND
 * also where the token is not its. The caller wipes its key. */
NODISCARD int shop_find_order(
	struct shop *shop, const char *order_id, const char *token, struct order *out);

/** Places what was asked for, or finds it placed under that id already. */
NODISCARD int shop_place(
	struct shop *shop, const struct sale *sale, const char *order_id, struct order *out);

/** One more from that address: ERR_THROTTLED where there were too many. */
NODISCARD int shop_count(struct shop *shop, struct http_call *call);

/* shop_form.c: the form and its steps. */
void shop_form_get(struct shop *shop, struct http_call *call);
void shop_form_post(struct shop *shop, struct http_call *call);

/* shop_pages.c: HTML. */
struct shop_form_page {
	const struct sale_input *input;
	const struct sale_errors *errors; /* NULL: none */
	const struct sale *sale;          /* with a quote */
	const struct sale_quote *quote;   /* NULL: none yet */
	const char *changed;              /* what is to be looked at again; NULL */
	const char *masked; /* the key that it is about, as `license buy` named it;
			       NULL: none */
};
void shop_page_form(struct shop *shop, struct http_call *call, int status,
	const struct shop_form_page *page);
void shop_page_review(
	struct shop *shop, struct http_call *call, const struct shop_form_page *page);
void shop_page_order(
	struct shop *shop, struct http_call *call, const struct order *order, bool mail_waits);
void shop_page_message(struct shop *shop, struct http_call *call, int status,
	const char *heading, const char *text);

/* shop_api.c: JSON. */
void shop_api_quote(struct shop *shop, struct http_call *call);
void shop_api_place(struct shop *shop, struct http_call *call);
void shop_api_order(struct shop *shop, struct http_call *call, const char *order_id);
void shop_api_webhook(struct shop *shop, struct http_call *call);

#endif
