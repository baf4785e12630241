/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_NOTICE_H
#define JOB_NOTICE_H

#include "base/json.h"
#include "job/installation.h"

/*
 * Notices: the lines of the Bad news card. One is raised once and stands until what it tells of
 * is over; then it is cleared, and stays in the history.
 */

/** Raises a notice, or leaves the one that stands for the same job, object and code, with the
 * newest text. `job` and `object` may be "". */
struct notice {
	const char *code; /* no_license, unsupported, waiting, failed, run_failed, … */
	const char *job;
	const char *object; /* KIND:NAME */
	const char *text;
};
NODISCARD int notice_raise(struct installation *installation, const struct notice *notice);

/** Clears what stands for a job and an object ("" : the notices about the job itself). */
NODISCARD int notice_clear(
	struct installation *installation, const char *job, const char *object);

/** "notices": [ { id, code, job, object, text, raised_at, cleared_at } ], newest first; with
 * the state of the license where that is bad news. `all`: cleared ones too. */
NODISCARD int notice_list(struct installation *installation, bool all, struct json **out);

#endif
