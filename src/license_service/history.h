/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_HISTORY_H
#define LICENSE_SERVICE_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
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

/** What an instance saw, to be compared with its ledger. Borrowed; the last two are
 * history.c's.
 */
struct history_asked {
	struct ledger *ledger;
	const char *instance_id;
	const struct history_witness *witness;
	int64_t sequence;
	bool is_of_history;
};

/** Compares the witnesses of one transaction with their ledgers. Where one differs, its license
 * is held from now on: that is written, logged, and belongs into the transaction. */
NODISCARD int history_check_all(struct history_asked *asked, size_t count);

/** Says of each ledger of one transaction whether its license waits for its operator; then no
 * lease may be issued. */
NODISCARD int history_find_held(struct ledger *ledgers, size_t count, bool *out);

/** ERR_AUTH, with the reason: for who asks for a license that waits. */
NODISCARD int history_refuse(void);

/** A page of events behind revision `after`, for /v1/events. */
struct history_page {
	int64_t after;
	const char *chain; /* hexadecimal: the head that the instance has there; NULL: any */
	int64_t limit;     /* 1 to HISTORY_PAGE_MAX */
	char *answer;      /* out: JSON text, to be freed with mem_free */
};

NODISCARD int history_events(struct ledger *ledger, void *page);

/** The sequence number behind which a newly enrolled instance begins: 0, or above what it may
 * have seen before the database was put back from a copy that does not know it. */
NODISCARD int history_first_sequence(struct ledger *ledger, int64_t *out);

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
