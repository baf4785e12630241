/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_STANDING_H
#define LICENSE_STANDING_H

#include <stdbool.h>
#include <stdint.h>

#include "license/lease.h"

/*
 * How an instance stands now, judged from a lease that was believed (rules A4, A11, E1 to E4;
 * T19): the first that is true, in the order of the enum.
 */

enum standing {
	STANDING_REVOKED,
	STANDING_EXPIRED,
	STANDING_SUSPENDED,    /* offline for the longest time: waits for the service */
	STANDING_OFFLINE,      /* works from the lease */
	STANDING_EXPIRES_SOON, /* within STANDING_SOON_S */
	STANDING_ACTIVE,
};

enum { STANDING_SOON_S = 30 * 86400 };

/**
 * Judges at `now_s`, which is the instance's effective time (its floor applied).
 * `failed_since_s` is the first failed contact since the lease was issued, 0 where there was
 * none: offline begins there. The longest time is counted from the lease's issue, also where
 * nobody tried to reach the service.
 */
enum standing standing_judge(const struct lease *lease, int64_t now_s, int64_t failed_since_s);

/** "revoked", "expired", "suspended", "offline", "expires_soon", "active". */
const char *standing_name(enum standing standing);

/** Whether backups run: offline, expires soon, active. */
bool standing_may_back_up(enum standing standing);

/** The moment at which it becomes suspended without another contact. */
int64_t standing_offline_until(const struct lease *lease);

/** Whether assignments of this lease still count at that moment: not from its resets_s on. */
bool standing_assignments_hold(const struct lease *lease, int64_t now_s);

#endif
