/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/map_priv.h"

/*
 * Moving through a map. A frame for each level that was entered; the entry of a frame's page
 * that leads to the frame below it stays its next one until that is at its end.
 */

static struct map_frame *top(struct map_cursor *cursor)
{
	return &cursor->frames[cursor->depth - 1];
}

static int note_low(struct map_cursor *cursor, const void *key, size_t size)
{
	buf_clear(&cursor->low);
	cursor->has_low = true;
	return buf_append(&cursor->low, key, size);
}

static void pop(struct map_cursor *cursor)
{
	maps_release(top(cursor)->page);
	top(cursor)->page = NULL;
	cursor->depth--;
}

/* To the next entry, out of pages that are at their end. */
static int advance(struct map_cursor *cursor)
{
	int r = 0;

	while (cursor->depth > 0) {
		struct map_frame *frame = top(cursor);
		r = page_next(&frame->at, &frame->next);
		if (r != 0)
			break;
		pop(cursor);
	}
	return r < 0 ? r : 0;
}

/* Takes the page over, and begins with its first entry. */
static int push(struct map_cursor *cursor, struct map_page *page)
{
	struct map_frame *frame = &cursor->frames[cursor->depth++];

	frame->page = page;
	return page_begin(&frame->at, page->data.data, page->data.size);
}

int map_cursor_begin(
	struct map_cursor *cursor, struct maps *maps, const uint8_t root[REPO_ID_SIZE])
{
	struct map_page *page = NULL;

	*cursor = (struct map_cursor){.maps = maps, .low = buf_init(PAGE_KEY_MAX)};
	for (size_t i = 0; i < PAGE_LEVELS; i++)
		cursor->frames[i].at = page_cursor_init();
	int r = maps_hold(maps, root, &page);
	if (r == 0)
		r = push(cursor, page);
	return r < 0 ? r : advance(cursor);
}

void map_cursor_end(struct map_cursor *cursor)
{
	while (cursor->depth > 0)
		pop(cursor);
	for (size_t i = 0; i < PAGE_LEVELS; i++)
		page_cursor_free(&cursor->frames[i].at);
	buf_free(&cursor->low);
}

static bool is_last(const struct map_cursor *cursor)
{
	for (size_t i = 0; i < cursor->depth; i++)
		if (cursor->frames[i].at.next < cursor->frames[i].at.count)
			return false;
	return true;
}

bool map_cursor_peek(const struct map_cursor *cursor, struct map_head *out)
{
	if (cursor->depth == 0)
		return false;
	const struct map_frame *frame = &cursor->frames[cursor->depth - 1];
	uint8_t level = frame->page->level;
	*out = (struct map_head){.is_page = level > 0,
		.level = level > 0 ? (uint8_t)(level - 1) : 0,
		.is_last = is_last(cursor),
		.entry = &frame->next};
	return true;
}

int map_cursor_skip(struct map_cursor *cursor)
{
	const struct page_entry *entry = &top(cursor)->next;
	int r = 0;

	cursor->position += entry->entries;
	/* Within a leaf its own check is enough. */
	if (top(cursor)->page->level > 0 || top(cursor)->at.next == top(cursor)->at.count)
		r = note_low(cursor, entry->key, entry->key_size);
	return r < 0 ? r : advance(cursor);
}

/* Whether the page's keys are behind all that was passed, and end with the one that the page
 * above says. */
static int check_keys(struct map_cursor *cursor, const struct page_entry *entry)
{
	const struct map_frame *frame = top(cursor);
	const struct map_page *page = frame->page;

	if (page_compare_keys(
		    page->last_key, page->last_key_size, entry->key, entry->key_size) != 0 ||
		(cursor->has_low && page_compare_keys(frame->next.key, frame->next.key_size,
					    cursor->low.data, cursor->low.size) <= 0))
		return err_set(ERR_CORRUPT, "the pages of a map are not in order");
	return 0;
}

int map_cursor_enter(struct map_cursor *cursor)
{
	const struct map_frame *parent = top(cursor);
	struct map_page *page = NULL;
	int r = maps_hold(cursor->maps, parent->next.id, &page);

	if (r < 0)
		return r;
	r = map_check_child(parent->page, &parent->next, page);
	if (r < 0) {
		maps_release(page);
		return r;
	}
	r = push(cursor, page);
	if (r == 0)
		r = advance(cursor);
	return r < 0 ? r : check_keys(cursor, &parent->next);
}

int map_cursor_entry(struct map_cursor *cursor, struct map_head *out)
{
	while (map_cursor_peek(cursor, out)) {
		if (!out->is_page)
			return 1;
		int r = map_cursor_enter(cursor);
		if (r < 0)
			return r;
	}
	return 0;
}

int map_cursor_seek(struct map_cursor *cursor, const struct map_key *key)
{
	struct map_head head;
	int r = 0;

	while (r == 0 && map_cursor_peek(cursor, &head)) {
		const struct page_entry *entry = head.entry;
		bool is_before = page_compare_keys(
					 entry->key, entry->key_size, key->data, key->size) < 0;
		if (!is_before && !head.is_page)
			break;
		r = is_before ? map_cursor_skip(cursor) : map_cursor_enter(cursor);
	}
	return r;
}
