/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_PLAN_H
#define JOB_PLAN_H

#include "job/job.h"

/*
 * A run played through without being one: what each object would need and what would become of
 * it, in the job's order. Nothing is consumed, nothing stored (D9).
 */

/** "name", "seats", "used", "objects": [ { kind, name, required, held, would_license, missing,
 * would_be, reason } ]. The caller frees it. Errors of the source and of its sign-in. */
NODISCARD int plan_job(struct installation *installation, const char *name, struct json **out);

#endif
