/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <isa-l/crc.h>
#include <isa-l/erasure_code.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "repo/armor_priv.h"

/*
 * Reed-Solomon and the CRC, by ISA-L. Its Cauchy matrix is that of docs/format.md: the rows of
 * data are those of the identity, c(i, j) = 1 / ((k + i) xor j) those of parity.
 */

/* So much of each shard at a time that a step's 66 pieces stay in the cache of the second level
 * for the sums. */
enum { STEP = 1 << 10 };

size_t armor_shard_size(uint64_t data)
{
	size_t size = (size_t)((data + ARMOR_SHARDS - 1) / ARMOR_SHARDS);

	return size < ARMOR_SHARD_LEAST ? ARMOR_SHARD_LEAST : size;
}

uint32_t armor_sum(const void *data, size_t size)
{
	return crc32_gzip_refl(0, data, size);
}

/* ISA-L does not say of its inputs that they are const, though they are. */
static uint8_t *input(const uint8_t *data)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} same = {data};

	return same.out;
}

void armor_shards_begin(struct armor_shards *shards, const uint8_t *data, size_t size)
{
	size_t each = armor_shard_size(size);
	size_t whole = size / each, rest = size % each;

	shards->size = each;
	shards->data = data;
	shards->data_size = size;
	shards->filled = mem_array(2, each);
	if (rest > 0)
		memcpy(shards->filled, data + whole * each, rest);
	for (size_t j = 0; j < ARMOR_SHARDS; j++) {
		if (j < whole)
			shards->at[j] = input(data + j * each);
		else
			shards->at[j] = shards->filled + (j == whole ? 0 : each);
	}
	gf_gen_cauchy1_matrix(shards->matrix, ARMOR_SHARDS_ALL, ARMOR_SHARDS);
}

void armor_shards_end(struct armor_shards *shards)
{
	mem_free(shards->filled);
	shards->filled = NULL;
}

static void add_sum(uint32_t *sum, const uint8_t *data, size_t size)
{
	*sum = crc32_gzip_refl(*sum, data, size);
}

void armor_shards_encode(
	const struct armor_shards *shards, uint8_t *parity, uint32_t sums[ARMOR_SHARDS_ALL])
{
	uint8_t tables[ARMOR_TABLES_SIZE * ARMOR_SHARDS * ARMOR_PARITY];
	uint8_t coefficients[ARMOR_PARITY * ARMOR_SHARDS];
	uint8_t *in[ARMOR_SHARDS], *out[ARMOR_PARITY];

	memcpy(coefficients, shards->matrix + ARMOR_SHARDS * ARMOR_SHARDS,
		sizeof(coefficients));
	ec_init_tables(ARMOR_SHARDS, ARMOR_PARITY, coefficients, tables);
	if (sums)
		memset(sums, 0, ARMOR_SHARDS_ALL * sizeof(*sums));
	for (size_t done = 0, step; done < shards->size; done += step) {
		step = shards->size - done < STEP ? shards->size - done : STEP;
		for (size_t j = 0; j < ARMOR_SHARDS; j++)
			in[j] = shards->at[j] + done;
		for (size_t i = 0; i < ARMOR_PARITY; i++)
			out[i] = parity + i * shards->size + done;
		ec_encode_data((int)step, ARMOR_SHARDS, ARMOR_PARITY, tables, in, out);
		for (size_t j = 0; sums && j < ARMOR_SHARDS_ALL; j++)
			add_sum(&sums[j], j < ARMOR_SHARDS ? in[j] : out[j - ARMOR_SHARDS],
				step);
	}
}

void armor_multiply(size_t size, const uint8_t *coefficients, uint8_t *const in[ARMOR_SHARDS],
	uint8_t **out, int count)
{
	uint8_t tables[ARMOR_TABLES_SIZE * ARMOR_SHARDS * ARMOR_PARITY];
	uint8_t own[ARMOR_PARITY * ARMOR_SHARDS];
	uint8_t *from[ARMOR_SHARDS];

	ASSERT(count > 0 && count <= ARMOR_PARITY);
	memcpy(own, coefficients, (size_t)count * ARMOR_SHARDS);
	memcpy(from, in, sizeof(from));
	ec_init_tables(ARMOR_SHARDS, count, own, tables);
	ec_encode_data((int)size, ARMOR_SHARDS, count, tables, from, out);
}

void armor_sums_write(const uint32_t sums[ARMOR_SHARDS_ALL], uint8_t out[ARMOR_SUMS_SIZE])
{
	for (size_t j = 0; j < ARMOR_SHARDS_ALL; j++)
		bytes_put_u32(out + j * ARMOR_SUM_SIZE, sums[j]);
	bytes_put_u32(out + ARMOR_SHARDS_ALL * ARMOR_SUM_SIZE,
		armor_sum(out, ARMOR_SHARDS_ALL * ARMOR_SUM_SIZE));
}
