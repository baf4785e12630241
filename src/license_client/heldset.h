/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_HELDSET_H
#define LICENSE_CLIENT_HELDSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"
#include "license/lease.h"

/*
 * The subjects that hold a license, sorted by id. A set is believed only together with a lease
 * whose digest is its own.
 */

enum { HELDSET_ID_SIZE = 32 };

struct heldset_entry {
	uint8_t id[HELDSET_ID_SIZE];
	int64_t assigned_s;
	int64_t releasable_s;
};

struct heldset {
	struct heldset_entry *entries;
	size_t count;
	size_t capacity;
};

void heldset_free(struct heldset *set);
struct heldset heldset_copy(const struct heldset *set);

/** NULL where it is not in the set; borrowed. */
const struct heldset_entry *heldset_find(
	const struct heldset *set, const uint8_t id[HELDSET_ID_SIZE]);

/** Puts an entry behind all others; false, and not put, where it is not the greatest. */
bool heldset_append(struct heldset *set, const struct heldset_entry *entry);

/** Adds entries in any order, also twice; those that are in the set already stay as they are.
 */
void heldset_add(struct heldset *set, struct heldset_entry *entries, size_t count);

void heldset_remove(struct heldset *set, const uint8_t id[HELDSET_ID_SIZE]);

/** Whether it is the set whose count and digest the lease gives. */
bool heldset_matches(const struct heldset *set, const struct lease *lease);

/** Appends the entries to `out`, and reads them back: ERR_CORRUPT, ERR_LIMIT. */
NODISCARD int heldset_write(const struct heldset *set, struct buf *out);
NODISCARD int heldset_read(struct reader *reader, struct heldset *out);

#endif
