/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_REPORT_H
#define JOB_REPORT_H

#include "job/job.h"

/*
 * What is to be said of a job: its state, its last run object by object. The JSON of `job show`
 * and `job start --wait`.
 */

/** A job with its last run: name, connection, storage, …, state, state_text, reason, objects,
 * snapshot, progress while it runs. The caller frees it. ERR_NOTFOUND. */
NODISCARD int report_job(
	struct installation *installation, const char *name, struct json **out);

/** "jobs": [ … ], each without its objects. */
NODISCARD int report_jobs(struct installation *installation, struct json **out);

/** The number of a job's last run, 0 where it never ran. ERR_NOTFOUND. */
NODISCARD int report_last_run(
	struct installation *installation, const char *name, int64_t *out);

/** Names of the jobs whose last run was broken off as suspended or expired, each told once. The
 * caller frees the array. */
NODISCARD int report_take_suspended(struct installation *installation, struct json **out);

/** { "code", "text" }, or null where the code is "". */
struct json *report_reason(const char *code, const char *text);

/** The words that people see for a state of a job. */
const char *report_state_text(const char *state);

#endif
