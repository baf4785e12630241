/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_TRANSPORT_H
#define LICENSE_CLIENT_TRANSPORT_H

#include "license_client/license_client.h"
#include "net/http_client.h"

/*
 * How the questions of an instance reach the licensing service. Over the network, where nothing
 * else is said; a simulation puts itself between the two. What comes back is believed on no
 * other grounds than what comes over the network.
 */

struct license_transport {
	/** As http_send, within `timeout_ms`; the caller frees the response in either case. */
	int (*send)(void *context, const struct http_request *request, int64_t timeout_ms,
		struct http_response *response);
	void *context;
};

/** Sends by this from now on, borrowed; NULL: over the network. */
void license_client_send_by(
	struct license_client *client, const struct license_transport *transport);

#endif
