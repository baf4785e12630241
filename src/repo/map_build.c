/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "crypto/hash.h"
#include "repo/map_priv.h"

/*
 * Building the pages of a map from its entries. A page that is full is written only when
 * another entry of its level follows: the last page of a level may be the root, and then
 * nothing stands above it.
 */

enum {
	FULL_SIZE = 64 << 10,
	BOUNDARY_BITS = 0x7f,
	BOUNDARY_KEY_SIZE = 16,
};

struct level {
	struct page_writer page;
	bool is_full;                /* its page; what follows begins another */
	uint64_t given;              /* entries in all */
	uint64_t entries;            /* below the page */
	uint64_t bytes;              /* likewise */
	struct buf refs;             /* of the page */
	uint8_t first[REPO_ID_SIZE]; /* page above leaves: the first one below it */
	bool is_first_old;           /* and whether it was taken over */
};

struct map_build {
	struct maps *maps; /* borrowed */
	uint8_t boundary[BOUNDARY_KEY_SIZE];
	map_value_fn *value;
	struct level levels[PAGE_LEVELS];
	struct buf page, hashed; /* scratch */
};

struct map_build *map_build_new(
	struct maps *maps, const uint8_t boundary[16], map_value_fn *value)
{
	struct map_build *build = mem_alloc(sizeof(*build));

	build->maps = maps;
	build->value = value;
	memcpy(build->boundary, boundary, sizeof(build->boundary));
	for (unsigned i = 0; i < PAGE_LEVELS; i++) {
		build->levels[i].page = page_writer_init((uint8_t)i);
		build->levels[i].refs = buf_init((size_t)PAGE_ENTRIES_MAX * REPO_ID_SIZE);
	}
	build->page = buf_init(PAGE_MAX);
	build->hashed = buf_init(1 + PAGE_KEY_MAX);
	return build;
}

void map_build_free(struct map_build *build)
{
	if (!build)
		return;
	for (size_t i = 0; i < PAGE_LEVELS; i++) {
		page_writer_free(&build->levels[i].page);
		buf_free(&build->levels[i].refs);
	}
	buf_free(&build->page);
	buf_free(&build->hashed);
	mem_free(build);
}

/* Whether a page ends behind the entry that it got last. */
static int is_end(
	struct map_build *build, const struct level *level, const struct page_entry *entry)
{
	struct buf *hashed = &build->hashed;

	if (level->page.entries.size >= FULL_SIZE)
		return 1;
	buf_clear(hashed);
	int r = buf_append(hashed, &level->page.level, 1);
	if (r == 0)
		r = buf_append(hashed, entry->key, entry->key_size);
	if (r < 0)
		return r;
	return (hash_short(build->boundary, hashed->data, hashed->size) & BOUNDARY_BITS) == 0;
}

static int flush(struct map_build *build, size_t number);

static int add(struct map_build *build, size_t number, const struct page_entry *entry,
	const uint8_t refers_to[REPO_ID_SIZE])
{
	int r = 0;

	if (number >= PAGE_LEVELS)
		return err_set(ERR_LIMIT, "a map of more than %d levels", PAGE_LEVELS);
	struct level *level = &build->levels[number];
	if (level->is_full)
		r = flush(build, number);
	if (r == 0)
		r = page_put(&level->page, entry);
	if (r == 0)
		r = buf_append(&level->refs, refers_to, REPO_ID_SIZE);
	if (r < 0)
		return r;
	if (__builtin_add_overflow(level->entries, entry->entries, &level->entries) ||
		__builtin_add_overflow(level->bytes, entry->bytes, &level->bytes))
		return err_set(ERR_LIMIT, "the sizes of a map's entries are too large");
	level->given++;
	if (level->page.count == 1) {
		memcpy(level->first, refers_to, REPO_ID_SIZE);
		level->is_first_old = false;
	}
	r = is_end(build, level, entry);
	level->is_full = r > 0;
	return r < 0 ? r : 0;
}

/* Writes the page that a level has begun. */
static int write_page(
	struct map_build *build, struct level *level, uint8_t out_id[REPO_ID_SIZE])
{
	const struct chunk_store *store = maps_store(build->maps);

	buf_clear(&build->page);
	int r = page_finish(&level->page, &build->page);
	if (r < 0)
		return r;
	const struct chunk_put chunk = {.piece = PIECE_META,
		.data = build->page.data,
		.size = build->page.size,
		.refs = (const uint8_t(*)[REPO_ID_SIZE])level->refs.data,
		.ref_count = level->refs.size / REPO_ID_SIZE};
	r = store->put(store->context, &chunk, out_id);
	level->is_full = false;
	level->entries = 0;
	level->bytes = 0;
	buf_clear(&level->refs);
	return r;
}

/* As deep as there are levels above. */
static int flush(struct map_build *build, size_t number)
{
	struct level *level = &build->levels[number];
	AUTO_BUF key = buf_init(PAGE_KEY_MAX);
	uint8_t id[REPO_ID_SIZE];
	struct page_entry entry = {.id = id, .entries = level->entries, .bytes = level->bytes};
	int r = buf_append(&key, level->page.key.data, level->page.key.size);

	entry.key = key.data;
	entry.key_size = key.size;
	if (r == 0)
		r = write_page(build, level, id);
	return r < 0 ? r : add(build, number + 1, &entry, id);
}

int map_build_entry(
	struct map_build *build, const struct map_key *key, const void *value, size_t size)
{
	struct map_value said = {0};
	struct page_entry entry = {.key = key->data,
		.key_size = key->size,
		.value = value,
		.value_size = size,
		.entries = 1};
	int r = build->value(value, size, &said);

	entry.bytes = said.bytes;
	return r < 0 ? r : add(build, 0, &entry, said.refers_to);
}

int map_build_align(struct map_build *build, uint8_t level)
{
	for (size_t i = 0; i <= level; i++) {
		const struct level *below = &build->levels[i];
		if (below->page.count == 0)
			continue;
		if (!below->is_full)
			return 0;
		int r = flush(build, i);
		if (r < 0)
			return r;
	}
	return 1;
}

int map_build_page(struct map_build *build, uint8_t level, const struct page_entry *entry)
{
	int r = add(build, (size_t)level + 1, entry, entry->id);

	if (r == 0 && build->levels[level + 1].page.count == 1)
		build->levels[level + 1].is_first_old = true;
	return r;
}

static bool is_highest(const struct map_build *build, size_t number)
{
	for (size_t i = number + 1; i < PAGE_LEVELS; i++)
		if (build->levels[i].given > 0)
			return false;
	return true;
}

/* The only page below this one, if it is one above leaves with one below it. */
static int only_child(
	struct maps *maps, const uint8_t id[REPO_ID_SIZE], uint8_t out[REPO_ID_SIZE])
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry = {0};
	struct map_page *page = NULL;
	int r = maps_hold(maps, id, &page);

	if (r < 0)
		return r;
	if (page->level > 0 && page->count == 1) {
		r = page_begin(&cursor, page->data.data, page->data.size);
		if (r == 0)
			r = page_next(&cursor, &entry);
		if (r == 1)
			memcpy(out, entry.id, REPO_ID_SIZE);
	}
	page_cursor_free(&cursor);
	maps_release(page);
	return r;
}

/* The map is the one page that a level refers to. A page that was taken over may have stood
 * beside others, and have but one below it: then it is that. */
static int finish_at(
	struct map_build *build, const struct level *level, struct map_summary *out)
{
	uint8_t root[REPO_ID_SIZE];
	int r = level->is_first_old;

	out->entries = level->entries;
	out->bytes = level->bytes;
	memcpy(root, level->first, REPO_ID_SIZE);
	while (r == 1) {
		memcpy(out->root, root, REPO_ID_SIZE);
		r = only_child(build->maps, out->root, root);
	}
	memcpy(out->root, root, REPO_ID_SIZE);
	return r;
}

int map_build_finish(struct map_build *build, struct map_summary *out)
{
	struct level *levels = build->levels;

	*out = (struct map_summary){0};
	for (size_t i = 0; i < PAGE_LEVELS; i++) {
		if (!is_highest(build, i)) {
			int r = levels[i].page.count > 0 ? flush(build, i) : 0;
			if (r < 0)
				return r;
			continue;
		}
		if (i > 0 && levels[i].given == 1)
			return finish_at(build, &levels[i], out);
		/* The only page of its level. */
		out->entries = levels[i].entries;
		out->bytes = levels[i].bytes;
		return write_page(build, &levels[i], out->root);
	}
	return err_set(ERR_LIMIT, "a map of more than %d levels", PAGE_LEVELS);
}
