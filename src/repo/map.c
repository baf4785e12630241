/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/map.h"

#include <string.h>

#include "base/mem.h"
#include "repo/map_priv.h"

/*
 * Finding and walking.
 */

/* The entry of a page that the key lies at or below; it must be there, for the page above says
 * so, but for the root. */
static int search(const struct map_page *page, bool is_root, const struct page_entry *wanted,
	struct page_found *out)
{
	int r = page_search(page->data.data, page->data.size, wanted, out);

	if (r == 0 && !is_root)
		r = err_set(ERR_CORRUPT, "the pages of a map are not in order");
	return r;
}

static int take_value(const struct page_found *found, struct buf *value)
{
	if (!found->is_same)
		return 0;
	buf_clear(value);
	int r = buf_append(value, found->entry.value, found->entry.value_size);
	return r < 0 ? r : 1;
}

int map_find(struct maps *maps, const uint8_t root[REPO_ID_SIZE], const struct map_key *key,
	struct buf *value, uint64_t *position)
{
	const struct page_entry wanted = {.key = key->data, .key_size = key->size};
	struct page_found found = {0};
	struct map_page *page = NULL, *child = NULL;
	uint64_t before = 0;
	int r = maps_hold(maps, root, &page);

	if (r == 0)
		r = search(page, true, &wanted, &found);
	while (r == 1 && page->level > 0) {
		before += found.before;
		r = maps_hold(maps, found.entry.id, &child);
		if (r < 0)
			break;
		r = map_check_child(page, &found.entry, child);
		maps_release(page);
		page = child;
		if (r == 0)
			r = search(page, false, &wanted, &found);
	}
	if (r == 1)
		r = take_value(&found, value);
	if (r == 1 && position)
		*position = before + found.before;
	maps_release(page);
	return r;
}

struct map_walker {
	struct map_cursor cursor;
	bool has_given; /* the next entry of the cursor */
};

int map_walker_new(struct maps *maps, const uint8_t root[REPO_ID_SIZE], struct map_walker **out)
{
	struct map_walker *walker = mem_alloc(sizeof(*walker));
	int r = map_cursor_begin(&walker->cursor, maps, root);

	if (r < 0) {
		map_walker_free(walker);
		return r;
	}
	*out = walker;
	return 0;
}

int map_walker_next(struct map_walker *walker, struct map_entry *out)
{
	struct map_head head = {0};
	int r = walker->has_given ? map_cursor_skip(&walker->cursor) : 0;

	walker->has_given = false;
	if (r == 0)
		r = map_cursor_entry(&walker->cursor, &head);
	if (r != 1)
		return r;
	walker->has_given = true;
	*out = (struct map_entry){.key = {head.entry->key, head.entry->key_size},
		.value = head.entry->value,
		.value_size = head.entry->value_size,
		.position = walker->cursor.position};
	return 1;
}

void map_walker_free(struct map_walker *walker)
{
	if (!walker)
		return;
	map_cursor_end(&walker->cursor);
	mem_free(walker);
}

int map_walk(struct maps *maps, const uint8_t root[REPO_ID_SIZE], const struct map_key *from,
	map_entry_fn *visit, void *context)
{
	struct map_walker *walker = NULL;
	struct map_entry entry;
	int r = map_walker_new(maps, root, &walker);

	if (r == 0 && from)
		r = map_cursor_seek(&walker->cursor, from);
	while (r == 0 && (r = map_walker_next(walker, &entry)) == 1)
		r = visit(context, &entry);
	map_walker_free(walker);
	return r;
}

/* Whether the page that comes next is wanted; its entries come next then. */
static int enter_wanted(const struct map_survey *survey, struct map_cursor *cursor,
	const struct page_entry *entry)
{
	int r = survey->enter(survey->context, entry->id);

	if (r < 0)
		return r;
	return r > 0 ? map_cursor_enter(cursor) : map_cursor_skip(cursor);
}

int map_survey(
	struct maps *maps, const uint8_t root[REPO_ID_SIZE], const struct map_survey *survey)
{
	struct map_cursor cursor;
	struct map_head head;
	int r = survey->enter(survey->context, root);

	if (r <= 0)
		return r;
	r = map_cursor_begin(&cursor, maps, root);
	while (r == 0 && map_cursor_peek(&cursor, &head)) {
		const struct map_entry entry = {.key = {head.entry->key, head.entry->key_size},
			.value = head.entry->value,
			.value_size = head.entry->value_size,
			.position = cursor.position};
		if (head.is_page) {
			r = enter_wanted(survey, &cursor, head.entry);
			continue;
		}
		r = survey->visit(survey->context, &entry);
		if (r == 0)
			r = map_cursor_skip(&cursor);
	}
	map_cursor_end(&cursor);
	return r;
}

static int add_bytes(const struct map_page *page, map_value_fn *value, uint64_t *bytes)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry;
	int r = page_begin(&cursor, page->data.data, page->data.size);

	while (r == 0 && (r = page_next(&cursor, &entry)) == 1) {
		struct map_value said = {0};
		r = value(entry.value, entry.value_size, &said);
		if (r == 0 && __builtin_add_overflow(*bytes, said.bytes, bytes))
			r = err_set(ERR_CORRUPT, "the sizes of a map's entries are too large");
	}
	page_cursor_free(&cursor);
	return r;
}

int map_summarize(struct maps *maps, const uint8_t root[REPO_ID_SIZE], map_value_fn *value,
	struct map_summary *out)
{
	struct map_page *page = NULL;
	int r = maps_hold(maps, root, &page);

	if (r < 0)
		return r;
	*out = (struct map_summary){.entries = page->entries, .bytes = page->bytes};
	memcpy(out->root, root, REPO_ID_SIZE);
	if (page->level == 0)
		r = add_bytes(page, value, &out->bytes);
	maps_release(page);
	return r;
}
