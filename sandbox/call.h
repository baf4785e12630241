/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_CALL_H
#define SANDBOX_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"
#include "net/http_server.h"
#include "sandbox/delta.h"
#include "sandbox/faults.h"
#include "sandbox/ids.h"
#include "sandbox/odata.h"
#include "sandbox/requests.h"
#include "sandbox/tenant.h"
#include "sandbox/token.h"

/*
 * One request to the sandbox while it is answered, and the ways to answer it. Every handler
 * takes a call and replies exactly once.
 */

/** What all requests share. It never changes but for what has a lock of its own. */
struct sandbox {
	struct tenant *tenant;
	struct faults *faults;
	char *client_secret;
	uint8_t token_key[TOKEN_KEY_SIZE];
	uint8_t delta_key[DELTA_KEY_SIZE];
};

struct call {
	struct sandbox *sandbox;
	struct http_call *http;
	const char *method;
	struct odata_path path;
	struct odata_query query;
	char *base_url; /* "https://127.0.0.1:8443", as the client called it */
	char request_id[IDS_GUID_SIZE];
	char client_request_id[IDS_GUID_SIZE];
	bool immutable_ids; /* Prefer: IdType="ImmutableId" */
	int64_t page_size;  /* Prefer: odata.maxpagesize; 0: not said */
	enum requests_kind kind;
	int status; /* of the reply; 0 before */
	struct fault fault;
	struct user *user; /* whose limits count this call; NULL: nobody's */
};

/** Starts a call: reads its headers, path and query. Where it cannot be understood it is
 * replied to and the result is false; call_end is due in either case. */
bool call_begin(struct sandbox *sandbox, struct http_call *http, struct call *out);
void call_end(struct call *call);

/** Waits as the fault for this call says, once. */
void call_delay(struct call *call);

/** Replies with JSON, which is taken over. */
void reply_json(struct call *call, int status, struct json *body);

/** Replies with Graph's error body. */
PRINTF_LIKE(4, 5)
void reply_error(struct call *call, int status, const char *code, const char *format, ...);

/** Replies 400 BadRequest with this thread's last error message. */
void reply_bad_request(struct call *call);

/** Replies 501: Microsoft serves this, the sandbox does not yet. */
void reply_unserved(struct call *call, const char *what);

/** Replies as the fault says. */
void reply_fault(struct call *call);

/** Replies with the bytes of a message, from its file where it has one. */
void reply_content(struct call *call, const struct content *content);

/** A list's body: "@odata.context" and "value", which is taken over. */
struct json *reply_list(const struct call *call, const char *context, struct json *value);

#endif
