/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PANEL_METRICS_H
#define PANEL_METRICS_H

#include "base/buf.h"
#include "job/installation.h"

/*
 * The state of an installation for monitoring (OpenMetrics 1.0, I3): what `license status`
 * says, and jobs, runs, notices and messages. Labels are words of the program and numbers of
 * jobs: no name, address or key ever gets into one.
 */

/** Appends the text; asks nobody. */
NODISCARD int metrics_write(struct installation *installation, struct buf *out);

#endif
