/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/bytes.h"
#include "repo/armor.h"

/*
 * Parity, sums and trailers: any byte and any two shards that are lost come back, what cannot
 * come back is told, and what the file holds is what a plain reading of docs/format.md says.
 */

#define MAGIC "GRNPACK2"

static struct armor_trailer trailer_of(uint16_t parity)
{
	struct armor_trailer trailer = {.parity = parity};

	memcpy(trailer.magic, MAGIC, ARMOR_MAGIC_SIZE);
	fixture_fill(trailer.commitment, sizeof(trailer.commitment), 5);
	return trailer;
}

/* A closed file of so much data, which the caller frees. */
static struct buf make(size_t data, uint16_t parity, uint64_t seed)
{
	struct buf file = buf_init(64 << 20);
	struct armor_trailer trailer = trailer_of(parity);

	if (data > 0) {
		uint8_t *at = buf_reserve(&file, data);
		assert_non_null(at);
		fixture_fill(at, data, seed);
		buf_commit(&file, data);
	}
	trailer.directory = (uint32_t)data / 3;
	assert_int_equal(armor_close(&file, &trailer), 0);
	assert_int_equal(file.size, armor_file_size(data, parity));
	return file;
}

static struct buf copy(const struct buf *file)
{
	struct buf out = buf_init(file->ceiling);

	assert_int_equal(buf_append(&out, file->data, file->size), 0);
	return out;
}

static size_t shard_size(size_t data)
{
	return data <= 1024 ? 16 : (data + 63) / 64;
}

/* Where a shard of data or parity begins in the file, and how much of it is there. */
static size_t shard_at(size_t data, size_t j, size_t *size)
{
	size_t each = shard_size(data), begin = j * each;

	*size = each;
	if (j >= 64)
		return data + (j - 64) * each;
	if (begin >= data)
		*size = 0;
	else if (each > data - begin)
		*size = data - begin;
	return begin;
}

static bool spoil(struct buf *file, size_t data, size_t j)
{
	size_t size, at = shard_at(data, j, &size);

	for (size_t i = 0; i < size; i++)
		file->data[at + i] ^= (uint8_t)(1 + (at + i) % 255);
	return size > 0;
}

static void assert_repaired(struct buf *file, const struct buf *right)
{
	struct armor_report report;

	int r = armor_repair(file->data, file->size, MAGIC, &report);
	if (r != 0)
		fail_msg("%s", err_message());
	assert_false(armor_is_whole(&report));
	assert_memory_equal(file->data, right->data, right->size);
	assert_int_equal(armor_check(file->data, file->size, MAGIC, &report), 0);
	assert_true(armor_is_whole(&report));
}

static const size_t sizes[] = {0, 1, 15, 16, 17, 1007, 1008, 1023, 1024, 1025, 4097, 6000};
enum { SIZE_COUNT = sizeof(sizes) / sizeof(sizes[0]) };

static void every_changed_byte_is_told_and_repaired(void **state)
{
	(void)state;
	for (size_t i = 0; i < SIZE_COUNT; i++) {
		struct buf file = make(sizes[i], ARMOR_PARITY, i);
		struct buf hurt = copy(&file);
		for (size_t at = 0; at < file.size; at++) {
			struct armor_report report;
			hurt.data[at] ^= (uint8_t)(1 << at % 8);
			assert_int_equal(armor_check(hurt.data, hurt.size, MAGIC, &report), 0);
			assert_false(armor_is_whole(&report));
			assert_int_equal(
				report.damaged > 0, at < sizes[i] + 2 * shard_size(sizes[i]));
			assert_repaired(&hurt, &file);
		}
		buf_free(&file);
		buf_free(&hurt);
	}
}

static void any_two_shards_come_back(void **state)
{
	(void)state;
	static const size_t some[] = {17, 1025, 6000};

	for (size_t i = 0; i < 3; i++) {
		struct buf file = make(some[i], ARMOR_PARITY, i), hurt = copy(&file);
		for (size_t a = 0; a < ARMOR_SHARDS_ALL; a++)
			for (size_t b = a + 1; b < ARMOR_SHARDS_ALL; b++) {
				bool is_there = spoil(&hurt, some[i], a);
				if (!spoil(&hurt, some[i], b) && !is_there)
					continue;
				assert_repaired(&hurt, &file);
			}
		buf_free(&file);
		buf_free(&hurt);
	}
}

static void three_shards_are_told_as_lost(void **state)
{
	(void)state;
	const size_t data = 6000;
	struct buf file = make(data, ARMOR_PARITY, 1), hurt = copy(&file);
	uint64_t seed = 3;

	for (int turn = 0; turn < 3000; turn++) {
		struct armor_report report;
		size_t a = fixture_random(&seed) % 66,
		       b = (a + 1 + fixture_random(&seed) % 32) % 66,
		       c = (b + 1 + fixture_random(&seed) % 32) % 66;
		bool are_there =
			spoil(&hurt, data, a) && spoil(&hurt, data, b) && spoil(&hurt, data, c);
		AUTO_BUF before = copy(&hurt);
		if (are_there) {
			assert_int_equal(armor_check(hurt.data, hurt.size, MAGIC, &report), 0);
			assert_int_equal(report.damaged, 3);
			assert_true(report.shards[a] && report.shards[b] && report.shards[c]);
			assert_false(report.sums_lost);
			assert_int_equal(armor_repair(hurt.data, hurt.size, MAGIC, &report),
				ERR_CORRUPT);
			assert_memory_equal(hurt.data, before.data, before.size);
		}
		memcpy(hurt.data, file.data, file.size);
	}
	buf_free(&file);
	buf_free(&hurt);
}

/* All sums gone with one trailer: data and parity still agree, so nothing is lost. With a shard
 * gone as well it cannot be told which. */
static void lost_sums_are_made_anew_where_the_parity_agrees(void **state)
{
	(void)state;
	const size_t data = 6000;
	struct buf file = make(data, ARMOR_PARITY, 1), hurt = copy(&file);
	size_t sums = data + 2 * shard_size(data);
	struct armor_report report;

	for (size_t at = sums; at < file.size - ARMOR_TRAILER_SIZE; at++)
		hurt.data[at] ^= 0x55;
	assert_int_equal(armor_check(hurt.data, hurt.size, MAGIC, &report), 0);
	assert_true(report.sums && report.trailers[0] && !report.trailers[1]);
	assert_true(report.damaged == 0 && !report.sums_lost);
	assert_repaired(&hurt, &file);

	for (size_t at = sums; at < file.size - ARMOR_END_SIZE; at++)
		hurt.data[at] ^= 0x55;
	spoil(&hurt, data, 7);
	assert_int_equal(armor_repair(hurt.data, hurt.size, MAGIC, &report), ERR_CORRUPT);
	assert_true(report.sums_lost);
	buf_free(&file);
	buf_free(&hurt);
}

/* A sum and another shard: the one with the wrong sum is worked out too, and comes out as it
 * was.
 */
static void damaged_sum_beside_a_damaged_shard(void **state)
{
	(void)state;
	const size_t data = 6000;
	struct buf file = make(data, ARMOR_PARITY, 1), hurt = copy(&file);
	size_t sums = data + 2 * shard_size(data);

	for (size_t j = 0; j < ARMOR_SHARDS_ALL; j++) {
		hurt.data[sums + 4 * j] ^= 1;
		assert_true(spoil(&hurt, data, (j + 5) % 63));
		assert_repaired(&hurt, &file);
	}
	buf_free(&file);
	buf_free(&hurt);
}

static void largest_pack_comes_back(void **state)
{
	(void)state;
	uint64_t data = 0;

	for (uint64_t size = 28 << 20; !armor_data_size(size, ARMOR_PARITY, &data); size--)
		;
	struct buf file = make((size_t)data, ARMOR_PARITY, 9), hurt = copy(&file);
	assert_true(file.size <= 28 << 20 && file.size > (28 << 20) - 8);
	assert_true(spoil(&hurt, (size_t)data, 0) && spoil(&hurt, (size_t)data, 63));
	assert_repaired(&hurt, &file);
	assert_true(spoil(&hurt, (size_t)data, 31) && spoil(&hurt, (size_t)data, 65));
	assert_repaired(&hurt, &file);
	buf_free(&file);
	buf_free(&hurt);
}

static void size_of_data_follows_from_the_size_of_the_file(void **state)
{
	(void)state;
	uint64_t data, last = 0;

	for (uint64_t size = 0; size < 5000; size++) {
		uint64_t file = armor_file_size(size, ARMOR_PARITY);
		assert_true(armor_data_size(file, ARMOR_PARITY, &data) && data == size);
		assert_true(
			armor_data_size(armor_file_size(size, 0), 0, &data) && data == size);
		for (last++; size > 0 && last < file; last++)
			assert_false(armor_data_size(last, ARMOR_PARITY, &data));
		last = file;
	}
	assert_false(armor_data_size(0, 0, &data));
	assert_false(armor_data_size(UINT64_MAX, ARMOR_PARITY, &data));
}

static void without_parity_only_trailers_stand_behind_the_data(void **state)
{
	(void)state;
	struct buf file = make(1000, 0, 1), hurt = copy(&file);
	struct armor_report report;

	assert_int_equal(file.size, 1128);
	hurt.data[1001] ^= 1;
	assert_repaired(&hurt, &file);
	hurt.data[1127] ^= 1;
	assert_repaired(&hurt, &file);
	hurt.data[3] ^= 1;
	assert_int_equal(armor_check(hurt.data, hurt.size, MAGIC, &report), 0);
	assert_true(armor_is_whole(&report));
	buf_free(&file);
	buf_free(&hurt);
}

static void trailer_is_read_back(void **state)
{
	(void)state;
	struct buf file = make(3000, ARMOR_PARITY, 1);
	struct armor_trailer want = trailer_of(ARMOR_PARITY), got;
	const uint8_t *end = file.data + file.size - ARMOR_END_SIZE;

	assert_int_equal(armor_trailer_read(end, ARMOR_END_SIZE, file.size, MAGIC, &got), 0);
	assert_memory_equal(got.magic, MAGIC, ARMOR_MAGIC_SIZE);
	assert_memory_equal(got.commitment, want.commitment, sizeof(got.commitment));
	assert_true(got.data == 3000 && got.directory == 1000);
	assert_true(got.shards == 64 && got.parity == 2);
	/* Of another kind, another size, cut, or with both copies hurt. */
	assert_int_equal(armor_trailer_read(end, ARMOR_END_SIZE, file.size, "GRNINDX2", &got),
		ERR_CORRUPT);
	assert_int_equal(armor_trailer_read(end, ARMOR_END_SIZE, file.size + 1, MAGIC, &got),
		ERR_CORRUPT);
	assert_int_equal(armor_trailer_read(end, 127, file.size, MAGIC, &got), ERR_CORRUPT);
	assert_int_equal(armor_trailer_read(file.data, 5, 5, MAGIC, &got), ERR_CORRUPT);
	for (size_t size = 0; size < file.size; size++)
		assert_int_equal(armor_check(file.data, size, MAGIC, &(struct armor_report){0}),
			ERR_CORRUPT);
	file.data[file.size - 1] ^= 1;
	assert_int_equal(armor_trailer_read(end, ARMOR_END_SIZE, file.size, MAGIC, &got), 0);
	file.data[file.size - ARMOR_TRAILER_SIZE - 9] ^= 1;
	assert_int_equal(
		armor_trailer_read(end, ARMOR_END_SIZE, file.size, MAGIC, &got), ERR_CORRUPT);
	buf_free(&file);
}

/* A trailer whose sum is right and whose numbers are not. */
static void numbers_of_a_trailer_are_not_believed(void **state)
{
	(void)state;
	static const struct {
		size_t at;
		uint8_t value;
	} changes[] = {{8, 1}, {15, 0x80}, {12, 1}, {18, 0xff}, {20, 65}, {20, 0}, {21, 1},
		{22, 0}, {22, 1}, {22, 3}, {22, 66}, {23, 1}, {56, 1}, {59, 1}};
	struct buf file = make(3000, ARMOR_PARITY, 1), hurt = copy(&file);
	struct armor_trailer got;

	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		for (size_t copy = 1; copy <= 2; copy++) {
			uint8_t *at = hurt.data + hurt.size - copy * ARMOR_TRAILER_SIZE;
			at[changes[i].at] = changes[i].value;
			uint32_t sum = ~0U;
			for (size_t j = 0; j < 60; j++) {
				sum ^= at[j];
				for (int bit = 0; bit < 8; bit++)
					sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
			}
			bytes_put_u32(at + 60, ~sum);
		}
		assert_int_equal(
			armor_trailer_read(hurt.data, hurt.size, hurt.size, MAGIC, &got),
			ERR_CORRUPT);
		memcpy(hurt.data, file.data, file.size);
	}
	buf_free(&file);
	buf_free(&hurt);
}

static void ceiling_is_kept(void **state)
{
	(void)state;
	struct armor_trailer trailer = trailer_of(ARMOR_PARITY);
	AUTO_BUF file = buf_init(427);

	assert_int_equal(buf_append(&file, "x", 1), 0);
	assert_int_equal(armor_file_size(1, ARMOR_PARITY), 429);
	assert_int_equal(armor_close(&file, &trailer), ERR_LIMIT);
	assert_int_equal(file.size, 1);
}

/* docs/format.md read plainly: multiplication bit by bit, division by search, the CRC bit by
 * bit.
 */
static uint8_t multiply(uint8_t a, uint8_t b)
{
	uint8_t out = 0;

	for (; b; b >>= 1) {
		if (b & 1)
			out ^= a;
		a = (uint8_t)(a << 1 ^ (a & 0x80 ? 0x1d : 0));
	}
	return out;
}

static uint8_t divide_one_by(uint8_t a)
{
	for (unsigned b = 1; b < 256; b++)
		if (multiply(a, (uint8_t)b) == 1)
			return (uint8_t)b;
	fail_msg("nothing is one over zero");
	return 0;
}

static uint32_t plain_sum(const uint8_t *data, size_t size)
{
	uint32_t sum = ~0U;

	for (size_t j = 0; j < size; j++) {
		sum ^= data[j];
		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ (sum & 1 ? 0xedb88320 : 0);
	}
	return ~sum;
}

static void assert_as_plain(const struct buf *file, size_t data)
{
	size_t each = shard_size(data);
	uint8_t *shards = mem_array(66, each);

	memcpy(shards, file->data, data);
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 64; j++) {
			uint8_t c = divide_one_by((uint8_t)((64 + i) ^ j));
			for (size_t at = 0; at < each; at++)
				shards[(64 + i) * each + at] ^=
					multiply(c, shards[j * each + at]);
		}
	assert_memory_equal(file->data + data, shards + 64 * each, 2 * each);
	const uint8_t *sums = file->data + data + 2 * each;
	for (size_t j = 0; j < 66; j++)
		assert_int_equal(
			bytes_get_u32(sums + 4 * j), plain_sum(shards + j * each, each));
	assert_int_equal(bytes_get_u32(sums + 264), plain_sum(sums, 264));
	const uint8_t *end = sums + 268;
	assert_memory_equal(end, MAGIC, 8);
	assert_int_equal(bytes_get_u64(end + 8), data);
	assert_int_equal(bytes_get_u32(end + 60), plain_sum(end, 60));
	assert_memory_equal(end, end + 64, 64);
	assert_int_equal(end + 128 - file->data, file->size);
	mem_free(shards);
}

static void file_is_what_the_page_says(void **state)
{
	(void)state;
	const char *given = getenv("GARNER_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : 20261125;

	print_message("# seed %llu\n", (unsigned long long)seed);
	for (int turn = 0; turn < 60; turn++) {
		size_t data =
			turn < SIZE_COUNT ? sizes[turn] : (size_t)fixture_random(&seed) % 20000;
		struct buf file = make(data, ARMOR_PARITY, fixture_random(&seed));
		assert_as_plain(&file, data);
		buf_free(&file);
	}
}

/* Any damage at all: what is repaired is what was written, or the repair says that it is not.
 */
static void random_damage_is_repaired_or_told(void **state)
{
	(void)state;
	uint64_t seed = 20261125;
	int repaired = 0, lost = 0;

	for (int turn = 0; turn < 4000; turn++) {
		size_t data = (size_t)fixture_random(&seed) % 8000;
		struct buf file = make(data, ARMOR_PARITY, fixture_random(&seed));
		struct buf hurt = copy(&file);
		struct armor_report report;
		for (uint64_t spots = fixture_random(&seed) % 3 + 1; spots <= 3; spots++) {
			size_t from = (size_t)fixture_random(&seed) % file.size;
			size_t size = (size_t)fixture_random(&seed) % 100 + 1;
			for (size_t at = from; at < from + size && at < file.size; at++)
				hurt.data[at] = (uint8_t)fixture_random(&seed);
		}
		int r = armor_repair(hurt.data, hurt.size, MAGIC, &report);
		if (r == 0)
			assert_memory_equal(hurt.data, file.data, file.size);
		else
			assert_int_equal(r, ERR_CORRUPT);
		repaired += r == 0;
		lost += r != 0;
		buf_free(&file);
		buf_free(&hurt);
	}
	assert_true(repaired > 500 && lost > 500);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_changed_byte_is_told_and_repaired),
		cmocka_unit_test(any_two_shards_come_back),
		cmocka_unit_test(three_shards_are_told_as_lost),
		cmocka_unit_test(lost_sums_are_made_anew_where_the_parity_agrees),
		cmocka_unit_test(damaged_sum_beside_a_damaged_shard),
		cmocka_unit_test(largest_pack_comes_back),
		cmocka_unit_test(size_of_data_follows_from_the_size_of_the_file),
		cmocka_unit_test(without_parity_only_trailers_stand_behind_the_data),
		cmocka_unit_test(trailer_is_read_back),
		cmocka_unit_test(numbers_of_a_trailer_are_not_believed),
		cmocka_unit_test(ceiling_is_kept),
		cmocka_unit_test(file_is_what_the_page_says),
		cmocka_unit_test(random_damage_is_repaired_or_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
