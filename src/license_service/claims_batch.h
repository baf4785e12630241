/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_CLAIMS_BATCH_H
#define LICENSE_SERVICE_CLAIMS_BATCH_H

#include <stdbool.h>

#include "license_service/claims.h"

/*
 * The claims of one transaction, of one license or of many, in few statements: what all of them
 * ask about is read at once, then each is decided in memory, in the order in which they came,
 * with what those before it took; then all rows are written at once.
 *
 *   add each; read; decide each in its order; write
 *
 * Between read and write nothing else may change the licenses.
 */

struct claims_batch;

struct claims_batch *claims_batch_new(struct store *store);
void claims_batch_free(struct claims_batch *batch); /* NULL is fine */

/** Takes a claim in; both are borrowed. False where it cannot be decided together with those
 * that are in: it must be run after these are written. */
bool claims_batch_add(struct claims_batch *batch, struct ledger *ledger, struct claims *claims);

/** Reads what is known of the idempotency keys and the subjects of all. */
NODISCARD int claims_batch_read(struct claims_batch *batch);

/** Decides the next claim, as claims_run says. */
NODISCARD int claims_batch_decide(struct claims_batch *batch);

/** Writes what was decided since it was last called. */
NODISCARD int claims_batch_write(struct claims_batch *batch);

#endif
