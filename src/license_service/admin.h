/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ADMIN_H
#define LICENSE_SERVICE_ADMIN_H

#include "base/err.h"
#include "license_service/home.h"

struct api;
struct http_call;

/*
 * The administration API (api/licensing-admin.yaml), on an address of its own, for who has the
 * bearer token in admin.token of the state folder (mode 0600, made at the first start).
 */

struct admin;

/** Both are borrowed. ERR_IO, ERR_INVALID. */
NODISCARD int admin_open(const struct home *home, struct api *api, struct admin **out);
void admin_close(struct admin *admin); /* NULL is fine */

/** An http_handler_fn; the context is the struct admin. */
void admin_handle(void *admin, struct http_call *call);

#endif
