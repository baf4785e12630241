/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include <isa-l/erasure_code.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "repo/armor_priv.h"

/*
 * What of a file is damaged, and its repair.
 */

/* A file that is being looked at. */
struct look {
	const uint8_t *file;
	struct armor_report *report;
	struct armor_shards shards;
	const uint8_t *parity, *sums; /* in the file */
	uint8_t *right_parity;        /* room for what the data says it should be */
	uint32_t found[ARMOR_SHARDS_ALL];
};

/* Which of the two trailers is not the one that was read. */
static void look_at_trailers(const uint8_t *file, size_t size, struct armor_report *report)
{
	uint8_t right[ARMOR_TRAILER_SIZE];

	armor_trailer_write(&report->trailer, right);
	for (size_t i = 0; i < 2; i++) {
		const uint8_t *at = file + size - ARMOR_END_SIZE + i * ARMOR_TRAILER_SIZE;
		report->trailers[i] = memcmp(at, right, ARMOR_TRAILER_SIZE) != 0;
	}
}

static void look_begin(struct look *look, const uint8_t *file, struct armor_report *report)
{
	size_t data = (size_t)report->trailer.data;

	look->file = file;
	look->report = report;
	armor_shards_begin(&look->shards, file, data);
	look->parity = file + data;
	look->sums = look->parity + ARMOR_PARITY * look->shards.size;
	look->right_parity = mem_array(ARMOR_PARITY, look->shards.size);
	for (size_t j = 0; j < ARMOR_SHARDS; j++)
		look->found[j] = armor_sum(look->shards.at[j], look->shards.size);
	for (size_t i = 0; i < ARMOR_PARITY; i++)
		look->found[ARMOR_SHARDS + i] =
			armor_sum(look->parity + i * look->shards.size, look->shards.size);
}

static void look_end(struct look *look)
{
	armor_shards_end(&look->shards);
	mem_free(look->right_parity);
}

/* Where data and parity agree, both are as they were written, whatever the sums say. */
static bool parity_agrees(struct look *look)
{
	armor_shards_encode(&look->shards, look->right_parity, NULL);
	return memcmp(look->parity, look->right_parity, ARMOR_PARITY * look->shards.size) == 0;
}

static void look_at_sums(struct look *look)
{
	struct armor_report *report = look->report;
	const size_t own = ARMOR_SHARDS_ALL * ARMOR_SUM_SIZE;

	report->sums = bytes_get_u32(look->sums + own) != armor_sum(look->sums, own);
	for (size_t j = 0; j < ARMOR_SHARDS_ALL; j++) {
		report->shards[j] =
			bytes_get_u32(look->sums + j * ARMOR_SUM_SIZE) != look->found[j];
		report->damaged += report->shards[j];
	}
	if (!report->sums)
		return;
	if (parity_agrees(look)) {
		memset(report->shards, 0, sizeof(report->shards));
		report->damaged = 0;
	}
	report->sums_lost = report->damaged > ARMOR_PARITY;
}

static int look_at(
	const uint8_t *file, size_t size, const char *magic, struct armor_report *report)
{
	size_t end = size < ARMOR_END_SIZE ? size : ARMOR_END_SIZE;

	*report = (struct armor_report){0};
	int r = armor_trailer_read(file + size - end, end, size, magic, &report->trailer);
	if (r == 0)
		look_at_trailers(file, size, report);
	return r;
}

int armor_check(const uint8_t *file, size_t size, const char *magic, struct armor_report *out)
{
	int r = look_at(file, size, magic, out);

	if (r < 0 || out->trailer.parity == 0)
		return r;
	struct look look;
	look_begin(&look, file, out);
	look_at_sums(&look);
	look_end(&look);
	return 0;
}

/*
 * The lost shards of data are what makes the whole shards of parity right: with S(i) = parity i
 * less what the whole shards of data are in it, the sum over the lost ones of c(i, j) · shard j
 * is S(i), as many equations as are lost. So a lost shard is a sum of multiples of the whole
 * shards and of the parity, which takes the places of the lost ones.
 */
struct solution {
	size_t lost[ARMOR_PARITY];   /* shards of data */
	size_t parity[ARMOR_PARITY]; /* as many, whole */
	size_t count;
	uint8_t rows[ARMOR_PARITY * ARMOR_SHARDS]; /* a lost shard from what takes part */
};

static uint8_t coefficient(const struct look *look, size_t parity, size_t shard)
{
	return look->shards.matrix[(ARMOR_SHARDS + parity) * ARMOR_SHARDS + shard];
}

static void find_lost(const struct look *look, struct solution *at)
{
	size_t usable = 0;

	at->count = 0;
	for (size_t j = 0; j < ARMOR_SHARDS; j++)
		if (look->report->shards[j])
			at->lost[at->count++] = j;
	for (size_t i = 0; i < ARMOR_PARITY && usable < at->count; i++)
		if (!look->report->shards[ARMOR_SHARDS + i])
			at->parity[usable++] = i;
	ASSERT(usable == at->count);
}

static void find_rows(const struct look *look, struct solution *at)
{
	uint8_t square[ARMOR_PARITY * ARMOR_PARITY], inverse[ARMOR_PARITY * ARMOR_PARITY];
	size_t n = at->count;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++)
			square[i * n + j] = coefficient(look, at->parity[i], at->lost[j]);
	/* Any square of a Cauchy matrix can be inverted. */
	int r = gf_invert_matrix(square, inverse, (int)n);
	ASSERT(r == 0);
	memset(at->rows, 0, sizeof(at->rows));
	for (size_t i = 0; i < n; i++) {
		uint8_t *row = at->rows + i * ARMOR_SHARDS;
		for (size_t j = 0; j < ARMOR_SHARDS; j++)
			for (size_t p = 0; p < n; p++)
				row[j] ^= gf_mul(inverse[i * n + p],
					coefficient(look, at->parity[p], j));
		for (size_t p = 0; p < n; p++)
			row[at->lost[p]] = inverse[i * n + p];
	}
}

/* Works the lost shards out, into `out`, one after the other. */
static void solve(struct look *look, struct solution *at, uint8_t *out)
{
	uint8_t *in[ARMOR_SHARDS], *into[ARMOR_PARITY];
	size_t size = look->shards.size;

	find_rows(look, at);
	memcpy(in, look->shards.at, sizeof(in));
	/* As the parity is in the file, from here on. */
	memcpy(look->right_parity, look->parity, ARMOR_PARITY * size);
	for (size_t i = 0; i < at->count; i++) {
		in[at->lost[i]] = look->right_parity + at->parity[i] * size;
		into[i] = out + i * size;
	}
	armor_multiply(size, at->rows, in, into, (int)at->count);
}

/* Whether a shard is what its sum says, where the sums can be believed, and has zeros behind
 * the end of the data. */
static bool is_right(const struct look *look, size_t j, const uint8_t *shard)
{
	size_t size = look->shards.size, begin = j * size;
	size_t stored = begin < look->shards.data_size ? look->shards.data_size - begin : 0;

	for (size_t i = stored; i < size; i++)
		if (shard[i] != 0)
			return false;
	return look->report->sums ||
	       armor_sum(shard, size) == bytes_get_u32(look->sums + j * ARMOR_SUM_SIZE);
}

static void put(uint8_t *file, const struct look *look, size_t j, const uint8_t *shard)
{
	size_t size = look->shards.size, begin = j * size;

	if (begin >= look->shards.data_size)
		return;
	if (size > look->shards.data_size - begin)
		size = look->shards.data_size - begin;
	memcpy(file + begin, shard, size);
}

static int repair_data(uint8_t *file, struct look *look)
{
	struct solution at;
	size_t size = look->shards.size;
	int r = 0;

	find_lost(look, &at);
	if (at.count == 0)
		return 0;
	uint8_t *shards = mem_array(ARMOR_PARITY, size);
	solve(look, &at, shards);
	for (size_t i = 0; i < at.count && r == 0; i++)
		if (!is_right(look, at.lost[i], shards + i * size))
			r = err_set(ERR_CORRUPT, "the file is damaged beyond its parity");
	for (size_t i = 0; i < at.count && r == 0; i++)
		put(file, look, at.lost[i], shards + i * size);
	mem_free(shards);
	return r;
}

int armor_repair(uint8_t *file, size_t size, const char *magic, struct armor_report *out)
{
	int r = look_at(file, size, magic, out);

	if (r == 0 && out->trailer.parity > 0) {
		struct look look;
		look_begin(&look, file, out);
		look_at_sums(&look);
		if (out->sums_lost)
			r = err_set(ERR_CORRUPT, "the sums of the file are damaged as well");
		else if (out->damaged > ARMOR_PARITY)
			r = err_set(ERR_CORRUPT,
				"%u parts of the file are damaged, and its "
				"parity repairs %d",
				out->damaged, ARMOR_PARITY);
		else
			r = repair_data(file, &look);
		look_end(&look);
	}
	if (r == 0 && !armor_is_whole(out))
		armor_end_write(file, &out->trailer, file + out->trailer.data);
	return r;
}
