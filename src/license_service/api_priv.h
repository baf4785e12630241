/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_API_PRIV_H
#define LICENSE_SERVICE_API_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "license_service/api.h"

/*
 * Between the files of the API: a request that was read and believed, and how a refusal is
 * told.
 */

/** A refusal. Its `detail` for people is the thread's error message, but for a 5xx, which tells
 * nothing of the inside. */
struct problem {
	int status;
	const char *code;
	const char *title;
};

extern const struct problem problem_request_invalid;
extern const struct problem problem_key_mistyped;
extern const struct problem problem_key_unknown;
extern const struct problem problem_key_revoked;
extern const struct problem problem_instance_unknown;
extern const struct problem problem_signature_invalid;
extern const struct problem problem_time_outside_window;
extern const struct problem problem_instance_conflict;
extern const struct problem problem_idempotency_conflict;
extern const struct problem problem_key_replaced;
extern const struct problem problem_secret_not_rewrapped;
extern const struct problem problem_instance_revoked;
extern const struct problem problem_history_behind;
extern const struct problem problem_path_unknown;
extern const struct problem problem_method_not_allowed;
extern const struct problem problem_slow_down;
extern const struct problem problem_order_unknown;
extern const struct problem problem_not_found;
extern const struct problem problem_order_refused;
extern const struct problem problem_price_changed;
extern const struct problem problem_token_invalid;
extern const struct problem problem_internal;
extern const struct problem problem_unavailable;

/** Sets the thread's message and gives the problem. */
PRINTF_LIKE(2, 3)
const struct problem *problem_because(const struct problem *problem, const char *format, ...);

void problem_reply(struct http_call *call, const struct problem *problem);

/** The problem behind an error of the service itself, which is logged. */
const struct problem *problem_of_failure(int code);

struct api_request {
	struct http_call *call;
	struct json *body;
	char license_id[LEASE_ID_SIZE]; /* "" at the activation, and of a trial */
	char instance_id[LEASE_ID_SIZE];
	uint8_t public_key[SIGN_PUBLIC_SIZE]; /* with which it was signed */
	uint8_t nonce[LEASE_NONCE_SIZE];
	struct history_witness witness;
};

/** Reads the body and the headers, and checks the signature and its time. NULL, or the problem.
 * The caller frees the request in either case. */
const struct problem *api_request_read(
	struct api *api, struct http_call *call, bool is_activation, struct api_request *out);
void api_request_free(struct api_request *request);

/** True for exactly so many lower-case hexadecimal digits. */
bool api_is_hex(const char *text, size_t digits);

/** An array of 1 to `most` subjects as borrowed texts; the caller frees the array with
 * mem_free. NULL, or the problem. */
const struct problem *api_read_subjects(
	const struct json *array, size_t most, const char ***out, size_t *out_count);

/** Reads `witness`, which may be missing. NULL, or the problem. */
const struct problem *api_read_witness(const struct json *body, struct history_witness *out);

/** The endpoints: each fills the reply, or gives a problem. */
typedef const struct problem *api_endpoint_fn(
	struct api *api, struct api_request *request, struct json *reply);

api_endpoint_fn api_activate;
api_endpoint_fn api_lease;
api_endpoint_fn api_claims;
api_endpoint_fn api_releases;
api_endpoint_fn api_subjects;
api_endpoint_fn api_events;
api_endpoint_fn api_trial;

/** Runs a job for the request and puts lease, keyset and answer (NULL: none) into the reply.
 * `answer` is looked at when the job is done. */
int api_run(struct api *api, struct api_request *request, struct writer_job *job, char **answer,
	struct json *reply);

#endif
