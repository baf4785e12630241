/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_PLAN_H
#define JOB_PLAN_H

#include "job/job.h"

/*
 * A run played through without being one: what each object would need and what would become of
 * it, in the job's order. Nothing is consumed, nothing stored (D9).
 */

enum { PLAN_SUBJECTS_MOST = 100 }; /* listed of one object; the numbers count all */

/**
 * "name", "seats", "used", "required" (the users of all its objects, each once), "held" (of
 * them), "would_license", "left_out" (kinds that may not be listed: [ { kind, text } ]),
 * "objects": [ { kind, name, rule, required, held, would_license, missing, would_be, reason,
 * subjects: [ { name, licensed } ], subjects_left_out } ]. Without a license key no license is
 * free, and all else is told. The caller frees it. Errors of the source and of its sign-in.
 */
NODISCARD int plan_job(struct installation *installation, const char *name, struct json **out);

#endif
