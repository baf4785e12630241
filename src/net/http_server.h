/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_HTTP_SERVER_H
#define NET_HTTP_SERVER_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * An HTTP server, on libmicrohttpd: its thread reads and writes, a pool of workers calls the
 * handler, so that a handler may wait (for a database, say) without holding up others. Bounds:
 * bodies (413), connections, idle time.
 */

struct http_server;
struct http_call;

/** Answers one call: reads with http_call_*, writes with http_reply_*; called by several
 * threads at once. A call without reply is answered with 500. */
typedef void http_handler_fn(void *context, struct http_call *call);

struct http_server_options {
	const char *listen;           /* "127.0.0.1:8080", "[::1]:0"; port 0 takes a free one */
	const char *socket_path;      /* or a Unix socket (mode 0600), an old one is replaced */
	const char *certificate_file; /* PEM chain; NULL: plain http */
	const char *key_file;
	http_handler_fn *handler;
	void *context;
	int workers;         /* 0: 4 */
	size_t body_ceiling; /* 0: 1 MiB */
};

/** Starts to answer. ERR_INVALID for a bad address, ERR_IO where it is taken. */
NODISCARD int http_server_start(
	const struct http_server_options *options, struct http_server **out);

/** Ends: no new calls, waits for those that are being answered. NULL is fine. */
void http_server_stop(struct http_server *server);

/** "http://127.0.0.1:PORT" or "https://…", as others reach it, without final slash; borrowed.
 */
const char *http_server_url(const struct http_server *server);

/* Reading a call. Borrowed until the handler returns. */
const char *http_call_method(const struct http_call *call);
const char *http_call_path(const struct http_call *call);  /* as sent, still percent-encoded */
const char *http_call_query(const struct http_call *call); /* behind the "?", as sent; "" */
const char *http_call_header(struct http_call *call, const char *name); /* NULL where none */
const void *http_call_body(const struct http_call *call, size_t *size);
const char *http_call_peer(struct http_call *call); /* address of the client, for limits */

/** Value of a query parameter, decoded, the first of that name; NULL where there is none. The
 * caller frees it. */
char *http_call_parameter(const struct http_call *call, const char *name);

/* Answering. Once for each call; the last reply counts. Bodies are copied. */
void http_reply_header(struct http_call *call, const char *name, const char *value);
void http_reply(struct http_call *call, int status, const char *content_type, const void *body,
	size_t size);

/** The status of the reply so far; 0: none yet. */
int http_reply_status(const struct http_call *call);

/** Answers with the file's bytes, streamed; 500 where it cannot be opened. */
void http_reply_file(
	struct http_call *call, int status, const char *content_type, const char *path);

/** Breaks the connection off after `after` bytes of the body that was given: for servers that
 * imitate faults. */
void http_reply_cut(struct http_call *call, size_t after);

#endif
