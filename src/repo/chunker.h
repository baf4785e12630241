/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CHUNKER_H
#define REPO_CHUNKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Where a content is cut into chunks: by a rolling hash over its bytes under a secret table, so
 * that a change moves the cuts near it and no others, and the sizes tell an outsider little.
 */

enum chunker_profile {
	CHUNKER_DATA,  /* contents: 256 KiB to 4 MiB, 1 MiB on the average beyond the least */
	CHUNKER_LISTS, /* lists and trees: 16 KiB to 256 KiB, 64 KiB beyond the least */
};

/** The secret table, from bytes that are derived from the master key. */
struct chunker_table {
	uint64_t gear[256];
};
enum { CHUNKER_TABLE_BYTES = 256 * 8 };
void chunker_table_init(struct chunker_table *table, const uint8_t bytes[CHUNKER_TABLE_BYTES]);

struct chunker {
	const struct chunker_table *table; /* borrowed */
	uint64_t mask, hash;
	size_t least, most;
	size_t seen; /* bytes of the chunk begun that were looked at */
};

void chunker_init(struct chunker *chunker, const struct chunker_table *table,
	enum chunker_profile profile);

/** The chunk has ended for another reason. */
void chunker_restart(struct chunker *chunker);

/** Looks at the bytes that come next. Returns how many of them belong to the chunk that has
 * begun; *out_ends says whether it ends there. */
size_t chunker_next(struct chunker *chunker, const uint8_t *data, size_t size, bool *out_ends);

#endif
