/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_RELEASES_H
#define LICENSE_SERVICE_RELEASES_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "license_service/ledger.h"

/*
 * Releasing licenses, and listing who holds one (rules D2, D4, D5, D7, D8).
 */

struct releases {
	const char *instance_id;
	const char *const *subjects;
	size_t count;
	char *answer; /* out: JSON text, to be freed with mem_free */
};

/** Releases each subject that may go; names the others, with the first possible time. */
NODISCARD int releases_run(struct ledger *ledger, void *releases);

struct releases_list {
	const char *after; /* NULL: from the beginning */
	int64_t limit;
	char *answer; /* out, as above */
};

/** A page of the assigned set, by subject. */
NODISCARD int releases_list(struct ledger *ledger, void *list);

#endif
