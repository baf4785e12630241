/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_HTTP_DIRECT_H
#define NET_HTTP_DIRECT_H

#include "net/http_client.h"
#include "net/http_server.h"

/*
 * A request that a handler of the same process answers, without a socket between the two: the
 * handler sees what it would see of a call over loopback, its reply becomes the response.
 */

/** Calls the handler and waits for it. The URL may be a whole one or a path; a sink is not
 * looked at. ERR_LIMIT where the body is over 1 MiB, as an http_server's, or the reply over the
 * request's ceiling. The caller frees the response in either case. */
NODISCARD int http_direct(http_handler_fn *handler, void *context,
	const struct http_request *request, struct http_response *response);

#endif
