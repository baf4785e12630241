/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_SEEN_H
#define JOB_SEEN_H

#include "job/job.h"
#include "repo/repo.h"

/*
 * What was seen of a repository's snapshots: whoever can change its files can remove the newest
 * ones, which no other one speaks of, and only who remembers them notices.
 */

/** Compares the snapshots of the job's storage with what was seen, and with what they say of
 * each other; raises a notice about the job (snapshots_missing) or clears it; remembers the
 * newest ones. ERR_CORRUPT, ERR_IO. */
NODISCARD int seen_after_run(
	struct installation *installation, const struct job *job, struct repo *repo);

#endif
