/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_OLDER_COMPARE_H
#define JOB_OLDER_COMPARE_H

#include "base/json.h"
#include "job/installation.h"
#include "job/older_import.h"
#include "job/older_state.h"

/*
 * What an installation of the older model had, beside what the same objects need now, as their
 * sources say at this moment.
 */

/** Puts the comparison into `out`, as older_import.h tells. Where a connection is not there and
 * no secret was given for it, or its source does not answer, "compared" is false,
 * "not_compared" says why, and only what was had is told. An error of the database alone. */
NODISCARD int older_compare_put(struct installation *installation,
	const struct older_import *import, const struct older_state *state, struct json *out);

#endif
