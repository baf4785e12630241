/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_SERVICE_H
#define TESTS_FUZZ_SERVICE_H

#include "fuzz.h"
#include "license_service/admin.h"
#include "license_service/api.h"
#include "license_service/orders.h"
#include "net/http_client.h"

/*
 * A licensing service for the targets that ask it: with a license of MANY_SEATS, an instance
 * that may ask, and an open order. It is made anew after so many inputs, always the same, so
 * that what it holds stays small and an open order is open again.
 */

enum { SERVICE_SEATS = 100 };

struct service_world {
	struct home *home;
	struct store *store;
	struct api api;
	struct admin *admin;
	struct sign_key key; /* of the instance */
	struct order order;  /* the license's, completed, with its key */
	char *admin_token, *form_token, *page_token;
	char *amount; /* of the open order */
};

extern const char service_instance[]; /* id of the instance */
extern const char service_order[];    /* id of the order that is open */

/** The world for one more input. Its minute is another one than the last input's, so that
 * nobody is told to slow down. */
struct service_world *service_world(void);

/** The bytes with {key}, {license}, {form}, {page}, {order}, {amount}, {instance} and {public}
 * replaced by what the world has: an input stays a text, whatever the keys are. The caller
 * frees `out`.
 */
void service_fill(
	const struct service_world *world, const uint8_t *data, size_t size, struct buf *out);

/** A POST to the instances' API, signed by the instance; `license_id` NULL where it is not
 * enrolled yet. The caller frees the response. */
struct service_request {
	const char *path;
	const char *license_id;
	const void *body;
	size_t size;
	bool is_forged;
};
void service_ask(struct service_world *world, const struct service_request *request,
	struct http_response *response);

/** What holds for each answer: a status below 500; a problem with its status, code and
 * detail; no header and no page that the input wrote into. */
void service_check(struct http_response *response);

#endif
