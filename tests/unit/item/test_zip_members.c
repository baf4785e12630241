/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "item/zip_members.h"
#include "mime_round.h"

enum { FILE_MAX = 8 << 20, CUTS_MAX = 64 };

/* A file as a ZIP program writes it, and where it wants to be cut. */
struct archive {
	struct buf bytes;
	size_t wished[CUTS_MAX], wished_count;
};

static void put(struct buf *out, const void *data, size_t size)
{
	assert_int_equal(buf_append(out, data, size), 0);
}

static void put_random(struct buf *out, size_t size, uint64_t seed)
{
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = (uint8_t)mime_random(&seed, 256);
		put(out, &byte, 1);
	}
}

static void wish(struct archive *archive)
{
	archive->wished[archive->wished_count++] = archive->bytes.size;
}

/* A local header. */
static void put_header(struct archive *archive, uint16_t flags, uint32_t size)
{
	struct buf *out = &archive->bytes;

	put(out, "PK\3\4", 4);
	assert_int_equal(buf_put_u16(out, 20), 0);
	assert_int_equal(buf_put_u16(out, flags), 0);
	assert_int_equal(buf_put_u16(out, 8), 0); /* deflate */
	assert_int_equal(buf_put_u32(out, 0), 0); /* time and date */
	assert_int_equal(buf_put_u32(out, 0), 0); /* CRC */
	assert_int_equal(buf_put_u32(out, flags & 8 ? 0 : size), 0);
	assert_int_equal(buf_put_u32(out, flags & 8 ? 0 : 2 * size), 0);
	assert_int_equal(buf_put_u16(out, 5), 0);
	assert_int_equal(buf_put_u16(out, 4), 0);
	put(out, "a.xml", 5);
	put(out, "\xfe\xca\0\0", 4);
}

static void put_member(struct archive *archive, uint16_t flags, uint32_t size)
{
	put_header(archive, flags, size);
	put_random(&archive->bytes, size, archive->bytes.size);
	if (flags & 8)
		put(&archive->bytes, "PK\7\10crc_sizeSIZE", 16);
}

static void put_directory(struct archive *archive)
{
	put(&archive->bytes, "PK\1\2", 4);
	put_random(&archive->bytes, 100, 1);
	put(&archive->bytes, "PK\5\6", 4);
	put_random(&archive->bytes, 18, 2);
}

static size_t find(const struct buf *bytes, size_t most, uint64_t seed, size_t *cuts)
{
	struct zip_members members;
	size_t at = 0, given = 0, count = 0;

	zip_members_init(&members);
	while (at < bytes->size) {
		bool is_cut;
		if (given < bytes->size)
			given += most ? 1 + (size_t)mime_random(&seed, most) : bytes->size;
		given = given < bytes->size ? given : bytes->size;
		size_t part = zip_members_next(&members, bytes->data + at, given - at, &is_cut);
		assert_true(part <= given - at);
		at += part;
		if (is_cut && count < CUTS_MAX)
			cuts[count++] = at;
		if (is_cut)
			continue;
		assert_true(given - at < ZIP_MEMBERS_LOOK);
		if (given == bytes->size)
			break;
	}
	return count;
}

static void assert_cuts(const struct archive *archive)
{
	size_t cuts[CUTS_MAX];

	for (size_t most = 0; most <= 5000; most = most * 3 + 1) {
		size_t count = find(&archive->bytes, most, most, cuts);
		assert_int_equal(count, archive->wished_count);
		for (size_t i = 0; i < count; i++)
			assert_int_equal(cuts[i], archive->wished[i]);
	}
}

static struct archive new_archive(void)
{
	return (struct archive){.bytes = buf_init(FILE_MAX)};
}

static void large_members_are_cut_out(void **state)
{
	(void)state;
	struct archive archive = new_archive();

	put_member(&archive, 0, 100);
	put_member(&archive, 0, 200);
	wish(&archive);
	put_member(&archive, 0, 100000);
	wish(&archive);
	put_member(&archive, 0, ZIP_MEMBER_LARGE);
	wish(&archive);
	put_member(&archive, 0, ZIP_MEMBER_LARGE - 1);
	put_member(&archive, 0, 10);
	put_directory(&archive);
	assert_true(zip_members_begin(archive.bytes.data, archive.bytes.size));
	assert_cuts(&archive);
	buf_free(&archive.bytes);
}

static void the_directory_behind_a_large_member_is_cut_off(void **state)
{
	(void)state;
	struct archive archive = new_archive();

	put_member(&archive, 0, 5000);
	wish(&archive);
	put_directory(&archive);
	put_member(&archive, 0, 5000);
	assert_cuts(&archive);
	buf_free(&archive.bytes);
}

static void members_whose_size_comes_behind_are_searched_for(void **state)
{
	(void)state;
	struct archive archive = new_archive();

	put_member(&archive, 8, 300);
	put_member(&archive, 8, 300);
	put_member(&archive, 8, 800);
	wish(&archive);
	put_member(&archive, 8, 20000);
	wish(&archive);
	put_member(&archive, 0, 5000);
	wish(&archive);
	put_member(&archive, 8, 100);
	put_directory(&archive);
	assert_cuts(&archive);
	buf_free(&archive.bytes);
}

static void signatures_within_a_member_of_known_size_mean_nothing(void **state)
{
	(void)state;
	struct archive archive = new_archive();
	struct archive inner = new_archive();

	put_member(&inner, 0, 5000);
	put_member(&inner, 0, 5000);
	put_header(&archive, 0, (uint32_t)inner.bytes.size);
	put(&archive.bytes, inner.bytes.data, inner.bytes.size);
	wish(&archive);
	put_directory(&archive);
	assert_cuts(&archive);
	buf_free(&archive.bytes);
	buf_free(&inner.bytes);
}

static void what_only_looks_like_a_header_is_none(void **state)
{
	(void)state;
	static const char other[] = "PK\3\4 and then no version of a ZIP program";
	struct archive archive = new_archive();

	put_header(&archive, 8, 0);
	put_random(&archive.bytes, 5000, 3);
	put(&archive.bytes, other, sizeof(other));
	put_random(&archive.bytes, 5000, 4);
	put(&archive.bytes, "PK", 2);
	put_random(&archive.bytes, 100, 5);
	assert_cuts(&archive);
	buf_free(&archive.bytes);
	assert_false(zip_members_begin("PK\3", 3));
	assert_false(zip_members_begin("PK\1\2", 4));
}

static void nothing_in_a_file_is_an_error(void **state)
{
	(void)state;
	enum { FILES = 300 };

	for (uint64_t seed = 0; seed < FILES; seed++) {
		struct archive archive = new_archive();
		uint64_t random = seed;
		size_t cuts[CUTS_MAX], others[CUTS_MAX];
		for (size_t i = 0; i < 12; i++)
			put_member(&archive, mime_random(&random, 2) ? 8 : 0,
				(uint32_t)mime_random(&random, 6000));
		for (size_t i = 0; i < 40; i++)
			archive.bytes.data[mime_random(&random, archive.bytes.size)] =
				(uint8_t)mime_random(&random, 256);
		archive.bytes.size = 1 + mime_random(&random, archive.bytes.size);
		size_t count = find(&archive.bytes, 0, 0, cuts);
		assert_int_equal(find(&archive.bytes, 40, seed, others), count);
		assert_memory_equal(cuts, others, count * sizeof(cuts[0]));
		buf_free(&archive.bytes);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(large_members_are_cut_out),
		cmocka_unit_test(the_directory_behind_a_large_member_is_cut_off),
		cmocka_unit_test(members_whose_size_comes_behind_are_searched_for),
		cmocka_unit_test(signatures_within_a_member_of_known_size_mean_nothing),
		cmocka_unit_test(what_only_looks_like_a_header_is_none),
		cmocka_unit_test(nothing_in_a_file_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
