/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/map_priv.h"
#include "repo/spill.h"

/*
 * Editing: changes are collected until they are many, then sorted and merged with the old map.
 * While they come by rising keys they are merged as they come, and nothing is kept. One that
 * then comes out of order ends that merge, and begins an edit of what it made.
 */

/* The marks of changes. */
enum { PUT, REMOVE };

struct map_edit {
	struct maps *maps; /* borrowed */
	uint8_t boundary[16];
	map_value_fn *value;
	bool has_old;
	uint8_t old[REPO_ID_SIZE];
	struct spill *changes;

	/* While a merge goes on. */
	struct map_build *build;  /* NULL: there is none */
	struct map_cursor cursor; /* in the old map */
	bool has_cursor;
	struct buf last; /* the key that was merged last */
};

int map_edit_new(
	struct maps *maps, const struct map_edit_options *options, struct map_edit **out)
{
	struct map_edit *edit = mem_alloc(sizeof(*edit));

	edit->maps = maps;
	edit->value = options->value;
	memcpy(edit->boundary, options->boundary, sizeof(edit->boundary));
	edit->has_old = options->old_root != NULL;
	if (options->old_root)
		memcpy(edit->old, options->old_root, REPO_ID_SIZE);
	edit->changes = spill_new(0);
	edit->last = buf_init(PAGE_KEY_MAX);
	*out = edit;
	return 0;
}

static void end_merge(struct map_edit *edit)
{
	map_build_free(edit->build);
	edit->build = NULL;
	if (edit->has_cursor)
		map_cursor_end(&edit->cursor);
	edit->has_cursor = false;
	buf_clear(&edit->last);
}

void map_edit_free(struct map_edit *edit)
{
	if (!edit)
		return;
	end_merge(edit);
	spill_free(edit->changes);
	buf_free(&edit->last);
	mem_free(edit);
}

static int begin_merge(struct map_edit *edit)
{
	edit->build = map_build_new(edit->maps, edit->boundary, edit->value);
	if (!edit->has_old)
		return 0;
	edit->has_cursor = true;
	return map_cursor_begin(&edit->cursor, edit->maps, edit->old);
}

static bool is_before(const struct page_entry *entry, const struct map_key *key)
{
	return page_compare_keys(entry->key, entry->key_size, key->data, key->size) < 0;
}

/* Takes over what comes next as a whole where that can be, and goes into it else. A last page
 * may grow when something comes behind it. */
static int take_page(
	struct map_edit *edit, const struct map_head *head, const struct map_key *until)
{
	int r = 0;

	if (!until || (!head->is_last && is_before(head->entry, until)))
		r = map_build_align(edit->build, head->level);
	if (r == 0)
		return map_cursor_enter(&edit->cursor);
	if (r == 1)
		r = map_build_page(edit->build, head->level, head->entry);
	return r < 0 ? r : map_cursor_skip(&edit->cursor);
}

/* Takes over the old entries before a key; NULL: all. */
static int take_old(struct map_edit *edit, const struct map_key *until)
{
	struct map_head head;
	int r = 0;

	while (r == 0 && edit->has_cursor && map_cursor_peek(&edit->cursor, &head)) {
		const struct page_entry *entry = head.entry;
		const struct map_key key = {entry->key, entry->key_size};
		if (head.is_page) {
			r = take_page(edit, &head, until);
			continue;
		}
		if (until && !is_before(entry, until))
			break;
		r = map_build_entry(edit->build, &key, entry->value, entry->value_size);
		if (r == 0)
			r = map_cursor_skip(&edit->cursor);
	}
	return r;
}

/* Passes over the old entry of the key, if it is there. */
static int drop_old(struct map_edit *edit, const struct map_key *key)
{
	struct map_head head;

	if (!edit->has_cursor || !map_cursor_peek(&edit->cursor, &head) ||
		page_compare_keys(
			head.entry->key, head.entry->key_size, key->data, key->size) != 0)
		return 0;
	return map_cursor_skip(&edit->cursor);
}

static int merge_change(struct map_edit *edit, const struct spill_entry *change)
{
	const struct map_key key = {change->key, change->key_size};
	int r = take_old(edit, &key);

	if (r == 0)
		r = drop_old(edit, &key);
	if (r == 0 && change->mark == PUT)
		r = map_build_entry(edit->build, &key, change->value, change->value_size);
	return r;
}

static int merge_changes(struct map_edit *edit)
{
	struct spill_entry change = {0};
	int r = spill_sort(edit->changes);

	if (r == 0)
		r = begin_merge(edit);
	while (r == 0 && (r = spill_next(edit->changes, &change)) == 1) {
		r = merge_change(edit, &change);
		buf_clear(&edit->last);
		if (r == 0)
			r = buf_append(&edit->last, change.key, change.key_size);
	}
	spill_clear(edit->changes);
	return r;
}

/* Ends the merge that goes on; what it made is the old map of what follows. */
static int finish_merge(struct map_edit *edit, struct map_summary *out)
{
	int r = take_old(edit, NULL);

	if (r == 0)
		r = map_build_finish(edit->build, out);
	if (r < 0)
		return r;
	end_merge(edit);
	edit->has_old = true;
	memcpy(edit->old, out->root, REPO_ID_SIZE);
	return 0;
}

static bool is_behind(const struct map_edit *edit, const struct map_key *key)
{
	return page_compare_keys(edit->last.data, edit->last.size, key->data, key->size) < 0;
}

static int add_change(struct map_edit *edit, const struct spill_entry *change)
{
	const struct map_key key = {change->key, change->key_size};
	struct map_summary summary;
	int r = 0;

	if (edit->build && is_behind(edit, &key)) {
		buf_clear(&edit->last);
		r = buf_append(&edit->last, key.data, key.size);
		return r < 0 ? r : merge_change(edit, change);
	}
	if (edit->build)
		r = finish_merge(edit, &summary);
	if (r == 0)
		r = spill_put(edit->changes, change);
	if (r == 0 && spill_is_full(edit->changes) && spill_is_rising(edit->changes))
		r = merge_changes(edit);
	return r;
}

static int check_key(const struct map_key *key)
{
	if (key->size <= PAGE_KEY_MAX)
		return 0;
	return err_set(ERR_INVALID, "a name or id of more than %d bytes", PAGE_KEY_MAX);
}

int map_edit_put(
	struct map_edit *edit, const struct map_key *key, const void *value, size_t value_size)
{
	int r = check_key(key);

	if (r == 0 && value_size > PAGE_VALUE_MAX)
		r = err_set(
			ERR_INVALID, "an entry of a map of more than %d bytes", PAGE_VALUE_MAX);
	if (r < 0)
		return r;
	const struct spill_entry change = {key->data, key->size, value, value_size, PUT};
	return add_change(edit, &change);
}

int map_edit_remove(struct map_edit *edit, const struct map_key *key)
{
	const struct spill_entry change = {key->data, key->size, NULL, 0, REMOVE};
	int r = check_key(key);

	return r < 0 ? r : add_change(edit, &change);
}

int map_edit_finish(struct map_edit *edit, struct map_summary *out)
{
	int r = 0;

	if (!edit->build && edit->has_old && spill_count(edit->changes) == 0)
		return map_summarize(edit->maps, edit->old, edit->value, out);
	if (!edit->build)
		r = merge_changes(edit);
	return r < 0 ? r : finish_merge(edit, out);
}
