/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_SERVER_H
#define SANDBOX_SERVER_H

#include "base/err.h"
#include "base/json.h"

/*
 * A sandbox organization that answers over TLS: what garner-tenant serves.
 */

struct server;

struct server_options {
	const char *scenario; /* a file */
	const char *state;    /* a folder, made where it is not there */
	const char *listen;   /* NULL: 127.0.0.1:0 */
	const char *faults;   /* a file; NULL: none */
};

/** Reads the scenario and begins to answer. ERR_NOTFOUND, ERR_INVALID, ERR_IO, ERR_LOCKED where
 * another one uses the state. */
NODISCARD int server_start(const struct server_options *options, struct server **out);
void server_stop(struct server *server); /* NULL is fine */

/** What a script needs to know: listening, ca_file, tenant_id, client_id, client_secret_file.
 * The caller frees it. */
struct json *server_facts(const struct server *server);

#endif
