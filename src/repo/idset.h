/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_IDSET_H
#define REPO_IDSET_H

#include "repo/repo.h"

/*
 * A set of ids, each with the number in which it came. About 44 bytes an id; a look-up touches
 * one or two cache lines. The ids are keyed hashes, so they need no hashing of their own.
 */

struct idset {
	uint8_t (*ids)[REPO_ID_SIZE];
	size_t count, capacity;
	uint32_t *slots;   /* number + 1; 0: free */
	size_t slot_count; /* a power of two, at least twice the count */
};

enum { IDSET_NONE = -1 };

/** Its number; IDSET_NONE where it is not in the set. */
int64_t idset_find(const struct idset *set, const uint8_t id[REPO_ID_SIZE]);

/** Adds one; false where it was there. At most 2^31 go in. */
bool idset_add(struct idset *set, const uint8_t id[REPO_ID_SIZE]);

void idset_free(struct idset *set); /* what it holds; it is then empty */

#endif
