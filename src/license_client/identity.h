/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_IDENTITY_H
#define LICENSE_CLIENT_IDENTITY_H

#include "base/err.h"
#include "crypto/sign.h"
#include "license_client/statefile.h"

/*
 * Who an instance is: a random id and an Ed25519 key that never leaves the machine. The key's
 * public half stands in every lease, so the lease of another instance is of no use without it.
 */

enum { IDENTITY_ID_SIZE = 16, IDENTITY_ID_TEXT = 33 };

struct identity {
	char id[IDENTITY_ID_TEXT]; /* lower-case hexadecimal */
	struct sign_key key;
};

/** The identity in the folder, made at the first call; sets the folder's key. ERR_IO;
 * ERR_CORRUPT for a damaged one, with what to do. */
NODISCARD int identity_load(struct statefile_folder *folder, struct identity *out);

#endif
