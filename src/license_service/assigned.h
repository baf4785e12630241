/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ASSIGNED_H
#define LICENSE_SERVICE_ASSIGNED_H

#include <stdbool.h>

#include "crypto/hash.h"
#include "license/lease.h"
#include "license_service/store.h"

/*
 * The assigned sets of licenses that were asked for lately, in memory: a lease after a claim
 * need not read all rows of the license again. Each is known by the head of the license's event
 * chain, which no other history of the license has; where that is another, the set is not
 * known. What is kept has a ceiling; those that were not used longest go first.
 */

struct assigned;

struct assigned *assigned_new(void);
void assigned_free(struct assigned *assigned); /* NULL is fine */

/** Count and digest of the set behind this head; false where it is not known. */
bool assigned_find(struct assigned *assigned, const char *license_id,
	const uint8_t chain[HASH_SIZE], struct store_assigned *out);

/** Keeps a set: subjects in their order with a newline behind each, taken over. */
void assigned_keep(struct assigned *assigned, const char *license_id,
	const uint8_t chain[HASH_SIZE], char *lines, size_t size);

/** Makes the set behind growth->before, where it is known, that behind growth->after. */
void assigned_grow(struct assigned *assigned, const struct store_growth *growth);

#endif
