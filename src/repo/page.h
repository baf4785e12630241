/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PAGE_H
#define REPO_PAGE_H

#include <stdbool.h>

#include "base/buf.h"
#include "repo/repo.h"

/*
 * One page of a map, as bytes (docs/format.md, section 8): written entry by entry, read with
 * every number checked. There is one way to write a page, and no other is read.
 */

enum {
	PAGE_MAX = 1 << 20,
	PAGE_ENTRIES_MAX = 65535,
	PAGE_KEY_MAX = 65535,
	PAGE_VALUE_MAX = 262272,
	PAGE_LEVELS = 16,
};

/** An entry of a leaf, or of a page above. Borrowed. */
struct page_entry {
	const uint8_t *key;
	size_t key_size;
	const uint8_t *value; /* of a leaf */
	size_t value_size;
	const uint8_t *id; /* else: the page below */
	uint64_t entries;  /* in the leaves below it; 1 for an entry of a leaf */
	uint64_t bytes;    /* likewise; 0 for an entry of a leaf: only its value says it */
};

/* Reading. */
struct page_cursor {
	struct reader rest;
	uint8_t level;
	uint32_t count; /* in the whole page */
	uint32_t next;  /* number of the entry that comes next, from 0 */
	struct buf key; /* of the entry that came last */
};

struct page_cursor page_cursor_init(void);
void page_cursor_free(struct page_cursor *cursor);

/** Begins to read; the data is borrowed until the last page_next. ERR_CORRUPT. */
NODISCARD int page_begin(struct page_cursor *cursor, const void *data, size_t size);

/** 1 and the next entry, borrowed until the next call; 0 at the end, where nothing may follow.
 * ERR_CORRUPT. */
NODISCARD int page_next(struct page_cursor *cursor, struct page_entry *out);

/** Finds the first entry of a page whose key is not before the wanted one: 1, or 0 where there
 * is none. Only for a page that was read to its end once. */
struct page_found {
	bool is_same;            /* the key is the wanted one */
	struct page_entry entry; /* without its key */
	uint64_t before;         /* entries in leaves that come before it */
};
NODISCARD int page_search(
	const void *data, size_t size, const struct page_entry *wanted, struct page_found *out);

/* Writing. */
struct page_writer {
	uint8_t level;
	uint32_t count;
	struct buf entries; /* encoded */
	struct buf key;     /* the last one */
};

struct page_writer page_writer_init(uint8_t level);
void page_writer_free(struct page_writer *writer);

/** Adds an entry; its key is behind the last one. ERR_INVALID where a key or value is too long,
 * ERR_LIMIT. */
NODISCARD int page_put(struct page_writer *writer, const struct page_entry *entry);

/** Appends the page to `out`, and begins another one of the same level. ERR_LIMIT. */
NODISCARD int page_finish(struct page_writer *writer, struct buf *out);

/** Below 0, 0 or above, by the bytes. */
int page_compare_keys(const void *a, size_t a_size, const void *b, size_t b_size);

#endif
