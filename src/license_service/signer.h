/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SIGNER_H
#define LICENSE_SERVICE_SIGNER_H

#include <stdint.h>

#include "base/err.h"
#include "license/lease.h"
#include "license/trial.h"
#include "license_service/home.h"

/*
 * The online key that signs leases, and the keyset in which the root key vouches for it. The
 * root lies in the service's state, so a new online key is made whenever the old one comes near
 * its end; the old ones stay in the keyset for the leases that they signed. Any number of
 * threads may use one signer; one process has it.
 */

struct signer;

/** Opens the file `online` in the home; it is made at the first lease. ERR_IO, ERR_CORRUPT. */
NODISCARD int signer_open(const struct home *home, struct signer **out);
void signer_close(struct signer *signer); /* NULL is fine */

/** Signs a lease under a key that is valid at its issue. The caller frees both texts. ERR_IO
 * where a new key could not be stored. */
NODISCARD int signer_sign(
	struct signer *signer, struct lease *lease, char **out_lease, char **out_keyset);

/** The end of the newest online key; 0 where there is none yet. */
int64_t signer_until_s(struct signer *signer);
/** The same for a trial. */
NODISCARD int signer_sign_trial(
	struct signer *signer, struct trial *trial, char **out_trial, char **out_keyset);

#endif
