/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_HTTP_CLIENT_H
#define NET_HTTP_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/err.h"

/*
 * HTTP requests, on libcurl: HTTP/2 where the server speaks it, gzip, connections kept and
 * reused, TLS always verified. It answers with what the server said, whatever the status; what
 * a status means is the caller's business.
 */

struct http_client;

struct http_client_options {
	const char *ca_file;        /* instead of the system's authorities; NULL: those */
	const char *socket_path;    /* a Unix socket to talk through; NULL: TCP */
	const char *user_agent;     /* NULL: "Garner/VERSION" */
	int64_t connect_timeout_ms; /* 0: 10,000 */
	int64_t stall_timeout_ms;   /* no byte for so long is a failure; 0: 60,000 */
	int64_t total_timeout_ms;   /* 0: none */
	bool is_wary;               /* refuses addresses that nobody can mean: net/address.h */
};

/** A client, used by any number of threads. Texts are copied. ERR_NOTFOUND where the CA file is
 * not there. */
NODISCARD int http_client_new(
	const struct http_client_options *options, struct http_client **out);
void http_client_free(struct http_client *client); /* NULL is fine */

/** Called with each piece of the body of an answer with a status from 200 to 299. A result that
 * is not 0 ends the transfer and is what http_send returns. */
typedef int http_sink_fn(void *context, const void *data, size_t size);

struct http_request {
	const char *method; /* NULL: GET */
	const char *url;
	const char *const *headers; /* "Name: value" texts, ended by NULL; may be NULL */
	const void *body;           /* may be NULL */
	size_t body_size;
	http_sink_fn *sink; /* NULL: the body goes to response.body */
	void *sink_context;
	size_t body_ceiling;   /* of response.body; 0: 64 MiB */
	struct cancel *cancel; /* looked at at least every second; may be NULL */
};

struct http_response {
	int status;
	struct buf body;        /* empty where a sink took it */
	struct buf header_text; /* as received, for http_header */
	bool may_pass; /* after ERR_NETWORK: it is no matter of addresses or certificates */
};

/**
 * Sends one request and waits for the whole answer. ERR_NETWORK with what went wrong and what
 * to check (name not found, refused, timeout, certificate, broken off), ERR_INVALID for a bad
 * URL or an address that a wary client refuses, ERR_LIMIT, ERR_CANCELLED. The caller frees the
 * response in either case.
 */
NODISCARD int http_send(struct http_client *client, const struct http_request *request,
	struct http_response *response);

void http_response_free(struct http_response *response);
#define AUTO_RESPONSE __attribute__((cleanup(http_response_free))) struct http_response

/** Where an http or https URL leads, by its text alone. ERR_INVALID where it is none, or holds
 * a user or password. */
struct http_place {
	bool is_tls;
	bool is_loopback; /* "localhost", 127.…, [::1] */
};
NODISCARD int http_look_at(const char *url, struct http_place *out);

/** Value of the first header of that name, without regard to case; borrowed; NULL. */
const char *http_header(struct http_response *response, const char *name);

/** Retry-After in seconds, from both its forms, at most a day; `otherwise` where there is none
 * or it is no sense. `now_s` is for the date form. */
int64_t http_retry_after_s(struct http_response *response, int64_t now_s, int64_t otherwise);

#endif
