/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_SCHEDULE_H
#define JOB_SCHEDULE_H

#include <stdint.h>

#include "base/err.h"

/*
 * When a job starts by itself. Pure. The forms: "" (only by hand), "every N minutes", "every N
 * hours", "daily HH:MM" (UTC).
 */

/** ERR_INVALID with the forms that there are. */
NODISCARD int schedule_check(const char *schedule);

/** The next start strictly after `now_s`; 0 where there is none. `schedule` has been checked.
 */
int64_t schedule_next(const char *schedule, int64_t now_s);

#endif
