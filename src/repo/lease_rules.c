/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/lease_rules.h"

#include <string.h>

static bool is_here(const struct lease *lease, const struct lease_place *here)
{
	static const uint8_t unknown[LEASE_BOOT_SIZE];

	return memcmp(here->boot, unknown, sizeof(unknown)) != 0 &&
	       memcmp(lease->place.boot, here->boot, sizeof(here->boot)) == 0 &&
	       strcmp(lease->place.machine, here->machine) == 0;
}

bool lease_has_ended(const struct lease *lease, const struct lease_place *here,
	lease_runs_fn *runs, int64_t now_s)
{
	if (is_here(lease, here) && !runs(lease->process))
		return true;
	return now_s > lease->renewed_s && now_s - lease->renewed_s > LEASE_END_S;
}

bool lease_is_due(const struct lease *lease, int64_t now_s)
{
	/* A clock that was put back shows nothing of how much time has passed. */
	return now_s < lease->renewed_s || now_s - lease->renewed_s >= LEASE_RENEW_S;
}

bool lease_may_commit(const struct lease *lease, int64_t now_s)
{
	return now_s >= lease->renewed_s && now_s - lease->renewed_s <= LEASE_COMMIT_S;
}
