/* SPDX-License-Identifier: Apache-2.0 */
#include "sabotage.h"

#include <string.h>

#include "db/db.h"
#include "license/claim.h"
#include "license/license.h"
#include "license/standing.h"
#include "license_client/timefloor.h"
#include "license_service/claims_batch.h"
#include "license_service/history.h"
#include "license_service/ledger.h"

enum fault {
	NONE,
	STALE_COUNT,
	PARTIAL_GRANT,
	KEEPS_ASSIGNMENTS,
	DROPS_ASSIGNMENTS,
	EARLY_RELEASE,
	LOST_COMMIT,
	FORGETS_ANSWERS,
	SILENT_RELEASE,
	MOVES_END,
	ACCEPTS_REPLAYS,
	NO_FLOOR,
	IGNORES_END,
	ENDLESS_OFFLINE,
	KEEPS_HELD,
	NO_WITNESS,
	ISSUES_BEHIND,
};

const struct sabotage sabotages[] = {
	[NONE] = {"none", "", {0}},
	[STALE_COUNT] = {"stale_count", "the service counts before it locks", {14, 1, 7}},
	[PARTIAL_GRANT] = {"partial_grant", "an object is granted with one license less", {7}},
	[KEEPS_ASSIGNMENTS] = {"keeps_assignments", "a renewal for fewer keeps the assignments",
		{11}},
	[DROPS_ASSIGNMENTS] = {"drops_assignments", "each renewal empties", {11}},
	[EARLY_RELEASE] = {"early_release", "a release after 29 days", {3}},
	[LOST_COMMIT] = {"lost_commit", "some commits are answered and not made", {5, 6, 12}},
	[FORGETS_ANSWERS] = {"forgets_answers", "a claim asked again is a new one", {6}},
	[SILENT_RELEASE] = {"silent_release", "a release is no event", {12, 1}},
	[MOVES_END] = {"moves_end", "licenses that are added move the end", {4}},
	[ACCEPTS_REPLAYS] = {"accepts_replays", "the instance does not look at the nonce", {9}},
	[NO_FLOOR] = {"no_floor", "the instance goes by its wall clock", {10}},
	[IGNORES_END] = {"ignores_end", "the instance goes on after the end", {9}},
	[ENDLESS_OFFLINE] = {"endless_offline", "the instance works offline for ever", {9}},
	[KEEPS_HELD] = {"keeps_held",
		"the instance overlooks a reset that comes while it is "
		"offline",
		{9}},
	[NO_WITNESS] = {"no_witness", "the service does not look at what instances saw", {12}},
	[ISSUES_BEHIND] = {"issues_behind", "a database that is put back is not held", {12}},
};

const size_t sabotage_count = sizeof(sabotages) / sizeof(*sabotages);

static enum fault fault;
static int64_t free_before; /* licenses, at the claim before */
static bool is_lost;        /* the next commit */

void sabotage_begin(void)
{
	free_before = 0;
	is_lost = false;
}

bool sabotage_use(const char *name)
{
	fault = NONE;
	for (size_t i = 1; name && i < sabotage_count; i++)
		if (strcmp(name, sabotages[i].name) == 0)
			fault = (enum fault)i;
	return !name || fault != NONE;
}

/* A wrapped function: `real` is the one of the house. */
#define WRAP(result, name, parameters)                                                         \
	result __real_##name parameters;                                                       \
	result __wrap_##name parameters;                                                       \
	result __wrap_##name parameters

WRAP(int64_t, claim_decide,
	(struct claim_object * objects, size_t count, enum claim_mark *marks, int64_t free))
{
	if (fault == STALE_COUNT) {
		int64_t stale = free_before > free ? free_before : free;
		free_before = free;
		return __real_claim_decide(objects, count, marks, stale);
	}
	int64_t taken = __real_claim_decide(objects, count, marks, free);
	for (size_t i = 0; fault == PARTIAL_GRANT && i < count; i++) {
		if (objects[i].granted || objects[i].missing > 1)
			continue;
		objects[i].granted = true;
		objects[i].missing = 0;
	}
	return taken;
}

static void spoil_reset(
	const struct license *before, struct license *after, struct license_effect *effect)
{
	if (fault == KEEPS_ASSIGNMENTS && effect->reset && before->used <= after->seats) {
		after->epoch = before->epoch;
		after->used = before->used;
		effect->reset = false;
	}
	if (fault == DROPS_ASSIGNMENTS && effect->changed && !effect->reset &&
		effect->at_s != 0 && before->waiting_count > after->waiting_count) {
		after->epoch++;
		after->used = 0;
		effect->reset = true;
	}
}

WRAP(bool, license_settle,
	(struct license * license, int64_t now_s, struct license_effect *out))
{
	struct license before = *license;
	bool is_due = __real_license_settle(license, now_s, out);

	if (is_due)
		spoil_reset(&before, license, out);
	return is_due;
}

WRAP(int, license_renew,
	(struct license * license, int64_t seats, int64_t now_s, struct license_effect *out))
{
	struct license before = *license;
	int r = __real_license_renew(license, seats, now_s, out);

	if (r == 0)
		spoil_reset(&before, license, out);
	return r;
}

WRAP(int, license_add,
	(struct license * license, int64_t seats, int64_t now_s, struct license_effect *out))
{
	int r = __real_license_add(license, seats, now_s, out);

	if (r == 0 && fault == MOVES_END)
		license->years++;
	return r;
}

WRAP(bool, release_is_allowed, (int64_t assigned_s, int64_t now_s))
{
	return __real_release_is_allowed(
		assigned_s, now_s + (fault == EARLY_RELEASE ? 86400 : 0));
}

WRAP(int, db_commit, (struct db * db))
{
	if (!is_lost)
		return __real_db_commit(db);
	is_lost = false;
	db_rollback(db);
	return 0;
}

WRAP(bool, claims_batch_add,
	(struct claims_batch * batch, struct ledger *ledger, struct claims *claims))
{
	is_lost = fault == LOST_COMMIT && claims->subject_count % 5 == 4;
	if (fault == FORGETS_ANSWERS &&
		db_run(store_db(ledger->store), "DELETE FROM idempotency", "") < 0)
		return false;
	return __real_claims_batch_add(batch, ledger, claims);
}

WRAP(int, ledger_record,
	(struct ledger * ledger, const char *kind, int64_t at_s, const char *detail))
{
	if (fault == SILENT_RELEASE && strcmp(kind, "released") == 0)
		return 0;
	return __real_ledger_record(ledger, kind, at_s, detail);
}

WRAP(bool, secret_equal, (const void *a, const void *b, size_t size))
{
	if (fault == ACCEPTS_REPLAYS && size == LEASE_NONCE_SIZE)
		return true;
	return __real_secret_equal(a, b, size);
}

WRAP(int64_t, timefloor_now,
	(const struct timefloor *floor, const struct timefloor_reading *reading))
{
	return fault == NO_FLOOR ? reading->wall_s : __real_timefloor_now(floor, reading);
}

WRAP(enum standing, standing_judge,
	(const struct lease *lease, int64_t now_s, int64_t failed_since_s))
{
	struct lease spoiled = *lease;

	if (fault == IGNORES_END && now_s >= lease->expires_s)
		spoiled.expires_s = now_s + 1;
	if (fault == ENDLESS_OFFLINE)
		spoiled.offline_limit_s = INT64_C(100) * 365 * 86400;
	return __real_standing_judge(&spoiled, now_s, failed_since_s);
}

WRAP(bool, standing_assignments_hold, (const struct lease *lease, int64_t now_s))
{
	return fault == KEEPS_HELD || __real_standing_assignments_hold(lease, now_s);
}

WRAP(int, history_check_all, (struct history_asked * asked, size_t count))
{
	return fault == NO_WITNESS ? 0 : __real_history_check_all(asked, count);
}

WRAP(int, history_find_held, (struct ledger * ledgers, size_t count, bool *out))
{
	int r = __real_history_find_held(ledgers, count, out);

	for (size_t i = 0; fault == ISSUES_BEHIND && i < count; i++)
		out[i] = false;
	return r;
}
