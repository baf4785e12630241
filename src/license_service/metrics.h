/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_METRICS_H
#define LICENSE_SERVICE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

struct store;

/*
 * What a running service counts, and its text for monitoring (OpenMetrics 1.0). Labels are
 * words of the program: no key, id, name or address ever gets into one. Any number of threads.
 */

/** A request that was answered; a path that is none of ours counts as "other". */
void metrics_count_request(const char *path, int status, int64_t took_us);

/** Objects of claims, granted and not. */
void metrics_count_claims(int64_t granted, int64_t refused);

/** A webhook of payment, by its outcome (payment.h, or "unbelieved"). */
void metrics_count_webhook(const char *outcome);

/** A mail that was sent, or could not be. */
void metrics_count_mail(bool is_sent);

/** An instance that believed a lease which this database does not know (`history_behind`). */
void metrics_count_history_behind(void);

/** Appends the text, with sums that are read from the database. `waiting` is the number of jobs
 * before the writer, `leaf_until_s` the end of the key that signs leases (0: none yet). */
NODISCARD int metrics_write(struct store *store, int64_t now_s, int64_t waiting,
	int64_t leaf_until_s, struct buf *out);

#endif
