/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PANEL_OPERATION_H
#define PANEL_OPERATION_H

#include "base/json.h"
#include "job/installation.h"

/*
 * What an administrator may ask of an installation: one operation for each, JSON in and out.
 * garnerd serves them on the socket in the state folder; garner asks there, and runs them in
 * its own process where no daemon is.
 */

/** Starts a job in the background; only the daemon can. */
typedef int operation_start_fn(void *context, const char *job);

struct operation_host {
	operation_start_fn *start; /* NULL: this process has no background */
	void *context;
};

/** One call. Borrowed. */
struct operation_call {
	struct installation *installation;
	const struct json *arguments;
	const struct operation_host *host;
};

/**
 * Runs the operation of that name ("job.show"). *out is its result, the caller frees it; it may
 * be there beside an error (ERR_PARTIAL, ERR_LICENSE: what was done and what not). ERR_NOTFOUND
 * for an unknown name.
 */
NODISCARD int operation_run(
	const struct operation_call *call, const char *name, struct json **out);

#endif
