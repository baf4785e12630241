/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_RETAIN_H
#define JOB_RETAIN_H

#include "job/job.h"
#include "repo/repo.h"

/*
 * What the runs of a job keep of its snapshots.
 */

/** Whether rules can be read. ERR_INVALID. */
NODISCARD int retain_check(const char *rules);

/** Forgets what the job's rules do not keep of its snapshots, at the end of a run. What goes
 * wrong is logged and raised as a notice about the job, which goes once it went well: the run
 * itself did what it is for. ERR_IO where not even that can be written down. */
NODISCARD int retain_after_run(
	struct installation *installation, const struct job *job, struct repo *repo);

/** Gives back the space of what was forgotten, for jobs with rules, once the run's own writer
 * has ended. Where others are at work it comes back after a later run. What goes wrong is
 * logged and raised as a notice. */
void retain_prune(struct installation *installation, const struct job *job, struct repo *repo);

#endif
