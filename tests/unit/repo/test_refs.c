/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "repo/refs.h"
#include "repo/tree_value.h"

/*
 * What a chunk refers to, by its bytes alone.
 */

struct seen {
	size_t count;
	struct ref last;
};

static int note(void *context, const struct ref *ref)
{
	struct seen *seen = context;

	seen->count++;
	seen->last = *ref;
	return 0;
}

static void put_page(struct buf *out, const void *value, size_t size)
{
	struct page_writer writer = page_writer_init(0);
	const struct page_entry entry = {.key = (const uint8_t *)"key",
		.key_size = 3,
		.value = value,
		.value_size = size};

	assert_int_equal(page_put(&writer, &entry), 0);
	assert_int_equal(page_finish(&writer, out), 0);
	page_writer_free(&writer);
}

static struct seen walk_page(const struct buf *value)
{
	AUTO_BUF page = buf_init(PAGE_MAX);
	struct seen seen = {0};

	put_page(&page, value->data, value->size);
	assert_int_equal(refs_shape(page.data, page.size), REFS_PAGE);
	assert_int_equal(refs_walk(REFS_PAGE, page.data, page.size, note, &seen), 0);
	return seen;
}

/* Any texts and numbers: a folder is never taken for an item, nor the other way round. */
static void folders_and_items_are_told_apart(void **state)
{
	(void)state;
	static const char *const texts[] = {
		"", "a", "message", "file", "\x1e", "a longer name"};
	uint64_t seed = 7;

	for (int turn = 0; turn < 20000; turn++) {
		AUTO_BUF value = buf_init(TREE_VALUE_MAX);
		struct tree_folder folder = {.parent_id = texts[fixture_random(&seed) % 6],
			.name = texts[fixture_random(&seed) % 6],
			.items = fixture_random(&seed) >> fixture_random(&seed) % 64,
			.bytes = fixture_random(&seed) >> fixture_random(&seed) % 64};
		fixture_fill(folder.list_id, REPO_ID_SIZE, (uint64_t)turn);
		assert_int_equal(tree_put_folder(&value, &folder), 0);
		struct seen seen = walk_page(&value);
		assert_int_equal(seen.count, 1);
		assert_false(seen.last.is_content);
		assert_memory_equal(seen.last.id, folder.list_id, REPO_ID_SIZE);

		struct tree_item item = {.name = folder.name,
			.type = "file",
			.tag = folder.parent_id,
			.modified_s = (int64_t)folder.bytes,
			.content = {.kind = (uint8_t)(turn % 3), .size = folder.items}};
		fixture_fill(item.content.id, REPO_ID_SIZE, (uint64_t)turn + 1);
		buf_clear(&value);
		assert_int_equal(tree_put_item(&value, &item), 0);
		seen = walk_page(&value);
		assert_int_equal(seen.count, 1);
		assert_true(seen.last.is_content);
		assert_int_equal(seen.last.content.kind, turn % 3);
		assert_int_equal(seen.last.content.size, folder.items);
		assert_memory_equal(seen.last.id, item.content.id, REPO_ID_SIZE);
	}
}

static void changed_chunks_give_an_error_or_references_and_nothing_else(void **state)
{
	(void)state;
	static const char recipe[] = "GRNRCPE2\0\3abc\1\1\2\0\0\x4c\0"
				     "0123456789abcdef\7\0\0\0\0\0\0\0\2\2\1\2\0\x4c\2xy";
	uint8_t bytes[sizeof(recipe) - 1];
	struct seen seen = {0};
	int refused = 0;

	assert_int_equal(refs_walk(REFS_RECIPE, recipe, sizeof(bytes), note, &seen), 0);
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.last.content.size, 7);
	for (size_t size = 0; size <= sizeof(bytes); size++)
		for (unsigned change = 0; change < 256; change++) {
			memcpy(bytes, recipe, sizeof(bytes));
			if (size > 0)
				bytes[size - 1] ^= (uint8_t)change;
			int r = refs_walk(REFS_RECIPE, bytes, size, note, &seen);
			assert_true(r == 0 || r == ERR_CORRUPT);
			refused += r != 0;
		}
	assert_true(refused > 5000);
	assert_int_equal(refs_shape("GRNLIST2", 8), REFS_LIST);
	assert_int_equal(refs_walk(REFS_LIST, "GRNLIST2", 8, note, &seen), ERR_CORRUPT);
	assert_int_equal(refs_shape("GRNLIST", 7), -1);
	assert_int_equal(refs_shape("anything else", 13), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(folders_and_items_are_told_apart),
		cmocka_unit_test(changed_chunks_give_an_error_or_references_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
