/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_HISTORY_H
#define LICENSE_SERVICE_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license_service/ledger.h"

/*
 * The history of a license as its instances witness it. Each of them says with every request
 * which revision, chain head and sequence it saw last. A database that is behind such a
 * witness, or has another chain there, is not the one that gave out the leases: it was put back
 * from an old copy. Then nothing is issued for that license until an operator accepts what is
 * there; that is an event `restored`, beyond everything that was witnessed, from which the
 * instances go on.
 */

/** What an instance saw last. */
struct history_witness {
	bool is_given;
	int64_t revision;
	uint8_t chain[HASH_SIZE];
	int64_t sequence;
	bool reads_events; /* asked with what was believed before the answer in between */
};

enum {
	HISTORY_PAGE_MAX = 1000, /* events of one answer */
	/* How far `restored` lies beyond the witnesses that were seen: room for those that come
	 * later. */
	HISTORY_MARGIN = 1000 * 1000,
};

/** Compares a witness with the ledger. Where they differ, the license is held from now on: that
 * is written, logged, and belongs into the transaction. */
NODISCARD int history_check(
	struct ledger *ledger, const char *instance_id, const struct history_witness *witness);

/** 0 where leases may be issued; ERR_AUTH where the license waits for its operator. */
NODISCARD int history_may_issue(struct ledger *ledger);

/** A page of events behind revision `after`, for /v1/events. */
struct history_page {
	int64_t after;
	const char *chain; /* hexadecimal: the head that the instance has there; NULL: any */
	int64_t limit;     /* 1 to HISTORY_PAGE_MAX */
	char *answer;      /* out: JSON text, to be freed with mem_free */
};

NODISCARD int history_events(struct ledger *ledger, void *page);

/** Accepts the history of a license as it is now: the event `restored`, and sequence numbers
 * above all that was witnessed. ERR_NOTFOUND, ERR_EXISTS where nothing waits for that. */
NODISCARD int history_accept(struct store *store, const char *license_id, int64_t now_s);

/** The same for all licenses that wait; gives their number. */
NODISCARD int history_accept_all(struct store *store, int64_t now_s, int64_t *out_count);

/** Holds all licenses: the database was put back from a copy. */
NODISCARD int history_hold_all(struct store *store, int64_t now_s);

/** How many licenses are held. */
NODISCARD int history_count_held(struct store *store, int64_t *out);

#endif
