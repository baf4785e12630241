/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/reading.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "repo/lease.h"
#include "repo/repo_priv.h"

enum { TICK_EVERY_US = 60 * 1000 * 1000 };

struct repo_reading {
	struct repo *repo; /* borrowed */
	struct lease lease;
	bool has_lease;
	int64_t ticked_us;
};

int repo_reading_begin(struct repo *repo, struct repo_reading **out)
{
	struct repo_reading *reading = mem_alloc(sizeof(*reading));

	reading->repo = repo;
	reading->ticked_us = clock_monotonic_us();
	reading->has_lease = lease_begin(repo->storage, &repo->keys, &reading->lease) == 0;
	if (!reading->has_lease)
		log_debug("reading_without_lease", "reason", err_message(), NULL);
	int r = repo_refresh(repo);
	if (r < 0) {
		repo_reading_end(reading);
		return r;
	}
	*out = reading;
	return 0;
}

void repo_reading_tick(struct repo_reading *reading)
{
	struct repo *repo = reading->repo;
	int64_t now_us = clock_monotonic_us();

	if (!reading->has_lease || now_us - reading->ticked_us < TICK_EVERY_US)
		return;
	reading->ticked_us = now_us;
	if (lease_tick(repo->storage, &repo->keys, &reading->lease) < 0)
		log_warning("lease_not_renewed", "reason", err_message(), NULL);
}

void repo_reading_end(struct repo_reading *reading)
{
	if (!reading)
		return;
	/* One that cannot be removed ends by itself. */
	if (reading->has_lease && lease_end(reading->repo->storage, &reading->lease) < 0)
		log_debug("lease_not_removed", "reason", err_message(), NULL);
	mem_free(reading);
}
