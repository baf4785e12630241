/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "fuzz.h"
#include "repo/tree_value.h"

/* A page of a map that is read is written the same, byte by byte; each of its keys is found;
 * and what it has as an item or a folder is written the same too. */

static void check_values(const struct page_entry *entry)
{
	AUTO_BUF texts = buf_init(TREE_TEXTS_MAX);
	AUTO_BUF again = buf_init(TREE_VALUE_MAX);
	const struct map_entry given = {.key = {entry->key, entry->key_size},
		.value = entry->value,
		.value_size = entry->value_size};
	struct tree_item item = {0};
	struct tree_folder folder = {0};
	struct map_value said = {0};

	if (tree_get_item(&given, &texts, &item) == 0) {
		ASSERT(tree_put_item(&again, &item) == 0);
		ASSERT(again.size == entry->value_size &&
			memcmp(again.data, entry->value, again.size) == 0);
		ASSERT(tree_item_value(entry->value, entry->value_size, &said) == 0);
		ASSERT(said.bytes == item.content.size);
	}
	buf_clear(&again);
	if (tree_get_folder(&given, &texts, &folder) == 0) {
		ASSERT(tree_put_folder(&again, &folder) == 0);
		ASSERT(again.size == entry->value_size &&
			memcmp(again.data, entry->value, again.size) == 0);
		ASSERT(tree_folder_value(entry->value, entry->value_size, &said) == 0);
		ASSERT(said.bytes == folder.bytes);
	}
}

static int read_page(const struct buf *page, struct page_writer *writer)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry = {0};
	int r = page_begin(&cursor, page->data, page->size);

	writer->level = cursor.level;
	while (r == 0 && (r = page_next(&cursor, &entry)) == 1) {
		ASSERT(page_put(writer, &entry) == 0);
		if (cursor.level == 0)
			check_values(&entry);
		r = 0;
	}
	page_cursor_free(&cursor);
	return r;
}

static void find_all(const struct buf *page)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry = {0};
	uint64_t before = 0;

	ASSERT(page_begin(&cursor, page->data, page->size) == 0);
	while (page_next(&cursor, &entry) == 1) {
		struct page_found found;
		ASSERT(page_search(page->data, page->size, &entry, &found) == 1);
		ASSERT(found.is_same && found.before == before);
		before += entry.entries;
	}
	page_cursor_free(&cursor);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	enum { SEARCHED_MOST = 4096 };
	AUTO_BUF page = buf_init(PAGE_MAX + 1);
	AUTO_BUF again = buf_init(PAGE_MAX + 64);
	struct page_writer writer = page_writer_init(0);

	if (size > PAGE_MAX - 8)
		return 0;
	ASSERT(buf_append_text(&page, "GRNPAGE2") == 0);
	ASSERT(buf_append(&page, data, size) == 0);
	if (read_page(&page, &writer) == 0) {
		ASSERT(page_finish(&writer, &again) == 0);
		ASSERT(again.size == page.size &&
			memcmp(again.data, page.data, page.size) == 0);
		if (size <= SEARCHED_MOST)
			find_all(&page);
	}
	page_writer_free(&writer);
	return 0;
}
