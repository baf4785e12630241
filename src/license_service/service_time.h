/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SERVICE_TIME_H
#define LICENSE_SERVICE_SERVICE_TIME_H

#include <stdint.h>

#include "base/err.h"

struct db;

/*
 * The time of a licensing service, which never runs back: the highest moment that its database
 * has seen stands beside the clock of the machine that answers.
 */

/** Lifts *now_s to the highest time that was ever seen, and where it is well past that, keeps
 * it as the new one. A clock that is far behind is told in the log. Within a transaction. */
NODISCARD int service_time_apply(struct db *db, int64_t *now_s);

#endif
