/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "sandbox/limits.h"

/*
 * Faults on order: rules that say which requests fail, and how (README.md). Used by any number
 * of threads.
 */

struct faults;

/** What is to happen to a request. */
struct fault {
	int status; /* 0: it is answered as ever */
	int64_t delay_ms;
	int64_t retry_after_s; /* -1: no such header */
	bool retry_after_is_date;
	int64_t cut;          /* break off after so many bytes of the body; -1: do not */
	char *code, *message; /* of the error body; NULL: what fits the status */
	char *body;           /* instead of the error body; NULL */
};

/** No faults, and Microsoft's limits. */
struct faults *faults_new(void);
void faults_free(struct faults *faults); /* NULL is fine */

/** Replaces rules, limits and roles by those of a document: a list of rules, or an object with
 * "rules", "limits" and "roles". ERR_INVALID; what was there before then stays. */
NODISCARD int faults_set(struct faults *faults, const struct json *document);

/** What happens to this request, which is counted by every rule that it matches. `target` is
 * the path with its query, as sent. True where something does; the caller frees it. */
bool faults_find(
	struct faults *faults, const char *method, const char *target, struct fault *out);
void fault_free(struct fault *fault);

struct limits_bounds faults_limits(struct faults *faults);

/** The application permissions that tokens are to have, instead of all; NULL: all. The caller
 * frees it. */
struct json *faults_roles(struct faults *faults);

#endif
