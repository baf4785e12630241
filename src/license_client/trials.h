/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_TRIALS_H
#define LICENSE_CLIENT_TRIALS_H

#include "license_client/license_client_priv.h"

/*
 * The trials of an instance without a license key, one for each tenant that it backs up, in the
 * file `trials`: kept and believed as the lease is.
 */

void trials_free(struct trials *trials);

/** Reads the file, the reader of CLIENT_TRIALS. ERR_NOTFOUND, ERR_IO, ERR_CORRUPT: nothing in
 * it is believed then. */
NODISCARD int trials_read(struct license_client *client);

/** Keeps the file, under the lock. ERR_IO. */
NODISCARD int trials_write(struct license_client *client);

/** The trial of a tenant; NULL where there is none. Borrowed. */
const struct trial_proof *trials_find(
	const struct license_client *client, const uint8_t tenant[HASH_SIZE]);

/** What an answer must be to be believed. */
struct trials_expectation {
	const uint8_t *tenant; /* HASH_SIZE */
	const uint8_t *nonce;  /* LEASE_NONCE_SIZE */
};

/** Believes an answer of the service or not: signed by a key that the root key signed, for this
 * instance, tenant and nonce, later than the last one. ERR_CORRUPT. */
NODISCARD int trials_believe(const struct license_client *client,
	const struct trials_expectation *expected, const struct json *document,
	struct trial_proof *out);
void trial_proof_free(struct trial_proof *proof);

/** Asks for all trials that are known. The first failure of any. ERR_LICENSE where there are
 * none. It takes `timeout_ms` in all. */
NODISCARD int trials_contact(struct license_client *client, int64_t timeout_ms);

/** Judges now: of one tenant (its digest), or where it is NULL of the trial that ends last. */
void trials_judge(
	const struct license_client *client, const uint8_t *tenant, struct license_status *out);

#endif
