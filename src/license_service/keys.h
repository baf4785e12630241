/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_KEYS_H
#define LICENSE_SERVICE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license/key.h"
#include "license_service/store.h"

/*
 * Another license key for the same license, and instances that are not to be served any more.
 */

struct keys_reissue {
	int64_t keep_s;  /* for so long the old keys still activate; 0: no longer */
	bool by_mail;    /* the key is queued as mail to its owner (mail_has_owner) */
	bool new_secret; /* of the subjects: all instances activate again, nobody holds a
			    license */
};

/** Makes a new key. Enrolled instances go on; the secret of the license's subjects is to be
 * wrapped under the new key by one of them, which activates with it. ERR_NOTFOUND, ERR_LICENSE
 * where the license is revoked. */
NODISCARD int keys_reissue(struct store *store, const char *license_id,
	const struct keys_reissue *reissue, int64_t now_s, char out[KEY_TEXT_SIZE]);

/** Revokes one instance, for good. ERR_NOTFOUND, ERR_EXISTS. */
NODISCARD int keys_revoke_instance(
	struct store *store, const char *license_id, const char *instance_id, int64_t now_s);

#endif
