/* SPDX-License-Identifier: Apache-2.0 */
#include "license/standing.h"

enum standing standing_judge(const struct lease *lease, int64_t now_s, int64_t failed_since_s)
{
	if (lease->state == LEASE_REVOKED)
		return STANDING_REVOKED;
	if (lease->state == LEASE_EXPIRED || now_s >= lease->expires_s)
		return STANDING_EXPIRED;
	if (now_s >= standing_offline_until(lease))
		return STANDING_SUSPENDED;
	if (failed_since_s)
		return STANDING_OFFLINE;
	if (now_s >= lease->expires_s - STANDING_SOON_S)
		return STANDING_EXPIRES_SOON;
	return STANDING_ACTIVE;
}

const char *standing_name(enum standing standing)
{
	static const char *const names[] = {
		[STANDING_REVOKED] = "revoked",
		[STANDING_EXPIRED] = "expired",
		[STANDING_SUSPENDED] = "suspended",
		[STANDING_OFFLINE] = "offline",
		[STANDING_EXPIRES_SOON] = "expires_soon",
		[STANDING_ACTIVE] = "active",
	};

	return names[standing];
}

bool standing_may_back_up(enum standing standing)
{
	return standing == STANDING_OFFLINE || standing == STANDING_EXPIRES_SOON ||
	       standing == STANDING_ACTIVE;
}

int64_t standing_offline_until(const struct lease *lease)
{
	return lease->issued_s + lease->offline_limit_s;
}

bool standing_assignments_hold(const struct lease *lease, int64_t now_s)
{
	return lease->resets_s == 0 || now_s < lease->resets_s;
}
