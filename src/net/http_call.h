/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_HTTP_CALL_H
#define NET_HTTP_CALL_H

#include <microhttpd.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "net/http_server.h"

/* One call of a server, shared by http_server.c (its life) and http_call.c (what a handler sees
 * of it). */

struct reply_header {
	char *name, *value;
	struct reply_header *next;
};

struct http_call {
	struct http_server *server;
	struct MHD_Connection *connection; /* NULL: it came over no connection */
	const char *const *given;          /* its headers then, "Name: value", ended by NULL */
	char *method, *path, *query;
	char peer[64];
	struct buf body;
	size_t dropped; /* bytes of a body that is too large */
	bool begun;     /* its headers have come */
	bool is_too_large;
	bool is_under_way;   /* it has come whole: the server waits for its answer */
	atomic_bool is_done; /* the handler has returned */

	/* the reply */
	int status; /* 0: none yet */
	char *content_type;
	struct reply_header *headers, *last_header;
	unsigned char *data; /* given to the library when it is sent */
	size_t size;
	int fd; /* instead of data; -1 */
	bool is_cut;
	size_t cut_after;
};

/** A call for a request line's target, as sent. */
struct http_call *http_call_new(
	struct http_server *server, const char *target, size_t body_ceiling);
void http_call_free(struct http_call *call); /* NULL is fine */

/** Hands the reply to the library, 500 where the handler gave none. */
enum MHD_Result http_call_send(struct http_call *call);

#endif
