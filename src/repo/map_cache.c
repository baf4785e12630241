/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/map_priv.h"

/*
 * Pages of maps in memory. A page is checked to its end when it is read, so that who has one
 * may take its bytes as they are.
 */

enum {
	KEPT_MAX = 4 << 20,
	KEPT_LEAST = 4096, /* what a page counts at least: so their number is bounded too */
};

struct maps {
	const struct chunk_store *store; /* borrowed */
	struct map_page *pages;          /* by id */
	size_t kept;                     /* bytes, as they are counted */
	uint64_t clock;
};

struct maps *maps_new(const struct chunk_store *store)
{
	struct maps *maps = mem_alloc(sizeof(*maps));

	maps->store = store;
	return maps;
}

static size_t weight(const struct map_page *page)
{
	return page->data.capacity > KEPT_LEAST ? page->data.capacity : KEPT_LEAST;
}

static void page_free(struct map_page *page)
{
	buf_free(&page->data);
	mem_free(page->last_key);
	mem_free(page);
}

static void drop(struct maps *maps, struct map_page *page)
{
	HASH_DEL(maps->pages, page);
	maps->kept -= weight(page);
	page_free(page);
}

void maps_free(struct maps *maps)
{
	struct map_page *page, *next;

	if (!maps)
		return;
	HASH_ITER(hh, maps->pages, page, next)
	{
		ASSERT(page->users == 0);
		drop(maps, page);
	}
	mem_free(maps);
}

const struct chunk_store *maps_store(const struct maps *maps)
{
	return maps->store;
}

bool maps_has(const struct maps *maps, const uint8_t root[REPO_ID_SIZE])
{
	return maps->store->has(maps->store->context, root);
}

/* The pages that nobody has, those that were used longest ago first. */
static void make_room(struct maps *maps)
{
	while (maps->kept > KEPT_MAX) {
		struct map_page *oldest = NULL, *page, *next;
		HASH_ITER(hh, maps->pages, page, next)
		{
			if (page->users == 0 && (!oldest || page->used < oldest->used))
				oldest = page;
		}
		if (!oldest)
			return;
		drop(maps, oldest);
	}
}

static int add(uint64_t *sum, uint64_t more)
{
	if (__builtin_add_overflow(*sum, more, sum))
		return err_set(
			ERR_CORRUPT, "a page of a map is damaged: its sums are too large");
	return 0;
}

/* Reads all entries once. */
static int check_page(struct map_page *page)
{
	struct page_cursor cursor = page_cursor_init();
	struct page_entry entry;
	int r = page_begin(&cursor, page->data.data, page->data.size);

	while (r == 0 && (r = page_next(&cursor, &entry)) == 1) {
		r = add(&page->entries, entry.entries);
		if (r == 0)
			r = add(&page->bytes, entry.bytes);
	}
	page->level = cursor.level;
	page->count = cursor.count;
	if (r == 0 && page->count > 0) {
		page->last_key_size = cursor.key.size;
		page->last_key = mem_alloc(cursor.key.size + 1);
		if (cursor.key.size > 0)
			memcpy(page->last_key, cursor.key.data, cursor.key.size);
	}
	page_cursor_free(&cursor);
	return r;
}

static int read_page(struct maps *maps, const uint8_t id[REPO_ID_SIZE], struct map_page **out)
{
	struct map_page *page = mem_alloc(sizeof(*page));

	memcpy(page->id, id, REPO_ID_SIZE);
	page->data = buf_init(PAGE_MAX);
	int r = maps->store->get(maps->store->context, id, &page->data);
	if (r == ERR_LIMIT)
		r = err_set(ERR_CORRUPT, "a page of a map is too large");
	if (r == 0)
		r = check_page(page);
	if (r < 0) {
		page_free(page);
		return r;
	}
	HASH_ADD(hh, maps->pages, id, REPO_ID_SIZE, page);
	maps->kept += weight(page);
	*out = page;
	return 0;
}

int maps_hold(struct maps *maps, const uint8_t id[REPO_ID_SIZE], struct map_page **out)
{
	struct map_page *page = NULL;
	int r = 0;

	HASH_FIND(hh, maps->pages, id, REPO_ID_SIZE, page);
	if (!page)
		r = read_page(maps, id, &page);
	if (r < 0)
		return r;
	page->users++;
	page->used = ++maps->clock;
	make_room(maps);
	*out = page;
	return 0;
}

void maps_release(struct map_page *page)
{
	if (page)
		page->users--;
}

int map_check_child(const struct map_page *parent, const struct page_entry *entry,
	const struct map_page *child)
{
	if (child->level + 1 != parent->level || child->count == 0 ||
		child->entries != entry->entries ||
		(child->level > 0 && child->bytes != entry->bytes))
		return err_set(
			ERR_CORRUPT, "a page of a map is not what the page above says of it");
	return 0;
}
