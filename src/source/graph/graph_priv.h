/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_GRAPH_GRAPH_PRIV_H
#define SOURCE_GRAPH_GRAPH_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/json.h"
#include "net/http_client.h"
#include "source/graph/people.h"
#include "source/graph/things.h"
#include "source/source.h"

/*
 * The parts of the Microsoft Graph source among themselves, from the bottom up: patience (what
 * is tried again, and when), token, request (one GET with both), pages, and the calls of the
 * source on top: users, folders, delta, content, preflight.
 */

enum {
	GRAPH_ID_MAX = 4096,               /* bytes of an id that is accepted */
	GRAPH_PAGE_MAX = 64 * 1024 * 1024, /* bytes of a page */
	GRAPH_PAGES_MAX = 100000,
	GRAPH_FOLDERS_MAX = 100000, /* of one mailbox */
};

struct graph {
	struct http_client *client;
	char *tenant;    /* as configured, a domain's name perhaps */
	char *tenant_id; /* the token's word for it, else the same; lower case */
	char *client_id;
	char *client_secret;
	char *authority; /* base URLs without final slash */
	char *base;
	struct cancel *cancel;
	struct source_usage *usage;
	struct source_usage own_usage; /* where the caller wants none */
	char *token;
	int64_t renew_at_us; /* by clock_boot_us */
	bool reached;        /* it has answered once */
	struct graph_users users;
	struct graph_gaps gaps;
	struct graph_drive *drive; /* the one that is being read; NULL */
};

/* graph.c */

/** True where a secret may go there: over TLS, or within this machine. */
bool graph_url_is_safe(const char *url);

/* patience.c */

/** What one request has cost so far; zeroed at its begin. */
struct graph_patience {
	int tries;
	int throttles;
	int64_t throttled_ms;
	int64_t begun_us;
};

/**
 * Decides whether what http_send returned (and the response) is worth another try, and waits
 * for its time. 1: try again; 0: enough; ERR_CANCELLED.
 */
NODISCARD int graph_patience_spend(struct graph *graph, struct graph_patience *patience,
	int sent, struct http_response *response);

/** True where the other side asks for time: 429, or 503 with Retry-After. */
bool graph_is_throttled(struct http_response *response);

/* token.c */

/** Sees to a token with some life left. ERR_AUTH, ERR_NETWORK, … with the fault set. */
NODISCARD int graph_sign_in(struct graph *graph);

/** Forgets the token, because it was refused. */
void graph_token_drop(struct graph *graph);

/** The claims in the token, unverified: for diagnosis. NULL where it is no JWT. Caller frees.
 */
struct json *graph_token_claims(const struct graph *graph);

/* aadsts.c */

/** What an AADSTS code means and what to do; NULL where it is none that we know. */
const char *graph_aadsts_text(int64_t code);

/* request.c */

struct graph_request {
	const char *what; /* for messages: "the folders of ada@contoso.example" */
	const char *url;
	enum source_scope scope; /* how far a failure reaches if it is of this request alone */
	http_sink_fn *sink;      /* NULL: into the answer */
	void *sink_context;
	bool (*rewind)(void *sink_context); /* before another try; false: no further try */
};

struct graph_answer {
	struct http_response http;
	struct json *body; /* of an error: Graph's description; NULL where there was none */
};

/**
 * Sends a GET and repeats it as long as that makes sense. 0 with a status from 200 to 299; else
 * an error with message and fault set, and the answer as it was at last. The caller frees the
 * answer in either case. A result of the sink that is not 0 is returned as it is.
 */
NODISCARD int graph_get(
	struct graph *graph, const struct graph_request *request, struct graph_answer *answer);

void graph_answer_free(struct graph_answer *answer);
#define AUTO_ANSWER __attribute__((cleanup(graph_answer_free))) struct graph_answer

/** Parses the answer's body. ERR_PROTOCOL, with the fault set. */
NODISCARD int graph_answer_json(
	const struct graph_request *request, struct graph_answer *answer, struct json **out);

/* error.c */

/** True where the error's code, or one nested in it, is `code`. */
bool graph_error_says(const struct graph_answer *answer, const char *code);

/** The innermost code of the error; "" where there is none. Borrowed. */
const char *graph_error_code(const struct graph_answer *answer);

/** Sets message and fault for a request that failed for good; `sent` is http_send's result. */
NODISCARD int graph_error_set(
	const struct graph_request *request, struct graph_answer *answer, int sent);

/* pages.c */

typedef int graph_value_fn(void *context, const struct json *value);

struct graph_listing {
	const char *what;
	const char *url;
	enum source_scope scope;
	bool delta;      /* ends with a deltaLink, which must be there */
	bool url_is_old; /* the URL was the server's own word in an earlier run */
	bool reset;      /* out: it failed because the server no longer knows where we were */
};

/** Visits each value of each page. *out_delta (where it is a delta; the caller frees it) is the
 * link to go on from. */
NODISCARD int graph_pages(struct graph *graph, struct graph_listing *listing,
	graph_value_fn *visit, void *context, char **out_delta);

/** True where the URL lies at the server that the token is for. */
bool graph_is_ours(const struct graph *graph, const char *url);

/* message.c */

struct graph_name {
	const char *id;
	const char *subject; /* NULL: none */
	const int64_t *at_s; /* NULL: no date */
	const char *ending;  /* ".eml" */
};

/** An item's name for people: "2026-11-25 0122 Subject 1a2b3c4d.eml". The caller frees it. */
char *graph_item_name(const struct graph_name *name);

/* content.c */

struct graph_source {
	const char *what, *url;
};

/** Streams an answer's body, held back until it is whole as long as it is short. */
NODISCARD int graph_stream(struct graph *graph, const struct graph_source *from,
	source_sink_fn *sink, void *context);

/** The functions of the source: kinds.c (each for the kind of the object), objects.c,
 * directory.c, gaps.c, preflight.c. */
int graph_test(void *self, struct json *report);
int graph_objects(void *self, source_object_fn *visit, void *context);
int graph_users(void *self, source_user_fn *visit, void *context);
int graph_members(void *self, const char *group_id, source_principal_fn *visit, void *context);
int graph_gaps(void *self, source_gap_fn *visit, void *context);
int graph_resume(void *self, const struct source_object *object, const char *place);
char *graph_place(void *self, const struct source_object *object);
int graph_folders(
	void *self, const struct source_object *object, source_folder_fn *visit, void *context);
int graph_changes(void *self, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing);
int graph_read(void *self, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context);

#endif
