/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_GATE_H
#define JOB_GATE_H

#include "job/installation.h"

/*
 * Whether the license lets a backup begin, go on, or be set up. Restores never ask.
 */

enum { GATE_TIMEOUT_MS = 5000 };

/** Asks the licensing service how things stand, at most GATE_TIMEOUT_MS; what it says, and that
 * it said nothing too, is in the license's status afterwards. Nothing without an activation. */
void gate_ask(struct installation *installation);

/** May a run begin? Asks the service first (at most GATE_TIMEOUT_MS); not being able to is no
 * refusal. ERR_LICENSE with the reason in words; *out says the state in either case. */
NODISCARD int gate_start(struct installation *installation, struct license_status *out);

/** May the next object be begun? Judged from the lease alone. ERR_LICENSE. */
NODISCARD int gate_go_on(struct installation *installation, struct license_status *out);

/** May a new job be made? Refused when expired or revoked, after asking the service. */
NODISCARD int gate_new_backup(struct installation *installation);

/** The state of a job that the gate keeps from running: "expired", "suspended", "stopped" … */
const char *gate_job_state(enum license_state state);

#endif
