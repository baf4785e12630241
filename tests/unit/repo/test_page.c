/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>

#include "repo/page.h"

/*
 * The bytes of a page as docs/format.md has them, and that no others are taken.
 */

/* The page begins with 8 bytes that are right. */
static int read_bytes(const char *bytes, size_t size, uint32_t *count)
{
	AUTO_BUF page = buf_init(PAGE_MAX + 64);
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry;

	assert_int_equal(buf_append_text(&page, "GRNPAGE2"), 0);
	assert_int_equal(buf_append(&page, bytes, size), 0);
	*count = 0;
	int r = page_begin(&cursor, page.data, page.size);
	while (r == 0 && (r = page_next(&cursor, &entry)) == 1) {
		(*count)++;
		r = 0;
	}
	page_cursor_free(&cursor);
	return r;
}

#define ASSERT_READ(bytes, result, entries)                                                    \
	do {                                                                                   \
		uint32_t count;                                                                \
		assert_int_equal(read_bytes(bytes, sizeof(bytes) - 1, &count), result);        \
		if ((result) == 0)                                                             \
			assert_int_equal(count, entries);                                      \
	} while (0)

static void a_leaf_is_what_the_format_says(void **state)
{
	struct page_writer writer = page_writer_init(0);
	AUTO_BUF out = buf_init(PAGE_MAX);
	static const char expected[] = "GRNPAGE2\0\3"
				       "\0\2ab\1X"
				       "\2\2cd\0"
				       "\1\1c\2YZ";
	const struct page_entry entries[] = {
		{.key = (const uint8_t *)"ab",
			.key_size = 2,
			.value = (const uint8_t *)"X",
			.value_size = 1},
		{.key = (const uint8_t *)"abcd", .key_size = 4},
		{.key = (const uint8_t *)"ac",
			.key_size = 2,
			.value = (const uint8_t *)"YZ",
			.value_size = 2},
	};

	(void)state;
	for (int i = 0; i < 3; i++)
		assert_int_equal(page_put(&writer, &entries[i]), 0);
	assert_int_equal(page_finish(&writer, &out), 0);
	assert_int_equal(out.size, sizeof(expected) - 1);
	assert_memory_equal(out.data, expected, out.size);
	page_writer_free(&writer);
}

static void a_page_that_says_other_than_it_must_is_refused(void **state)
{
	(void)state;
	ASSERT_READ("\0\0", 0, 0);
	ASSERT_READ("\0\2\0\1a\0\0\1b\0", 0, 2);
	ASSERT_READ("", ERR_CORRUPT, 0);
	ASSERT_READ("\0", ERR_CORRUPT, 0);
	ASSERT_READ("\20\1", ERR_CORRUPT, 0);                 /* a level too high */
	ASSERT_READ("\1\0", ERR_CORRUPT, 0);                  /* empty above leaves */
	ASSERT_READ("\0\2\0\1a\0", ERR_CORRUPT, 0);           /* one is missing */
	ASSERT_READ("\0\1\0\1a\0X", ERR_CORRUPT, 0);          /* bytes behind */
	ASSERT_READ("\0\0X", ERR_CORRUPT, 0);                 /* likewise */
	ASSERT_READ("\0\2\0\1b\0\0\1a\0", ERR_CORRUPT, 0);    /* falling */
	ASSERT_READ("\0\2\0\1a\0\1\0\0", ERR_CORRUPT, 0);     /* the same twice */
	ASSERT_READ("\0\2\0\2ab\0\0\2ac\0", ERR_CORRUPT, 0);  /* shares more */
	ASSERT_READ("\0\2\0\1a\0\2\1c\0", ERR_CORRUPT, 0);    /* shares too much */
	ASSERT_READ("\0\1\1\1a\0", ERR_CORRUPT, 0);           /* the first shares */
	ASSERT_READ("\0\1\0\x81\0a\0", ERR_CORRUPT, 0);       /* a long number */
	ASSERT_READ("\0\1\0\1a\x80\x81\x10", ERR_CORRUPT, 0); /* a value too long */
	ASSERT_READ("\0\1\0\5a\0", ERR_CORRUPT, 0);           /* a key cut off */
	ASSERT_READ("\0\x80\x80\x04", ERR_CORRUPT, 0);        /* 65,536 entries */
	ASSERT_READ("\0\1\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", ERR_CORRUPT, 0);
}

static void fill(struct page_writer *writer, uint64_t *seed, struct buf *keys, uint32_t count)
{
	uint8_t id[REPO_ID_SIZE] = {1};

	for (uint32_t i = 0; i < count; i++) {
		size_t at = keys->size;
		assert_int_equal(buf_printf(keys, "%06u", i * 3), 0);
		for (uint64_t more = fixture_random(seed) % 5; more > 0; more--)
			assert_int_equal(buf_append(keys, "~", 1), 0);
		const struct page_entry entry = {.key = keys->data + at,
			.key_size = keys->size - at,
			.value = id,
			.value_size = fixture_random(seed) % sizeof(id),
			.id = id,
			.entries = 1 + fixture_random(seed) % 1000,
			.bytes = fixture_random(seed)};
		assert_int_equal(page_put(writer, &entry), 0);
		assert_int_equal(buf_append(keys, "\n", 1), 0);
	}
}

/* Searching as going through all from the first on does. */
static void assert_found(const struct buf *page, const char *wanted)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry = {0};
	const struct page_entry key = {
		.key = (const uint8_t *)wanted, .key_size = strlen(wanted)};
	struct page_found found;
	uint64_t before = 0;
	int order = -1, r;

	assert_int_equal(page_begin(&cursor, page->data, page->size), 0);
	while ((r = page_next(&cursor, &entry)) == 1) {
		order = page_compare_keys(entry.key, entry.key_size, key.key, key.key_size);
		if (order >= 0)
			break;
		before += entry.entries;
	}
	assert_int_equal(page_search(page->data, page->size, &key, &found), r);
	assert_int_equal(found.before, before);
	if (r == 1) {
		assert_int_equal(found.is_same, order == 0);
		assert_int_equal(found.entry.entries, entry.entries);
		assert_int_equal(found.entry.value_size, entry.value_size);
		assert_ptr_equal(found.entry.value, entry.value);
		assert_ptr_equal(found.entry.id, entry.id);
	}
	page_cursor_free(&cursor);
}

static void a_search_finds_what_reading_finds(void **state)
{
	uint64_t seed = 3;

	(void)state;
	for (uint8_t level = 0; level < 2; level++) {
		struct page_writer writer = page_writer_init(level);
		AUTO_BUF keys = buf_init(1 << 20);
		AUTO_BUF page = buf_init(PAGE_MAX);
		fill(&writer, &seed, &keys, 700);
		assert_int_equal(page_finish(&writer, &page), 0);
		for (uint32_t i = 0; i < 2200; i++) {
			char wanted[16];
			snprintf(wanted, sizeof(wanted), "%06u%.*s", i,
				(int)(fixture_random(&seed) % 6), "~~~~~~");
			assert_found(&page, wanted);
			wanted[fixture_random(&seed) % 6] = '\0';
			assert_found(&page, wanted);
		}
		page_writer_free(&writer);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaf_is_what_the_format_says),
		cmocka_unit_test(a_page_that_says_other_than_it_must_is_refused),
		cmocka_unit_test(a_search_finds_what_reading_finds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
