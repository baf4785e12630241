/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SPILL_H
#define REPO_SPILL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Sorts any number of keys and values in little memory: what does not fit is written, sorted,
 * to a temporary file without a name (in $TMPDIR, else /var/tmp), and merged when it is read.
 * Of several values of one key the last one counts. One thread at a time.
 */

struct spill;

struct spill_entry {
	const void *key;
	size_t key_size;
	const void *value;
	size_t value_size;
	uint8_t mark; /* the user's own */
};

enum { SPILL_ENTRY_MAX = 1 << 20, SPILL_MEMORY = 8 << 20 };

/** `memory` is about how many bytes are kept before they are written; 0: SPILL_MEMORY. */
struct spill *spill_new(size_t memory);
void spill_free(struct spill *spill); /* NULL is fine */

/** Takes a copy. ERR_INVALID where key and value together are longer than SPILL_ENTRY_MAX,
 * ERR_IO where the temporary file cannot be written. Not after spill_sort. */
NODISCARD int spill_put(struct spill *spill, const struct spill_entry *entry);

/** How many were put, and whether each key was behind the one before. */
uint64_t spill_count(const struct spill *spill);
bool spill_is_rising(const struct spill *spill);

/** Whether the next one is going to be written: the time to take them out where they are needed
 * in their order anyhow. */
bool spill_is_full(const struct spill *spill);

/** Ends the putting; spill_next begins at the first key. ERR_IO. */
NODISCARD int spill_sort(struct spill *spill);

/** 1 and the next entry, borrowed until the next call; 0 at the end. ERR_IO, ERR_CORRUPT. */
NODISCARD int spill_next(struct spill *spill, struct spill_entry *out);

/** Forgets all, for the next use. */
void spill_clear(struct spill *spill);

#endif
