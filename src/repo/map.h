/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_MAP_H
#define REPO_MAP_H

#include <stdbool.h>

#include "repo/chunks.h"
#include "repo/page.h"

/*
 * Ordered maps from keys to values, both bytes, kept as pages that maps with the same entries
 * share (docs/format.md, section 8). A map is known by the id of its root page and never
 * changes; an edit makes another. What the values mean is the user's matter.
 */

/** Reads maps of one store, and keeps a few MiB of their pages. One thread at a time. */
struct maps;

/** The store is borrowed until maps_free. */
struct maps *maps_new(const struct chunk_store *store);
void maps_free(struct maps *maps); /* NULL is fine */

/** Whether a page is in the store. */
bool maps_has(const struct maps *maps, const uint8_t root[REPO_ID_SIZE]);

struct map_key {
	const void *data;
	size_t size; /* at most PAGE_KEY_MAX */
};

/** An entry; borrowed for the call. */
struct map_entry {
	struct map_key key;
	const void *value;
	size_t value_size;
	uint64_t position; /* how many come before it; 0 in a difference */
};

/** 1 where the key is there: its value replaces what is in `value` (ceiling: PAGE_VALUE_MAX or
 * more), *position (may be NULL) is how many entries come before it. 0 where it is not.
 * ERR_CORRUPT, ERR_IO. */
NODISCARD int map_find(struct maps *maps, const uint8_t root[REPO_ID_SIZE],
	const struct map_key *key, struct buf *value, uint64_t *position);

/** Not 0 ends the walk and is returned. It may read maps itself. */
typedef int map_entry_fn(void *context, const struct map_entry *entry);

/** All entries from `from` (NULL: the first) on, by the bytes of their keys. ERR_CORRUPT,
 * ERR_IO. */
NODISCARD int map_walk(struct maps *maps, const uint8_t root[REPO_ID_SIZE],
	const struct map_key *from, map_entry_fn *visit, void *context);

/** As a walk, step by step. */
struct map_walker;
NODISCARD int map_walker_new(
	struct maps *maps, const uint8_t root[REPO_ID_SIZE], struct map_walker **out);
/** 1 and the next entry, borrowed until the next call; 0 at the end. ERR_CORRUPT, ERR_IO. */
NODISCARD int map_walker_next(struct map_walker *walker, struct map_entry *out);
void map_walker_free(struct map_walker *walker); /* NULL is fine */

/** A walk that leaves out what it has seen: `enter` is called for each page, those above first,
 * and says 1 where what is below it is to be visited, 0 where not, or an error. */
struct map_survey {
	int (*enter)(void *context, const uint8_t id[REPO_ID_SIZE]);
	map_entry_fn *visit;
	void *context;
};
NODISCARD int map_survey(
	struct maps *maps, const uint8_t root[REPO_ID_SIZE], const struct map_survey *survey);

/** Called for each key whose entry is not the same in both: `before` or `after` is NULL where
 * there is none. Not 0 ends it and is returned. */
typedef int map_change_fn(
	void *context, const struct map_entry *before, const struct map_entry *after);

/** By the bytes of the keys, in time by what has changed. ERR_CORRUPT, ERR_IO. */
struct map_difference {
	const uint8_t *before, *after; /* roots */
	map_change_fn *visit;
	void *context;
};
NODISCARD int map_diff(struct maps *maps, const struct map_difference *difference);

/* Editing. */

/** What a value says of itself. */
struct map_value {
	uint64_t bytes;
	uint8_t refers_to[REPO_ID_SIZE]; /* the one chunk that it needs */
};

/** ERR_CORRUPT where it is no value of this kind. */
typedef int map_value_fn(const void *value, size_t size, struct map_value *out);

struct map_edit;

struct map_edit_options {
	const uint8_t *boundary; /* the repository's key of 16 bytes for where pages end */
	const uint8_t *old_root; /* the map to begin from; NULL: an empty one */
	map_value_fn *value;
};

/** Begins an edit. What the options name is copied. */
NODISCARD int map_edit_new(
	struct maps *maps, const struct map_edit_options *options, struct map_edit **out);
void map_edit_free(struct map_edit *edit); /* NULL is fine */

/** Puts an entry in the place of the one with its key, or removes that; in any order, the last
 * one counts. Cheapest by rising keys. After an error the edit is of no more use. ERR_INVALID,
 * ERR_IO (also of the temporary file that many changes are sorted in), ERR_CORRUPT. */
NODISCARD int map_edit_put(
	struct map_edit *edit, const struct map_key *key, const void *value, size_t value_size);
NODISCARD int map_edit_remove(struct map_edit *edit, const struct map_key *key);

/** Writes the pages that are new. Pages that no change touches are neither read nor written.
 * Equal maps have equal roots, whatever way they were made. The edit is at its end, well or
 * not; map_edit_free frees it. */
struct map_summary {
	uint8_t root[REPO_ID_SIZE];
	uint64_t entries;
	uint64_t bytes;
};
NODISCARD int map_edit_finish(struct map_edit *edit, struct map_summary *out);

#endif
