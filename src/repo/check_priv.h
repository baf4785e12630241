/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CHECK_PRIV_H
#define REPO_CHECK_PRIV_H

#include "repo/check.h"
#include "repo/idset.h"
#include "repo/refs.h"
#include "repo/repo_priv.h"

/*
 * A check under way. Files come first, then packs, so that what refers to a damaged block can
 * then be named by what people know: snapshot, object, path.
 */

/** References without their ids: two sums over all of them that are equal where the
 * references are, but for one case in 2^128 that nobody can bring about: ids are keyed. */
struct check_sum {
	uint64_t low, high;
};
void check_sum_add(struct check_sum *sum, const uint8_t id[REPO_ID_SIZE], int64_t times);

struct check {
	struct repo *repo;
	const struct check_options *options;
	struct check_result *result;
	bool *damaged;      /* by the number of the block in the index */
	struct idset lost;  /* chunks that are referred to and are not there */
	struct idset pages; /* that were walked: they are shared by snapshots */
	struct idset whole; /* lists and recipes that were found whole, while naming */
	struct check_sum counted, recorded; /* references found in chunks, and in the index */
	bool is_partial;                    /* not each chunk was looked at */
	uint64_t done, total;               /* bytes of packs to read */
};

/** Reports a fault; its text is made of `format`. */
PRINTF_LIKE(3, 4)
void check_fault(struct check *check, const struct check_fault *fault, const char *format, ...);

/** ERR_CANCELLED where somebody wished it. */
NODISCARD int check_cancelled(const struct check *check);

/** Counts bytes of packs that were read. */
void check_advance(struct check *check, uint64_t bytes);

/** Whether a chunk is in the index, and in a block that is not damaged. */
bool check_has(const struct check *check, const uint8_t id[REPO_ID_SIZE]);

/** config, keys, index files and snapshots, as they lie there. */
NODISCARD int check_files(struct check *check);

/** The pack files: there, in full size, their blocks of meta, and for the chosen ones every
 * byte. */
NODISCARD int check_packs(struct check *check);

/** Opens what is wanted of one pack. */
NODISCARD int check_pack(struct check *check, const struct index_pack *pack, bool all);

/** What the index says is referred to is there. */
NODISCARD int check_references(struct check *check);

/** The chain of snapshots and their trees, and what of them is hit. */
NODISCARD int check_snapshots(struct check *check);

/** Whether all chunks of a content are there; reads lists and recipes. ERR_CORRUPT with what is
 * not, ERR_IO. */
NODISCARD int check_content(struct check *check, const struct repo_content *content);

#endif
