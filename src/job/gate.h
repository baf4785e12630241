/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_GATE_H
#define JOB_GATE_H

#include "job/installation.h"

/*
 * Whether the license, or without a key the trial, lets a backup begin, go on, or be set up.
 * Restores never ask. A tenant is given by its id, "" where it is not known yet; it counts in a
 * trial alone.
 */

enum { GATE_TIMEOUT_MS = 5000 };

/** Asks the licensing service how things stand, at most GATE_TIMEOUT_MS; what it says, and that
 * it said nothing too, is in the license's status afterwards. Nothing without an activation. */
void gate_ask(struct installation *installation);

/** May a run begin? Asks the service first (at most GATE_TIMEOUT_MS); not being able to is no
 * refusal of what the last answer covers. Without a key the tenant's trial begins here (F1).
 * ERR_LICENSE with the reason in words; *out says the state in either case. */
NODISCARD int gate_start(
	struct installation *installation, const char *tenant, struct license_status *out);

/** Could a run begin? As gate_start, but begins no trial; where none has begun it could. */
NODISCARD int gate_foresee(
	struct installation *installation, const char *tenant, struct license_status *out);

/** May the next object be begun? Judged from the last answer alone. ERR_LICENSE. */
NODISCARD int gate_go_on(
	struct installation *installation, const char *tenant, struct license_status *out);

/** May a new job be made? Refused when expired, over or revoked, after asking the service. */
NODISCARD int gate_new_backup(struct installation *installation, const char *tenant);

/** For the daemon: asks the service for what is new, and begins the trials that suspended jobs
 * wait for. 0 where it answered; 1 where there was nothing to ask for; else why it did not. */
NODISCARD int gate_poll(struct installation *installation, int64_t timeout_ms);

/** The state of a job that the gate keeps from running: "expired", "suspended", "stopped" … */
const char *gate_job_state(enum license_state state);

/** The code of the reason why it does. */
const char *gate_reason_code(enum license_state state);

#endif
