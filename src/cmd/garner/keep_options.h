/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNER_KEEP_OPTIONS_H
#define CMD_GARNER_KEEP_OPTIONS_H

#include "base/options.h"

/*
 * The options that say what is kept, for forget and for jobs.
 */

#define KEEP_OPTIONS                                                                           \
	{"keep-last", "N", "keep the newest N snapshots"},                                     \
		{"keep-hourly", "N", "of the newest N hours, the newest snapshot of each"},    \
		{"keep-daily", "N", "likewise of days (UTC)"},                                 \
		{"keep-weekly", "N", "of weeks, from Monday on"},                              \
		{"keep-monthly", "N", "of months"}, {"keep-yearly", "N", "of years"},          \
		{"keep-within", "DURATION",                                                    \
			"all that are at most so much older than the newest: 30d, 12h, 8w, "   \
			"6m, 1y"},                                                             \
	{                                                                                      \
		"kind", "KIND=RULES",                                                          \
			"what one kind of object needs: site=last:3,daily:7; may be repeated"  \
	}

/** The rules as one text, see retention_plan_read_all; NULL where none is given. Not checked.
 * The caller frees it. */
char *keep_options_text(const struct options *options);

#endif
