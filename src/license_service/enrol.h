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

/** Why an enrolment is refused with ERR_LICENSE. */
enum enrol_refusal {
	ENROL_KEY_REVOKED,
	ENROL_KEY_REPLACED,  /* by another one; its time is over */
	ENROL_NOT_REWRAPPED, /* no enrolled instance used this key yet */
	ENROL_INSTANCE_REVOKED,
};

struct enrol {
	const char *instance_id;
	const char *name;
	const uint8_t *public_key;  /* SIGN_PUBLIC_SIZE; the request was signed with it */
	const char *wrapped_secret; /* base64, as this instance would have it */
	const char *key_digest;     /* of the key, see store_key_digest; NULL: any key */
	/* The license that the instance has, and its secret wrapped under this key; NULL. */
	const char *rewrapped_license, *rewrapped_secret;
	enum enrol_refusal refusal; /* out: with ERR_LICENSE */
	char *kept_secret; /* out: the one that the license has; to be freed with mem_free */
};

/** ERR_LICENSE for one of the reasons above; ERR_EXISTS where the instance's id is enrolled
 * with another key. Nothing is changed then. */
NODISCARD int enrol_run(struct ledger *ledger, void *enrol);

#endif
