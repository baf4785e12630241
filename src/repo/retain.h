/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RETAIN_H
#define REPO_RETAIN_H

#include "repo/repo.h"
#include "repo/retention_plan.h"

/*
 * Forgetting what a plan of retention does not keep.
 */

/** Called for each snapshot that was looked at, the oldest first. */
typedef void retain_fn(void *context, const struct snapshot *snapshot, bool stays);

struct retain_options {
	const char *job;  /* of that job alone; NULL: of each */
	bool dry_run;     /* says, and does nothing */
	retain_fn *visit; /* may be NULL */
	void *context;
};

/** ERR_INVALID where the plan keeps nothing at all; ERR_CORRUPT where a snapshot cannot be
 * read: then nothing is forgotten; ERR_IO. */
NODISCARD int repo_retain(struct repo *repo, const struct retention_plan *plan,
	const struct retain_options *options);

#endif
