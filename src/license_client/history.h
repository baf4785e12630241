/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_HISTORY_H
#define LICENSE_CLIENT_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "license_client/assignments.h"
#include "license_client/license_client_priv.h"

/*
 * The license's history as this instance saw it: whoever signs a lease vouches for the chain of
 * events behind it, and that must go on from where it was. Events are read where the revision
 * moved, from the last known head on; a history that was changed or rolled back is refused, and
 * so is its lease. What an operator accepted after a loss begins with an event `restored`.
 */

struct history_question {
	const struct lease *lease; /* of the answer that is to be believed */
	bool at_once;              /* else at most once a minute, and cheap tests in between */
	int64_t until_us;          /* of the monotonic clock */
};

/** What was seen, to be kept with the record by the caller, who ends or frees the track. */
struct history_finding {
	bool follows;                   /* the history was followed up to this lease */
	bool is_restored;               /* and went past an event `restored` */
	struct assignments_track track; /* the set of subjects at this lease */
};

/** 0, or ERR_CORRUPT for a history that does not go on from the known one; errors of
 * exchange_run, and ERR_NETWORK where the time is over: the next call goes on from there. */
NODISCARD int history_follow(struct license_client *client,
	const struct history_question *question, struct history_finding *out);

#endif
