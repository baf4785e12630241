/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_ARMOR_PRIV_H
#define REPO_ARMOR_PRIV_H

#include "repo/armor.h"

/*
 * The shards of a file, as ISA-L wants them: each in one piece, filled up with zeros.
 */

enum {
	ARMOR_SUM_SIZE = 4,
	ARMOR_SUMS_SIZE = (ARMOR_SHARDS_ALL + 1) * ARMOR_SUM_SIZE,
	ARMOR_SHARD_LEAST = 16,
	ARMOR_TABLES_SIZE = 32, /* of ISA-L, for each coefficient */
};

struct armor_shards {
	size_t size;               /* of each */
	const uint8_t *data;       /* of the file; borrowed */
	size_t data_size;          /* without the zeros */
	uint8_t *at[ARMOR_SHARDS]; /* into the file, or into `filled`; never written to */
	uint8_t *filled;           /* the shard that the data ends in, and one of zeros */
	uint8_t matrix[ARMOR_SHARDS_ALL * ARMOR_SHARDS]; /* from data to data and parity */
};

size_t armor_shard_size(uint64_t data);

/** The caller ends it with armor_shards_end. `data` is borrowed until then. */
void armor_shards_begin(struct armor_shards *shards, const uint8_t *data, size_t size);
void armor_shards_end(struct armor_shards *shards);

/** The parity of the data, ARMOR_PARITY shards one after the other; and where sums is not NULL,
 * the sums of data and parity. */
void armor_shards_encode(
	const struct armor_shards *shards, uint8_t *parity, uint32_t sums[ARMOR_SHARDS_ALL]);

/** The multiples of `count` rows of coefficients: out[i] = the sum over j of c(i, j) · in[j].
 */
void armor_multiply(size_t size, const uint8_t *coefficients, uint8_t *const in[ARMOR_SHARDS],
	uint8_t **out, int count);

uint32_t armor_sum(const void *data, size_t size);

/** The sums as they stand in a file, with their own behind. */
void armor_sums_write(const uint32_t sums[ARMOR_SHARDS_ALL], uint8_t out[ARMOR_SUMS_SIZE]);

void armor_trailer_write(const struct armor_trailer *trailer, uint8_t out[ARMOR_TRAILER_SIZE]);

/** All that stands behind the data: parity, sums, trailers. `out` has room for it. */
void armor_end_write(const uint8_t *data, const struct armor_trailer *trailer, uint8_t *out);

#endif
