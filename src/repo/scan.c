/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/scan.h"

#include "base/mem.h"
#include "repo/content.h"

/* A page that is to be read, as the one above it says. */
struct step {
	const uint8_t *id;
	uint64_t entries;
	int level; /* -1: the root's own */
};

struct scan {
	struct repo *repo;
	const struct scan_visitor *visitor;
};

static int scan_page(const struct scan *scan, const struct step *step);

static int give(const struct scan *scan, const struct page_entry *found)
{
	const struct map_entry entry = {.key = {found->key, found->key_size},
		.value = found->value,
		.value_size = found->value_size};

	return scan->visitor->entry(scan->visitor->context, &entry);
}

static int scan_entries(const struct scan *scan, struct page_cursor *cursor)
{
	struct page_entry entry;
	int r;

	while ((r = page_next(cursor, &entry)) > 0) {
		const struct step below = {entry.id, entry.entries, cursor->level - 1};
		r = cursor->level == 0 ? give(scan, &entry) : scan_page(scan, &below);
		if (r != 0)
			return r;
	}
	return r;
}

/* A page is looked through once before anything of it is given: half of one is none. */
static int judge(const struct chunk *chunk, int level)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry;
	int r = page_begin(&cursor, chunk->data, chunk->size);

	if (r == 0 && level >= 0 && cursor.level != level)
		r = err_set(ERR_CORRUPT, "a page of another level");
	while (r == 0 && (r = page_next(&cursor, &entry)) > 0)
		r = 0;
	page_cursor_free(&cursor);
	return r;
}

static int scan_page(const struct scan *scan, const struct step *step)
{
	const struct scan_visitor *visitor = scan->visitor;
	struct chunk chunk;

	if (visitor->enter && !visitor->enter(visitor->context, step->id))
		return 0;
	int r = chunk_hold(scan->repo, step->id, &chunk);
	if (r == 0) {
		r = judge(&chunk, step->level);
		if (r < 0)
			chunk_release(&chunk);
	}
	if (r == ERR_CORRUPT || r == ERR_NOTFOUND) {
		AUTO_TEXT why = mem_strdup(err_message());
		return visitor->lost(visitor->context, step->id, step->entries, why);
	}
	if (r < 0)
		return r;
	struct page_cursor cursor = page_cursor_init();
	r = page_begin(&cursor, chunk.data, chunk.size);
	if (r == 0)
		r = scan_entries(scan, &cursor);
	page_cursor_free(&cursor);
	chunk_release(&chunk);
	return r;
}

int scan_map(
	struct repo *repo, const uint8_t root[REPO_ID_SIZE], const struct scan_visitor *visitor)
{
	const struct scan scan = {repo, visitor};
	const struct step step = {root, 0, -1};

	return scan_page(&scan, &step);
}
