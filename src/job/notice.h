/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_NOTICE_H
#define JOB_NOTICE_H

#include "base/json.h"
#include "job/installation.h"

/*
 * Notices: the lines of the Bad news card. One is raised once and stands until what it tells of
 * is over; then it is cleared, and stays in the history. What is watched for says watch.h.
 */

/** Raises a notice, or leaves the one that stands for the same job, object, topic, code and
 * mark, with the newest text; another one of the same job, object and topic is cleared. `job`
 * and `object` may be "", `topic` and `mark` NULL. With a mark it is raised once: after it was
 * cleared the same one stands again, and is no new one. */
struct notice {
	const char *code; /* no_license, unsupported, waiting, failed, run_failed, … */
	const char *job;
	const char *object; /* KIND:NAME */
	const char *text;
	const char *topic; /* what else may stand for the same job and object beside it */
	const char *mark;  /* what it is raised for once: "2028-03-01T10:00:00Z/14" */
};
NODISCARD int notice_raise(struct installation *installation, const struct notice *notice);

/** Clears what stands for a job and an object ("": the notices about the job itself), without a
 * topic. */
NODISCARD int notice_clear(
	struct installation *installation, const char *job, const char *object);

/** Clears what stands for a job ("": for none) under a topic. */
NODISCARD int notice_clear_topic(
	struct installation *installation, const char *job, const char *topic);

/** "notices": [ { id, code, job, object, text, raised_at, cleared_at } ], newest first. `all`:
 * cleared ones too. */
NODISCARD int notice_list(struct installation *installation, bool all, struct json **out);

/** The notice in the current row of a query for id, code, job, object, text, raised_s,
 * cleared_s: as notice_list gives it. The caller frees it. */
struct json *notice_json(struct db_rows *row);

#endif
