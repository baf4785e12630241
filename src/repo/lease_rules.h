/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_LEASE_RULES_H
#define REPO_LEASE_RULES_H

#include <stdbool.h>
#include <stdint.h>

#include "repo/format.h"

/*
 * The rules of writers' leases (docs/format.md, section 10), without I/O and clock: all moments
 * are the storage's time, in seconds, and given.
 */

enum {
	LEASE_RENEW_S = 5 * 60,   /* a writer renews a file older than that, at its next tick */
	LEASE_COMMIT_S = 30 * 60, /* older, a writer looks again before it commits */
	LEASE_END_S = 60 * 60,    /* older, a writer has ended */
	LEASE_MACHINE_MAX = 255,
	LEASE_BOOT_SIZE = 16,
};

/** What a writer is at. */
enum lease_work {
	LEASE_WRITE = 1,
	LEASE_PRUNE = 2, /* a prune or a repair, of which there is one at a time */
};

/** Where a process runs. */
struct lease_place {
	uint8_t boot[LEASE_BOOT_SIZE]; /* zeros: unknown */
	char machine[LEASE_MACHINE_MAX + 1];
};

struct lease {
	uint8_t name[NAME_SIZE];
	int64_t since_s;
	int64_t renewed_s;
	uint32_t process;
	uint8_t work; /* enum lease_work */
	struct lease_place place;
};

/** Whether a process of that number runs here. */
typedef bool lease_runs_fn(uint32_t process);

/** Whether the writer has ended: its process, where it was one of this place, or its time. One
 * from the future is at work. */
bool lease_has_ended(const struct lease *lease, const struct lease_place *here,
	lease_runs_fn *runs, int64_t now_s);

/** Whether the writer's own file is to be written anew. */
bool lease_is_due(const struct lease *lease, int64_t now_s);

/** Whether the writer may commit as it is; else it first reads the index anew and sees that
 * nothing it counts on is condemned or dropped. */
bool lease_may_commit(const struct lease *lease, int64_t now_s);

#endif
