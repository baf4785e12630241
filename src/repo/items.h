/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_ITEMS_H
#define REPO_ITEMS_H

#include "base/buf.h"
#include "repo/repo.h"

/*
 * The items of one folder in memory: found by id in constant time, walked in the order of their
 * ids. An item takes what its record does in a list, and 24 bytes.
 */

struct items_entry {
	uint64_t at; /* of its record, in the arena */
	uint32_t hash;
	bool removed;
	bool kept; /* see items_remove_others */
};

struct items {
	struct buf arena;
	struct items_entry *entries;
	size_t count, capacity;
	uint32_t *slots; /* number + 1; 0: free */
	size_t slot_count;
	uint64_t seed;
	bool changed; /* since items_load */
};

void items_init(struct items *items);
void items_free(struct items *items);

/** Puts in all of a stored list, as unchanged. ERR_CORRUPT, ERR_IO, ERR_LIMIT. */
NODISCARD int items_load(
	struct items *items, struct repo *repo, const uint8_t list_id[REPO_ID_SIZE]);

/** The item; false where there is none. The texts are borrowed until the next items_put. */
bool items_find(const struct items *items, const char *id, struct tree_item *out);

/** Puts an item in the place of the one with its id, and keeps it. ERR_INVALID, ERR_LIMIT. */
NODISCARD int items_put(struct items *items, const struct tree_item *item);

void items_remove(struct items *items, const char *id);
void items_keep(struct items *items, const char *id);
void items_remove_others(struct items *items);

/** The items that are there, in the order of the bytes of their ids. Not 0 ends the walk. */
NODISCARD int items_walk(const struct items *items, tree_item_fn *visit, void *context);

#endif
