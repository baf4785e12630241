/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_NEEDS_H
#define JOB_NEEDS_H

#include "job/organization.h"

/*
 * Who is needed by what, kept in the database so that each license can be explained (D9): the
 * objects of the jobs, as they were judged last, and the set of each, with the way that leads
 * to every user. Objects with one and the same set share it.
 */

struct needs_object {
	int64_t job_id;
	const char *kind, *name;
	const char *rule; /* of judge.h */
};

/** Keeps what an object needs, and the names of these users; nothing is written where it is as
 * it was. Makes a transaction of its own. Without pseudonyms (before the first activation)
 * nothing is kept. */
NODISCARD int needs_record(struct installation *installation, const struct needs_object *object,
	struct organization *organization, struct organization_need *need);

/** Forgets what an object needed: it can no longer be backed up. */
NODISCARD int needs_forget(
	struct installation *installation, const struct needs_object *object);

/** Forgets the objects of a job that the run, which has tried all there are, did not meet. */
NODISCARD int needs_settle(struct installation *installation, int64_t job_id, int64_t run_id);

/** Drops the sets that no object has any more. For the end of a job. */
NODISCARD int needs_sweep(struct installation *installation);

/** A way as it is kept, for people: { "right", "groups": [ … ], "text" }. `way` is a text of
 * the table need_way. The caller frees it. */
struct json *needs_way(const char *way);

#endif
