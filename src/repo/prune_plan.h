/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PRUNE_PLAN_H
#define REPO_PRUNE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What a prune does with each pack (docs/format.md, section 11). Pure: no clock, no storage.
 */

enum prune_fate {
	PRUNE_KEEP,
	PRUNE_CONDEMN, /* its live chunks go into new packs, and nothing is found in it any more
			*/
	PRUNE_WAIT,    /* condemned, or without a name, and a writer may still count on it */
	PRUNE_DROP,    /* condemned long enough: no part of the index any more */
	PRUNE_REMOVE,  /* its file goes */
};

enum {
	PRUNE_LIVE_PERCENT = 60, /* a pack with less that lives is written anew */
	PRUNE_TAIL_SIZE = 4 << 20,
	PRUNE_TAILS = 8, /* so many packs below that size become few */
};

struct prune_pack {
	uint64_t size;       /* of the file */
	uint64_t all, live;  /* weights of its chunks */
	bool must;           /* something dead in it refers to other chunks */
	bool is_named;       /* by an index file, and not dropped */
	bool is_dropped;     /* by an index file */
	int64_t condemned_s; /* 0: not */
	int64_t modified_s;  /* when its file was written; INT64_MAX: unknown */
};

/** All by the storage's clock. */
struct prune_moment {
	int64_t oldest_s; /* since when the oldest writer is at work; INT64_MAX: there is none
			   */
	int64_t begun_s;  /* when this prune began, before it looked at anything */
};

/** Whether a pack may be of a writer that is at work, or has begun since. */
bool prune_is_young(int64_t modified_s, const struct prune_moment *moment);

void prune_plan(const struct prune_pack *packs, size_t count, const struct prune_moment *moment,
	enum prune_fate *out);

#endif
