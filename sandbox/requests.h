/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_REQUESTS_H
#define SANDBOX_REQUESTS_H

#include "base/json.h"

/*
 * Counts of what was asked for, so that a test can say "a second run asks for no message". Used
 * by any number of threads.
 */

enum requests_kind {
	REQUESTS_TOKEN,
	REQUESTS_USER,    /* users, their licenses and settings, the organization */
	REQUESTS_FOLDER,  /* mail folders */
	REQUESTS_DELTA,   /* delta pages */
	REQUESTS_MESSAGE, /* messages as JSON, but for delta */
	REQUESTS_VALUE,   /* messages as MIME */
	REQUESTS_GROUP,   /* groups and who is in them */
	REQUESTS_THREAD,  /* conversations, threads, lists of posts */
	REQUESTS_POST,    /* posts by themselves */
	REQUESTS_DRIVE,   /* drives and their items, deltas among them */
	REQUESTS_CONTENT, /* bytes of files */
	REQUESTS_OTHER,
	REQUESTS_KINDS,
};

void requests_count(enum requests_kind kind, int status);
void requests_reset(void);

/** {"token_requests":1,…,"throttled":0,"failed":0,"total":1}. The caller frees it. */
struct json *requests_report(void);

#endif
