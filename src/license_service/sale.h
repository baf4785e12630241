/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SALE_H
#define LICENSE_SERVICE_SALE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license_service/guard.h"
#include "license_service/orders.h"

/*
 * What a customer asks for, from the form or the API: checked field by field, with words for
 * people, and reckoned up.
 */

enum { SALE_TEXT_SIZE = 320 };

struct sale_input { /* as typed; none NULL */
	const char *kind, *seats, *license_key, *customer, *email;
	const char *peer;  /* who asks: wrong keys are counted */
	bool with_contact; /* customer and e-mail are needed */
};

struct sale_errors { /* "" where the field is good */
	char seats[SALE_TEXT_SIZE];
	char key[SALE_TEXT_SIZE];
	char customer[SALE_TEXT_SIZE];
	char email[SALE_TEXT_SIZE];
	char general[SALE_TEXT_SIZE];
	const char *code; /* of the first: request_invalid, key_mistyped, …; NULL: none */
};

struct sale {
	enum order_kind kind;
	int64_t seats;
	char license_id[LEASE_ID_SIZE]; /* "" for a new key */
	char masked[KEY_TEXT_SIZE];     /* "" for a new key */
	const char *customer, *email;   /* borrowed from the input */
};

struct sale_quote {
	int64_t amount;
	char currency[4];
	int64_t seats_after;          /* in all, when it has taken effect */
	int64_t starts_s;             /* of the term that is bought; 0: the first activation */
	int64_t ends_s;               /* 0: 12 months after the first activation */
	const char *warning_code;     /* NULL: none */
	char warning[SALE_TEXT_SIZE]; /* "" where there is none */
};

/** Checks what was typed. ERR_INVALID where a field is wrong: the errors say which;
 * ERR_THROTTLED where too many wrong keys came from that peer; else the errors of the database.
 */
NODISCARD int sale_check(struct store *store, struct guard *guard,
	const struct sale_input *input, struct sale *out, struct sale_errors *errors);

/** What it would cost and do at `now_s`. ERR_LICENSE where the license allows it not (the
 * thread's message is for people). */
NODISCARD int sale_quote(
	struct store *store, const struct sale *sale, int64_t now_s, struct sale_quote *out);

/** The request for orders_place; `order_id` may be NULL. Borrows from both. */
struct order_request sale_request(const struct sale *sale, const char *order_id);

#endif
