/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNERD_SCHEDULER_H
#define CMD_GARNERD_SCHEDULER_H

#include "base/err.h"

/*
 * What the daemon does by itself: starts jobs whose time has come, runs them, each in a thread
 * of its own, keeps the lease fresh (every 45 minutes ± 10 %, sooner while the service does not
 * answer), and takes up again what an outage of the service interrupted (E4).
 */

struct scheduler;

NODISCARD int scheduler_start(const char *state_folder, struct scheduler **out);

/** Runs a job in the background. For operation_host.start. ERR_LOCKED where it runs. */
NODISCARD int scheduler_run(void *scheduler, const char *job);

/** Asks running jobs to stop, and waits until what they stored is safe. NULL is fine. */
void scheduler_stop(struct scheduler *scheduler);

#endif
