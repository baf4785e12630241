/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_MAP_PRIV_H
#define REPO_MAP_PRIV_H

#include <uthash.h>

#include "repo/map.h"

/*
 * What the files map*.c share: pages in memory, a cursor over them, and the building of pages.
 */

/** A page that was read and checked. */
struct map_page {
	uint8_t id[REPO_ID_SIZE];
	uint8_t level;
	uint32_t count;
	uint64_t entries; /* in the leaves below it */
	uint64_t bytes;   /* of a page above leaves; else 0 */
	struct buf data;
	char *last_key; /* NULL where there is none */
	size_t last_key_size;
	unsigned users;
	uint64_t used; /* when it was held last */
	UT_hash_handle hh;
};

/** Reads a page, or takes it from those that are kept; it stays until maps_release. */
NODISCARD int maps_hold(
	struct maps *maps, const uint8_t id[REPO_ID_SIZE], struct map_page **out);
void maps_release(struct map_page *page); /* NULL is fine */
const struct chunk_store *maps_store(const struct maps *maps);

/** ERR_CORRUPT where a page is not what the page above says of it. */
NODISCARD int map_check_child(const struct map_page *parent, const struct page_entry *entry,
	const struct map_page *child);

/* A cursor: what comes next in a map, be it an entry or a whole page below, as one likes. */
struct map_frame {
	struct map_page *page;
	struct page_cursor at;
	struct page_entry next;
};

struct map_cursor {
	struct maps *maps;
	struct map_frame frames[PAGE_LEVELS];
	size_t depth;   /* frames in use; 0 at the end */
	struct buf low; /* the last key that was passed */
	bool has_low;
	uint64_t position; /* entries that were passed */
};

struct map_head {
	bool is_page;  /* all of a page, entry.id; else an entry of a leaf */
	uint8_t level; /* of that page; 0 */
	bool is_last;  /* nothing comes behind it */
	const struct page_entry *entry;
};

/** Begins in the root page. To be ended in either case. */
NODISCARD int map_cursor_begin(
	struct map_cursor *cursor, struct maps *maps, const uint8_t root[REPO_ID_SIZE]);
void map_cursor_end(struct map_cursor *cursor);

/** False at the end. Borrowed until the cursor moves. */
bool map_cursor_peek(const struct map_cursor *cursor, struct map_head *out);

/** Passes over what comes next, the whole page where it is one. ERR_CORRUPT. */
NODISCARD int map_cursor_skip(struct map_cursor *cursor);

/** Goes into the page that comes next. ERR_CORRUPT, ERR_IO. */
NODISCARD int map_cursor_enter(struct map_cursor *cursor);

/** 1 and the next entry, passing over nothing; 0 at the end. */
NODISCARD int map_cursor_entry(struct map_cursor *cursor, struct map_head *out);

/** Passes over all that comes before the key. */
NODISCARD int map_cursor_seek(struct map_cursor *cursor, const struct map_key *key);

/* Building: entries and whole old pages by rising keys become the pages of a new map. */
struct map_build;

/** The store and the function are borrowed. */
struct map_build *map_build_new(
	struct maps *maps, const uint8_t boundary[16], map_value_fn *value);
void map_build_free(struct map_build *build); /* NULL is fine */

NODISCARD int map_build_entry(
	struct map_build *build, const struct map_key *key, const void *value, size_t size);

/** 1 where a page of this level may be taken over as it is: all that came before it fills whole
 * pages. What is waiting is written. */
NODISCARD int map_build_align(struct map_build *build, uint8_t level);

/** Takes an old page over, which map_build_align has allowed. */
NODISCARD int map_build_page(
	struct map_build *build, uint8_t level, const struct page_entry *entry);

NODISCARD int map_build_finish(struct map_build *build, struct map_summary *out);

/** Entries and bytes of a map. */
NODISCARD int map_summarize(struct maps *maps, const uint8_t root[REPO_ID_SIZE],
	map_value_fn *value, struct map_summary *out);

#endif
