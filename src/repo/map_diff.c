/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "repo/map_priv.h"

/*
 * The difference of two maps: a cursor in each. Where both come to the same page at the same
 * time they pass over it; else the page of the higher level, or both, are gone into.
 */

struct both {
	struct map_cursor before, after;
	const struct map_difference *difference;
};

static int report(
	const struct both *both, const struct map_head *before, const struct map_head *after)
{
	struct map_entry entries[2] = {0};
	const struct map_head *heads[2] = {before, after};

	for (int i = 0; i < 2; i++) {
		if (!heads[i])
			continue;
		const struct page_entry *entry = heads[i]->entry;
		entries[i].key = (struct map_key){entry->key, entry->key_size};
		entries[i].value = entry->value;
		entries[i].value_size = entry->value_size;
	}
	return both->difference->visit(both->difference->context, before ? &entries[0] : NULL,
		after ? &entries[1] : NULL);
}

static bool is_same_value(const struct page_entry *a, const struct page_entry *b)
{
	return a->value_size == b->value_size &&
	       (a->value_size == 0 || memcmp(a->value, b->value, a->value_size) == 0);
}

/* Both have an entry of a leaf next. */
static int compare_entries(
	struct both *both, const struct map_head *before, const struct map_head *after)
{
	const struct page_entry *a = before->entry, *b = after->entry;
	int order = page_compare_keys(a->key, a->key_size, b->key, b->key_size);
	int r = 0;

	if (order != 0)
		r = report(both, order < 0 ? before : NULL, order > 0 ? after : NULL);
	else if (!is_same_value(a, b))
		r = report(both, before, after);
	if (r == 0 && order <= 0)
		r = map_cursor_skip(&both->before);
	if (r == 0 && order >= 0)
		r = map_cursor_skip(&both->after);
	return r;
}

static int compare_pages(
	struct both *both, const struct map_head *before, const struct map_head *after)
{
	bool is_same = before->level == after->level &&
		       memcmp(before->entry->id, after->entry->id, REPO_ID_SIZE) == 0;
	bool enter_before = before->level >= after->level;
	bool enter_after = after->level >= before->level;
	int r = 0;

	if (is_same) {
		r = map_cursor_skip(&both->before);
		return r < 0 ? r : map_cursor_skip(&both->after);
	}
	if (enter_before)
		r = map_cursor_enter(&both->before);
	if (r == 0 && enter_after)
		r = map_cursor_enter(&both->after);
	return r;
}

/* One map is at its end: all that is left of the other is a change. */
static int take_rest(struct both *both, bool is_before)
{
	struct map_cursor *cursor = is_before ? &both->before : &both->after;
	struct map_head head;
	int r;

	while ((r = map_cursor_entry(cursor, &head)) == 1) {
		r = report(both, is_before ? &head : NULL, is_before ? NULL : &head);
		if (r == 0)
			r = map_cursor_skip(cursor);
		if (r != 0)
			break;
	}
	return r;
}

static int compare(struct both *both)
{
	struct map_head before, after;
	int r = 0;

	while (r == 0) {
		bool has_before = map_cursor_peek(&both->before, &before);
		bool has_after = map_cursor_peek(&both->after, &after);
		if (!has_before || !has_after)
			return has_before == has_after ? 0 : take_rest(both, has_before);
		if (before.is_page && after.is_page)
			r = compare_pages(both, &before, &after);
		else if (before.is_page)
			r = map_cursor_enter(&both->before);
		else if (after.is_page)
			r = map_cursor_enter(&both->after);
		else
			r = compare_entries(both, &before, &after);
	}
	return r;
}

int map_diff(struct maps *maps, const struct map_difference *difference)
{
	struct both both = {.difference = difference};

	if (memcmp(difference->before, difference->after, REPO_ID_SIZE) == 0)
		return 0;
	int r = map_cursor_begin(&both.before, maps, difference->before);
	if (r == 0) {
		r = map_cursor_begin(&both.after, maps, difference->after);
		if (r == 0)
			r = compare(&both);
		map_cursor_end(&both.after);
	}
	map_cursor_end(&both.before);
	return r;
}
