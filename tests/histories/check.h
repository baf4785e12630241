/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIES_CHECK_H
#define HISTORIES_CHECK_H

#include "history.h"
#include "timeline.h"

/*
 * Whether what the clients were told fits what the service has written down (research: answers
 * carry a revision, so no search is needed): every answer is right at a moment between its
 * question and itself, in an order that nobody's clock contradicts; all that was granted is in
 * the log, once; all that is in the log was granted to somebody; the leases show the log's
 * heads.
 */

struct check_summary {
	int64_t operations, claims, granted, newly, denied, refused, releases, released,
		repeated;
	int64_t events, widest; /* widest: revisions between which an answer had to be placed */
};

/** The operations of the timeline's license. ERR_CORRUPT with what is wrong first. */
NODISCARD int check_history(struct timeline *timeline, struct operation *operations,
	size_t count, struct check_summary *summary);

#endif
