/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_API_H
#define LICENSE_SERVICE_API_H

#include <pthread.h>

#include "base/err.h"
#include "license_service/guard.h"
#include "license_service/shop.h"
#include "license_service/signer.h"
#include "license_service/store.h"
#include "license_service/writer.h"

struct http_call;

/*
 * The HTTP API for instances, as docs/licensing-protocol.md says it.
 */

struct api {
	struct writer *writer;
	struct signer *signer;
	struct guard *guard;
	pthread_mutex_t lookup_lock; /* guards `lookup` */
	struct store *lookup;        /* to find keys and instances, beside the writer */
	struct shop *shop;
	struct guard *trial_guard;  /* slows down who makes new trials */
	pthread_mutex_t trial_lock; /* guards `trials` */
	struct store *trials;       /* to begin and find trials */
};

/** Opens what it needs under a home, which is borrowed. */
NODISCARD int api_open(struct api *api, const struct home *home);
void api_close(struct api *api);

/** The same without a thread of its own: a call is answered wholly in the thread that brings
 * it, one after the other. */
NODISCARD int api_open_alone(struct api *api, const struct home *home);

/** An http_handler_fn; the context is the struct api. */
void api_handle(void *api, struct http_call *call);

#endif
