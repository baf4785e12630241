/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_VERIFY_H
#define LICENSE_SERVICE_VERIFY_H

#include <stdint.h>

#include "base/err.h"
#include "license/lease.h"
#include "license_service/store.h"

/*
 * Whether a license's tables are what its events made of them: every event is played again, by
 * the rules of src/license, and what comes out is compared with what is stored.
 */

enum { VERIFY_WHAT_SIZE = 160 };

struct verify_finding {
	char license_id[LEASE_ID_SIZE];
	int64_t revision;            /* of the event where it was found, or of the head */
	char what[VERIFY_WHAT_SIZE]; /* "": all is well */
	int64_t events;              /* how many were played */
};

/** 0 with the finding; ERR_NOTFOUND, ERR_IO where it could not be looked at. */
NODISCARD int verify_license(
	struct store *store, const char *license_id, int64_t now_s, struct verify_finding *out);

/** Calls for the id of each license; ends where `visit` gives other than 0, with that. */
typedef int verify_visit_fn(void *context, const char *license_id);
NODISCARD int verify_each(struct store *store, verify_visit_fn *visit, void *context);

#endif
