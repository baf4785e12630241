/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNERD_NOTIFIER_H
#define CMD_GARNERD_NOTIFIER_H

#include "base/err.h"

/*
 * The daemon's thread that sends notices to those who asked for them (job/notify.h). A receiver
 * that does not answer holds up no schedule and no run.
 */

struct notifier;

NODISCARD int notifier_start(const char *state_folder, struct notifier **out);

/** Breaks off what is being sent; it goes out at the next start. NULL is fine. */
void notifier_stop(struct notifier *notifier);

#endif
