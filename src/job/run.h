/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_RUN_H
#define JOB_RUN_H

#include "base/cancel.h"
#include "job/job.h"

/*
 * Running a job: objects in the job's order, each judged, licensed, backed up; then one
 * snapshot. The order of what is made durable: contents and trees, then the base and the
 * cursors, then the snapshot, then the run's end. A kill at any moment loses at most what was
 * stored since the last of these points, and the next run completes it.
 */

/** How far a run is. Borrowed. */
struct run_progress {
	size_t objects_done, objects_total;
	const char *object; /* in hand: KIND:NAME; "" */
	uint64_t items;     /* stored in this run */
	uint64_t bytes_read;
	int64_t elapsed_ms;
	int64_t left_ms; /* -1 where not known yet */
	int64_t throttled_ms;
};

typedef void run_progress_fn(void *context, const struct run_progress *progress);

struct run_options {
	struct cancel *cancel;     /* may be NULL */
	run_progress_fn *progress; /* several times a second; may be NULL */
	void *context;
};

/**
 * Runs a job to its end, in this thread. 0 where every object is stored or unchanged;
 * ERR_PARTIAL; ERR_LICENSE where it could not begin; ERR_CANCELLED where it was stopped;
 * ERR_LOCKED where it runs already; else what made it fail. What happened stands in run_report.
 */
NODISCARD int run_job(
	struct installation *installation, const char *name, const struct run_options *options);

/** Asks the process that runs the job to stop; it looks about every second. ERR_NOTFOUND where
 * it does not run. */
NODISCARD int run_stop(struct installation *installation, const char *name);

#endif
