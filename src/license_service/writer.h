/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_WRITER_H
#define LICENSE_SERVICE_WRITER_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "license/lease.h"
#include "license_service/history.h"
#include "license_service/ledger.h"

/*
 * One thread that writes for all who answer requests. What waits, for one license or for many,
 * is done in one transaction, up to WRITER_BATCH at a time, in the order in which it came: a
 * disk that can commit a few hundred times a second then serves thousands of claims. Each
 * caller gets the answer to its own.
 */

enum { WRITER_BATCH = 64 };

struct writer;

/** Work within a license's transaction, in which other licenses may be, too. One that refuses
 * (ERR_NOTFOUND, ERR_EXISTS, ERR_LICENSE) has changed nothing, and does not disturb the others.
 * It may be called again, where the transaction failed or was in another's way: it then frees
 * what it had put out. */
typedef int writer_work_fn(struct ledger *ledger, void *context);

struct writer_job {
	const char *license_id;
	const char *instance_id;        /* who gets the lease */
	const uint8_t *nonce;           /* LEASE_NONCE_SIZE, goes into the lease */
	struct history_witness witness; /* what the instance saw last */
	writer_work_fn *work;           /* NULL: the lease alone */
	void *context;
	struct lease lease; /* out: unsigned */
};

/** Starts the thread with a connection of its own to the database. `home` is borrowed. */
NODISCARD int writer_start(const struct home *home, struct writer **out);

/** The same without a thread: writer_run does the job in the thread that calls it, one at a
 * time. For a service that answers one question after the other. */
NODISCARD int writer_open(const struct home *home, struct writer **out);

/** Ends it; only when nobody waits for a job. NULL is fine. */
void writer_stop(struct writer *writer);

/** Does the job and waits for it. 0 only when it is durable. ERR_AUTH, and nothing done, where
 * the license waits for its operator (history.h). Called by any number of threads.
 */
NODISCARD int writer_run(struct writer *writer, struct writer_job *job);

/** How many jobs wait for it now. */
size_t writer_waiting(struct writer *writer);

#endif
