/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_PRICE_H
#define LICENSE_PRICE_H

#include <stddef.h>
#include <stdint.h>

#include "license/license.h"

/*
 * What licenses cost, in minor units of a currency. The list has steps by quantity, and each
 * license costs what the step of its own place says, so that 10 and then 10 more cost what 20
 * cost, and more never costs less. Sums are rounded once, half up.
 */

enum { PRICE_STEPS_MAX = 16, PRICE_AMOUNT_MAX = 1000 * 1000 * 1000 };

struct price_step {
	int64_t from;   /* this license of the key and those behind it; the first step says 1 */
	int64_t amount; /* each, a year; 0..PRICE_AMOUNT_MAX */
};

struct price_list {
	char currency[4]; /* ISO 4217 */
	size_t count;
	struct price_step steps[PRICE_STEPS_MAX]; /* by `from`, rising */
};

/** A whole year of `seats` licenses: a new order, or a renewal. */
int64_t price_year(const struct price_list *list, int64_t seats);

/** `seats` more for a key, for what is left of its subscription at `now_s` (A8, T15): terms
 * ahead count whole, each at the places that the licenses get in it, the running one by its
 * seconds left. Before the first activation a whole year is left; after the end nothing. */
int64_t price_add(const struct price_list *list, const struct license *license, int64_t seats,
	int64_t now_s);

#endif
