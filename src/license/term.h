/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_TERM_H
#define LICENSE_TERM_H

#include <stdint.h>

/*
 * Terms of a subscription: calendar years in UTC behind an anchor, to the second (rule A1). An
 * anchor on 29 February ends on 28 February in common years and on the 29th in leap years.
 */

/** The moment `years` years after the anchor. That moment itself is no longer in the term. */
int64_t term_end(int64_t anchor_s, int64_t years);

#endif
