/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_ENDPOINT_H
#define LICENSE_CLIENT_ENDPOINT_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/sign.h"
#include "license_client/statefile.h"

/*
 * Where the licensing service is, and the root key under which its answers are believed.
 */

enum { ENDPOINT_URL_SIZE = 256 };

#define ENDPOINT_FILE "server" /* its name in the folder */

struct endpoint {
	char url[ENDPOINT_URL_SIZE]; /* without final slash; "" where none is set */
	char *ca_file;               /* NULL: the system's authorities */
	uint8_t root[SIGN_PUBLIC_SIZE];
};

/** What a caller sets; see license_client_set_server. */
struct endpoint_setting {
	const char *url;
	const char *root_key_file;
	const char *ca_file;
};

/** Checks and keeps it. ERR_INVALID, ERR_NOTFOUND, ERR_IO. */
NODISCARD int endpoint_save(
	const struct statefile_folder *folder, const struct endpoint_setting *setting);

/** Reads what was kept. ERR_NOTFOUND, ERR_IO, ERR_CORRUPT; the endpoint has no URL then. The
 * root key of a vendor's build is the built-in one in any case. */
NODISCARD int endpoint_load(const struct statefile_folder *folder, struct endpoint *out);

void endpoint_free(struct endpoint *endpoint);

#endif
