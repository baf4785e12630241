/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PRUNE_INDEX_H
#define REPO_PRUNE_INDEX_H

#include "repo/pack.h"

/*
 * The group of index files that a prune writes: what it has condemned and dropped, its new
 * packs, and how the references have changed. All of it counts at once, or nothing.
 */

struct prune_change {
	uint8_t id[REPO_ID_SIZE];
	int32_t delta;
};

struct prune_group {
	const uint8_t (*condemned)[NAME_SIZE];
	size_t condemned_count;
	int64_t condemned_s;
	const uint8_t (*dropped)[NAME_SIZE];
	size_t dropped_count;
	const struct pack_written *packs;
	size_t pack_count;
	struct prune_change *changes; /* are sorted and summed up */
	size_t change_count;
};

/** ERR_LIMIT, ERR_IO. */
NODISCARD int prune_index_write(struct repo *repo, struct prune_group *group);

#endif
