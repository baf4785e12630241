/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_FAILURE_H
#define LICENSE_SERVICE_FAILURE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Failures of the service in the log. A database that is away fails each request, thousands a
 * second: the same failure is told at most once a second, with how often it came.
 */

/** Logs event, a field of the caller's and the thread's error message. Called by any thread. */
void failure_log(const char *event, const char *field, const char *value);

/** The failures that were told lately. All zero at first. */
enum { FAILURES_MAX = 8 };

struct failures {
	struct failure {
		uint64_t digest; /* of event and message */
		int64_t told_us;
		int64_t times; /* since */
	} lately[FAILURES_MAX];
};

/** Whether a failure is to be told now, and how often it came since it was told last, this time
 * counted. */
bool failure_is_told(struct failures *failures, const char *event, const char *message,
	int64_t now_us, int64_t *out_times);

#endif
