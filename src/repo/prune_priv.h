/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PRUNE_PRIV_H
#define REPO_PRUNE_PRIV_H

#include "repo/lease.h"
#include "repo/prune.h"
#include "repo/prune_index.h"
#include "repo/references.h"

/*
 * A prune under way.
 */

/** A file in packs/. */
struct prune_file {
	uint64_t size;
	int64_t modified_s;
};

struct prune {
	struct repo *repo; /* borrowed, as are the next two */
	const struct prune_options *options;
	struct prune_result *result;
	struct lease lease; /* of this prune */
	struct prune_moment moment;
	uint8_t (*roots)[REPO_ID_SIZE];
	size_t root_count, root_capacity;
	struct idset file_names; /* in packs/, with the numbers of the files */
	struct prune_file *files;
	size_t file_capacity;
	struct references references;
	/* Of the packs of the index, then of the files that are none of them. */
	struct prune_pack *packs;
	uint8_t (*names)[NAME_SIZE];
	enum prune_fate *fates;
	size_t pack_count;
	bool *sources; /* packs of the index that something is copied from */
	struct prune_change *changes;
	size_t change_count, change_capacity;
};

/** Who is at work, what lies there, what refers to what. Fills all but sources and changes. */
NODISCARD int prune_look(struct prune *prune);

/** What is to be copied, and how the references change. */
NODISCARD int prune_decide(struct prune *prune);

/** ERR_CANCELLED where somebody wished it. */
NODISCARD int prune_cancelled(const struct prune *prune);

#endif
