/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ADMIN_LISTS_H
#define LICENSE_SERVICE_ADMIN_LISTS_H

#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "license_service/store.h"

/*
 * What the vendor looks at, page by page, for the administration API and the command line. Each
 * gives { "schema": 1, NAME: [ … ], "next": TEXT or null }, where `next` goes into `after` for
 * the following page. Keys are masked; no list holds one.
 */

enum { ADMIN_LIST_MOST = 1000, ADMIN_LIST_USUAL = 100 };

struct admin_page {
	const char *after;      /* of the page before; NULL or "": the first */
	const char *query;      /* a part of name or address; NULL: all */
	const char *state;      /* of orders; NULL: all */
	const char *license_id; /* of instances and events; of orders NULL: all */
	int64_t limit;          /* 1..ADMIN_LIST_MOST */
	int64_t now_s;
};

/** Fills *out, which the caller frees. ERR_INVALID for an `after`, a state or a limit that has
 * no sense. */
typedef int admin_list_fn(
	struct store *store, const struct admin_page *page, struct json **out);

admin_list_fn admin_list_customers;  /* by address */
admin_list_fn admin_list_licenses;   /* by id */
admin_list_fn admin_list_instances;  /* of a license, or of all */
admin_list_fn admin_list_events;     /* of a license, by revision */
admin_list_fn admin_list_orders;     /* newest first */
admin_list_fn admin_list_mails;      /* that wait, by turn */
admin_list_fn admin_list_deliveries; /* webhooks of payment, by id */

#endif
