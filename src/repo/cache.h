/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CACHE_H
#define REPO_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * A few decoded blocks, the least recently used go first, so that reading chunks in the order
 * in which they lie decodes each block once.
 */

struct repo;

struct cached {
	uint8_t *data;
	size_t size;
	uint32_t block;
	uint32_t users; /* readers that hold it: it stays */
	uint64_t used_at;
};

struct cache {
	struct cached **blocks;
	size_t count, capacity;
	size_t bytes;
	uint64_t now;
};

void cache_free(struct cache *cache); /* what it holds */

/** The block with that number in the index, decoded; cache_release ends the use. ERR_CORRUPT,
 * ERR_NOTFOUND, ERR_IO, each naming the pack. */
NODISCARD int cache_hold(struct repo *repo, uint32_t block, struct cached **out);
void cache_release(struct cached *cached); /* NULL is fine */

#endif
