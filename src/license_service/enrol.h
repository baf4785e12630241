/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_ENROL_H
#define LICENSE_SERVICE_ENROL_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/sign.h"
#include "license_service/ledger.h"

/*
 * Activating a license key at an instance (rules A1 to A3, A11): the first activation starts
 * the term, and each enrols its instance.
 */

struct enrol {
	const char *instance_id;
	const char *name;
	const uint8_t *public_key;  /* SIGN_PUBLIC_SIZE; the request was signed with it */
	const char *wrapped_secret; /* base64, as this instance would have it */
	char *kept_secret; /* out: the one that the license has; to be freed with mem_free */
};

/** ERR_LICENSE where the key is revoked; ERR_EXISTS where the instance's id is enrolled with
 * another key. Nothing is changed then. */
NODISCARD int enrol_run(struct ledger *ledger, void *enrol);

#endif
