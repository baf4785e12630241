/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_INDEX_TABLE_H
#define REPO_INDEX_TABLE_H

#include <stdbool.h>

#include "repo/repo.h"

/*
 * A sorted table of entries of the index that never changes: on the heap while it is small,
 * else in a temporary file without a name (in $TMPDIR, else /var/tmp), of which little comes
 * into memory. A filter before it answers most questions for what is not
 * there.
 */

/** Where a chunk lies. */
struct index_entry {
	uint8_t id[REPO_ID_SIZE];
	uint32_t pack;  /* its number in the index */
	uint32_t place; /* block in the pack × 2^20 + offset in the block */
	uint32_t size;
};

struct index_table;

/** Begins a table; `count` is about how many entries will come. */
NODISCARD int index_table_new(size_t count, struct index_table **out);
void index_table_free(struct index_table *table); /* NULL is fine */

/** All entries with equal ids count, in the order in which they come; a look-up finds any. */
void index_table_keep_equal(struct index_table *table);

/** Adds an entry, whose id is not before the last one's; of equal ids the first one counts.
 * ERR_IO where the temporary file cannot be written. */
NODISCARD int index_table_add(struct index_table *table, const struct index_entry *entry);

/** Ends the adding. ERR_IO. */
NODISCARD int index_table_finish(struct index_table *table);

size_t index_table_count(const struct index_table *table);

/** The entry of that number, by the order of the ids. */
void index_table_get(struct index_table *table, size_t number, struct index_entry *out);

/** False where there is none, or the temporary file cannot be read. Only after
 * index_table_finish. */
bool index_table_find(const struct index_table *table, const uint8_t id[REPO_ID_SIZE],
	struct index_entry *out);

/** Its number, by the order of the ids; false where there is none. Likewise. */
bool index_table_number(struct index_table *table, const uint8_t id[REPO_ID_SIZE], size_t *out);

#endif
