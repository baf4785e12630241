/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CHECK_PRIV_H
#define REPO_CHECK_PRIV_H

#include "repo/check.h"
#include "repo/idset.h"
#include "repo/repo_priv.h"

/*
 * A check under way. Packs come first, so that what refers to a damaged block can then be named
 * by what people know: snapshot, object, path.
 */

struct check {
	struct repo *repo;
	const struct check_options *options;
	struct check_result *result;
	bool *damaged;     /* by the number of the block in the index */
	struct idset seen; /* trees and lists that were walked: they are shared by snapshots */
	uint64_t done, total; /* bytes of packs to read */
};

/** Reports a fault: what is hit, and what it means. */
PRINTF_LIKE(2, 3) void check_fault(struct check *check, const char *format, ...);

/** ERR_CANCELLED where somebody wished it. */
NODISCARD int check_cancelled(const struct check *check);

/** The pack files: there, in full size, and for the chosen ones every byte. */
NODISCARD int check_packs(struct check *check);

/** Snapshots, trees, lists, and whether what they refer to is there and undamaged. */
NODISCARD int check_snapshots(struct check *check);

#endif
