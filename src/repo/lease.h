/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_LEASE_H
#define REPO_LEASE_H

#include "repo/derived.h"
#include "repo/lease_rules.h"
#include "storage/storage.h"

/*
 * Writers at work: writers/NAME. A writer has one from before it reads the index until its end,
 * and renews it now and then; whoever removes data waits for those that were at work. Nobody
 * ever has to unlock anything: the lease of a process that was killed ends by itself, on this
 * machine at once.
 */

/** Writes the lease of this process. The caller ends it with lease_end. ERR_IO, … */
NODISCARD int lease_begin(
	struct storage *storage, const struct repo_keys *keys, struct lease *out);

/** The same for a prune, which others tell from a writer. */
NODISCARD int lease_begin_work(struct storage *storage, const struct repo_keys *keys,
	enum lease_work work, struct lease *out);

/** To be called now and then by a writer at work, at least every few minutes: renews the lease
 * where it is due. A failure is no reason to stop: lease_may_commit_now has the last word. */
NODISCARD int lease_tick(
	struct storage *storage, const struct repo_keys *keys, struct lease *lease);

/** Whether the writer may commit as it is, by the storage's clock now; renewing one that is due
 * first. *out false: read the index anew first, then lease_confirm. ERR_IO, … */
NODISCARD int lease_may_commit_now(
	struct storage *storage, const struct repo_keys *keys, struct lease *lease, bool *out);

/** After the index was read anew and nothing was lost: renews the lease in any case. */
NODISCARD int lease_confirm(
	struct storage *storage, const struct repo_keys *keys, struct lease *lease);

/** Removes the file. ERR_IO, which leaves no more than a lease that ends by itself. */
NODISCARD int lease_end(struct storage *storage, const struct lease *lease);

/** All writers that are at work now; what has ended is removed where `clean`. A file that
 * cannot be read counts by the time when it was written. The caller frees the array. ERR_IO, …
 */
NODISCARD int leases_at_work(struct storage *storage, const struct repo_keys *keys, bool clean,
	struct lease **out, size_t *out_count);

/** Where this process runs, and whether another one of this place does. */
void lease_here(struct lease_place *out);
bool lease_process_runs(uint32_t process);

#endif
