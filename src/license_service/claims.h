/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_CLAIMS_H
#define LICENSE_SERVICE_CLAIMS_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "license/claim.h"
#include "license_service/ledger.h"

/*
 * A claim of one instance: for each of its objects all of the subjects get a license, or none
 * does (rules C2, C5, C6). It is known by its idempotency key: sent again, it gives the same
 * answer and takes nothing.
 */

enum {
	CLAIMS_SUBJECT_SIZE = 65,        /* 64 lower-case hexadecimal digits and NUL */
	CLAIMS_SUBJECTS_MAX = 10 * 1000, /* as they are named, over all objects */
	CLAIMS_OBJECTS_MAX = 10 * 1000,
	CLAIMS_KEY_MAX = 64,
	CLAIMS_REMEMBER_S = 7 * 86400,
};

struct claims {
	const char *instance_id;
	const char *idempotency_key;
	char digest[2 * HASH_SIZE + 1]; /* of what is claimed, see claims_digest */
	struct claim_object *objects;   /* their subjects are indexes into `subjects` */
	size_t object_count;
	const char **subjects; /* distinct ones */
	size_t subject_count;
	char *answer; /* out: JSON text, to be freed with mem_free */
};

/** Sets the digest from the objects and their subjects. */
void claims_digest(struct claims *claims);

/** Decides and assigns, within the ledger's transaction. A license that is expired or revoked
 * gives an answer that says so. ERR_EXISTS where the idempotency key stood for another claim.
 */
NODISCARD int claims_run(struct ledger *ledger, void *claims);

/** The answer that a claim gets by what was decided of its objects and its subjects (`marks`,
 * one for each distinct one), or, with NULL, because the license refused it; the caller frees
 * it. */
char *claims_answer(
	const struct claims *claims, const enum claim_mark *marks, const char *refused);

/** Sets the answer that was given the first time. ERR_EXISTS where it was another claim. */
NODISCARD int claims_find_earlier(struct ledger *ledger, struct claims *claims);

#endif
