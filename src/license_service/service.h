/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SERVICE_H
#define LICENSE_SERVICE_SERVICE_H

#include "base/err.h"
#include "license_service/home.h"

/*
 * A running licensing service: the API behind an HTTP server. One for each state folder; the
 * commands of garner-licensing work beside it on the same database.
 */

struct service;

struct service_options {
	const char *listen;           /* "127.0.0.1:8750"; port 0 takes a free one */
	const char *certificate_file; /* NULL: plain http, for loopback only */
	const char *key_file;
	int workers;              /* 0: 16 */
	const char *admin_listen; /* "ADDR:PORT", "unix:PATH"; NULL: admin.sock in the folder */
};

/** Starts. ERR_USAGE for plain http where others could reach it; ERR_LOCKED where another
 * process serves this folder; ERR_INVALID, ERR_IO. `home` is borrowed. */
NODISCARD int service_start(
	const struct home *home, const struct service_options *options, struct service **out);

/** Answers what came in, and ends. NULL is fine. */
void service_stop(struct service *service);

/** Its base URL, borrowed. */
const char *service_url(const struct service *service);

/** Where the administration API answers: "http://…" or "unix:PATH", borrowed; NULL
 * where the default socket's path is too long and no other was given. */
const char *service_admin_url(const struct service *service);

#endif
