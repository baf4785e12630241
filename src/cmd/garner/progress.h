/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNER_PROGRESS_H
#define CMD_GARNER_PROGRESS_H

#include "app.h"
#include "job/run.h"

/*
 * Progress on standard error: a bar that draws itself anew on a terminal, a line every few
 * seconds elsewhere, nothing with --quiet or --no-progress.
 */

struct progress {
	bool wanted, on_terminal, drawn;
	int64_t begun_us, next_line_us;
};

struct progress progress_begin(const struct app *app);

/** For run_options.progress; the context is the struct progress. */
void progress_run(void *context, const struct run_progress *at);

/** For work that counts items and bytes, with totals where they are known (else 0). */
void progress_count(struct progress *progress, const char *what, uint64_t done, uint64_t total,
	uint64_t bytes);

/** Takes the bar off the terminal. */
void progress_end(struct progress *progress);

#endif
