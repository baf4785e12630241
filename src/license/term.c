/* SPDX-License-Identifier: Apache-2.0 */
#include "license/term.h"

#include <stdbool.h>

#include "base/timestamp.h"

static bool is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

int64_t term_end(int64_t anchor_s, int64_t years)
{
	struct timestamp_parts parts = timestamp_split(anchor_s);

	parts.year += (int)years;
	if (parts.month == 2 && parts.day == 29 && !is_leap(parts.year))
		parts.day = 28;
	return timestamp_join(&parts);
}
