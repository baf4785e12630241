/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_TRIALS_H
#define LICENSE_SERVICE_TRIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "license/trial.h"
#include "license_service/store.h"

/*
 * Trials (rule F1): one clock for one tenant, begun by whoever asks first, the same for all who
 * ask later. A trial is known by the digest of its tenant, and keeps what the settings said
 * when it began.
 */

enum {
	TRIALS_TENANT_SIZE = 2 * HASH_SIZE + 1,
	TRIALS_INSTANCES_MAX = 1000, /* that may ask under one tenant */
};

struct trials_request {
	const char *tenant; /* 64 lower-case hexadecimal digits */
	const char *instance_id;
	const char *name;
	const uint8_t *public_key; /* SIGN_PUBLIC_SIZE; the request was signed with it */
	const uint8_t *nonce;      /* LEASE_NONCE_SIZE */
	bool only_known;           /* a new trial, or instance, is refused */
	bool was_new;              /* out: the trial or the instance was not there */
};

/**
 * Begins the tenant's trial, or finds it, in a transaction of its own, and fills what is to be
 * signed; a trial that is over is found too, and says so. May be repeated as a whole: what was
 * begun stays. ERR_EXISTS where the instance's id is known with another key, ERR_LIMIT where
 * too many instances asked, ERR_THROTTLED for only_known; nothing is changed then. ERR_IO,
 * ERR_LOCKED.
 */
NODISCARD int trials_ask(
	struct store *store, struct trials_request *request, int64_t now_s, struct trial *out);

/** "trials": [ { tenant (the first digits of its digest), started_at, ends_at, state,
 * items_per_folder, instances, last_seen_at } ], by their begin. The caller frees it. */
NODISCARD int trials_list(struct store *store, int64_t now_s, struct json **out);

#endif
