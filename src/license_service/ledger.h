/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_LEDGER_H
#define LICENSE_SERVICE_LEDGER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "license/lease.h"
#include "license/license.h"
#include "license_service/store.h"

/*
 * One license in the hand of one transaction: locked first, then read, then changed, with an
 * event for each change. What came due meanwhile (a renewal that waited) is applied when it is
 * opened, by whoever touches the license first.
 *
 * The moment of all that happens is `now_s`: the caller's clock, or the highest time that the
 * database has seen where that is later. So a service's time never runs back.
 */

struct ledger {
	struct store *store;
	char license_id[LEASE_ID_SIZE];
	int64_t now_s;
	struct license license; /* as read; changed only through the functions here */
	int64_t revision;
	uint8_t chain[HASH_SIZE];
	bool is_broken;  /* a write failed: the transaction can only be abandoned */
	bool is_missing; /* of ledger_open_all: there is no such license */
};

/** Begins. ERR_NOTFOUND where there is no such license. After an error nothing is open. */
NODISCARD int ledger_open(
	struct store *store, const char *license_id, int64_t now_s, struct ledger *out);

/** Begins with several licenses in one transaction. `out` holds their ids, each once and in
 * their order, which is the order in which they are locked. One that is not there is marked as
 * missing, and disturbs nobody. */
NODISCARD int ledger_open_all(
	struct store *store, int64_t now_s, struct ledger *out, size_t count);

/** Begins with a license that may be new: makes it with so many licenses where it is not there.
 */
NODISCARD int ledger_create(struct store *store, const char *license_id, int64_t seats,
	int64_t now_s, struct ledger *out);

/** Ends; durable when it returns 0. After an error nothing was changed, or, where the disk
 * fails in this very moment, nobody knows: what can be asked twice must be asked again. */
NODISCARD int ledger_commit(struct ledger *ledger);

/** Ends without a change. The thread's error message stays. */
void ledger_abandon(struct ledger *ledger);

/** Passes a result of the database on, and remembers that a write failed. */
NODISCARD int ledger_check(struct ledger *ledger, int r);

/** Stores the license after a transition of license.h, with an event of that kind, and one more
 * where the transition freed all assignments. `detail` goes into the event. */
NODISCARD int ledger_change(struct ledger *ledger, const char *kind, const char *detail,
	const struct license_effect *effect);

/** Moves the number of used licenses. ERR_LIMIT, and broken, where it would leave 0..seats:
 * the last line of defence behind claim.h. */
NODISCARD int ledger_count(struct ledger *ledger, int64_t change);

/** The same for several licenses of one transaction, each with its own change and with its
 * revision and the head of its chain, as they stand in `ledgers`. */
NODISCARD int ledger_count_all(
	struct ledger *const *ledgers, const int64_t *changes, size_t count);

/** Puts an event behind the chain in memory alone: its row (`hash`: in hexadecimal digits), and
 * the license's with ledger_count_all, are the caller's to write. Returns its revision. */
int64_t ledger_note(struct ledger *ledger, const char *kind, const char *detail,
	char hash[2 * HASH_SIZE + 1]);

/** Appends an event to the license's chain. */
NODISCARD int ledger_record(
	struct ledger *ledger, const char *kind, int64_t at_s, const char *detail);

/** Fills a lease for an instance, without answer and signature: its next sequence number, the
 * license as it stands now. ERR_NOTFOUND where it is not enrolled. */
NODISCARD int ledger_lease(struct ledger *ledger, const char *instance_id,
	const uint8_t nonce[LEASE_NONCE_SIZE], struct lease *out);

/** One of the leases for ledger_lease_all. */
struct ledger_asked {
	struct ledger *ledger;
	const char *instance_id;
	const uint8_t *nonce;
	struct lease *lease; /* out */
	bool is_enrolled;    /* out: else there is no lease */
};

/** The same for several instances, of licenses of one transaction. An error is that of the
 * transaction. */
NODISCARD int ledger_lease_all(struct ledger_asked *asked, size_t count);

#endif
