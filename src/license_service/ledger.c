/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/ledger.h"

#include <inttypes.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license/chain.h"

enum {
	FLOOR_STEP_S = 60,  /* how finely the highest time is kept for all licenses together */
	BEHIND_WARN_S = 60, /* a clock that is further behind is told to the vendor */
};

static struct db *db_of(const struct ledger *ledger)
{
	return store_db(ledger->store);
}

int ledger_check(struct ledger *ledger, int r)
{
	if (r < 0)
		ledger->is_broken = true;
	return r;
}

/* The highest time that was ever seen, and where the clock is well past it, the new one. */
static int apply_floor(struct ledger *ledger)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db_of(ledger), &rows, "SELECT at_s FROM service_time WHERE id = ?1", "i",
		(int64_t)1);

	if (r < 0)
		return r;
	int64_t floor_s = r ? db_int(rows, 0) : 0;
	if (floor_s > ledger->now_s + BEHIND_WARN_S) {
		char at[TIMESTAMP_SIZE];
		timestamp_format(floor_s, at);
		log_warning("clock_behind", "going_on_with", at, NULL);
	}
	if (floor_s > ledger->now_s)
		ledger->now_s = floor_s;
	if (ledger->now_s < floor_s + FLOOR_STEP_S)
		return 0;
	/* Another may have been here since it was read. */
	return db_run(db_of(ledger),
		"UPDATE service_time SET at_s = ?2 WHERE id = ?1 AND at_s < ?2", "ii",
		(int64_t)1, ledger->now_s);
}

/* Takes the license's row: the first statement, a write, so that what is read behind it is what
 * the transaction before left. */
static int lock(struct ledger *ledger)
{
	int r = db_run(db_of(ledger),
		"UPDATE license SET touched_s = CASE WHEN touched_s < ?2 THEN ?2"
		" ELSE touched_s END WHERE license_id = ?1",
		"si", ledger->license_id, ledger->now_s);

	if (r == 0 && db_changed(db_of(ledger)) == 0)
		r = err_set(ERR_NOTFOUND, "there is no license %s", ledger->license_id);
	return r;
}

static int read_license(struct ledger *ledger)
{
	AUTO_ROWS rows = NULL;
	struct license *license = &ledger->license;
	int r = db_one(db_of(ledger), &rows,
		"SELECT seats, used, epoch, activated_s, anchor_s, years, revoked_s, touched_s,"
		" revision, chain FROM license WHERE license_id = ?1",
		"s", ledger->license_id);

	if (r <= 0)
		return r < 0 ? r : err_set(ERR_NOTFOUND, "the license went away");
	license->seats = db_int(rows, 0);
	license->used = db_int(rows, 1);
	license->epoch = db_int(rows, 2);
	license->activated_s = db_int(rows, 3);
	license->anchor_s = db_int(rows, 4);
	license->years = db_int(rows, 5);
	license->revoked_s = db_int(rows, 6);
	ledger->now_s = db_int(rows, 7);
	ledger->revision = db_int(rows, 8);
	if (text_from_hex(db_text(rows, 9), ledger->chain, HASH_SIZE) < 0)
		return err_set(ERR_CORRUPT, "the license has no event chain");
	return 0;
}

static int read_renewals(struct ledger *ledger)
{
	AUTO_ROWS rows = NULL;
	struct license *license = &ledger->license;
	int r = db_query(db_of(ledger), &rows,
		"SELECT start_s, seats FROM renewal WHERE license_id = ?1 ORDER BY start_s",
		"s", ledger->license_id);

	if (r < 0)
		return r;
	while ((r = db_next(rows)) > 0) {
		if (license->waiting_count == LICENSE_WAITING_MAX)
			return err_set(ERR_CORRUPT, "too many renewals wait");
		license->waiting[license->waiting_count++] = (struct license_renewal){
			.start_s = db_int(rows, 0), .seats = db_int(rows, 1)};
	}
	return r;
}

static int apply_what_is_due(struct ledger *ledger)
{
	struct license_effect effect;
	int r = 0;

	while (r == 0 && license_settle(&ledger->license, ledger->now_s, &effect)) {
		AUTO_TEXT detail = mem_printf("licenses=%" PRId64, effect.seats);
		r = ledger_change(ledger, "renewal_began", detail, &effect);
	}
	return r;
}

/* After db_begin: from the lock to the settled license. */
static int take(struct ledger *ledger)
{
	int r = lock(ledger);

	if (r == 0)
		r = read_license(ledger);
	if (r == 0)
		r = read_renewals(ledger);
	if (r == 0)
		r = apply_what_is_due(ledger);
	if (r < 0)
		ledger_abandon(ledger);
	return r;
}

static int begin(struct store *store, const char *license_id, int64_t now_s, struct ledger *out)
{
	*out = (struct ledger){.store = store, .now_s = now_s};
	ASSERT(strlen(license_id) < LEASE_ID_SIZE);
	memcpy(out->license_id, license_id, strlen(license_id) + 1);

	int r = db_begin(store_db(store));
	if (r < 0)
		return r;
	r = apply_floor(out);
	if (r < 0)
		ledger_abandon(out);
	return r;
}

int ledger_open(struct store *store, const char *license_id, int64_t now_s, struct ledger *out)
{
	int r = begin(store, license_id, now_s, out);

	return r < 0 ? r : take(out);
}

int ledger_create(struct store *store, const char *license_id, int64_t seats, int64_t now_s,
	struct ledger *out)
{
	static const char no_events[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	int r = begin(store, license_id, now_s, out);

	if (r < 0)
		return r;
	r = db_run(store_db(store),
		"INSERT INTO license (license_id, seats, used, epoch, activated_s, anchor_s, "
		"years,"
		" revoked_s, touched_s, revision, chain)"
		" VALUES (?1, ?2, 0, 0, 0, 0, 0, 0, ?3, 0, ?4) ON CONFLICT (license_id) DO "
		"NOTHING",
		"siis", license_id, seats, out->now_s, no_events);
	if (r < 0) {
		ledger_abandon(out);
		return r;
	}
	return take(out);
}

void ledger_abandon(struct ledger *ledger)
{
	db_rollback(db_of(ledger));
}

int ledger_commit(struct ledger *ledger)
{
	ASSERT(!ledger->is_broken);
	int r = db_commit(db_of(ledger));

	if (r < 0)
		ledger_abandon(ledger);
	return r;
}

static int write_renewals(struct ledger *ledger)
{
	const struct license *license = &ledger->license;
	int r = db_run(db_of(ledger), "DELETE FROM renewal WHERE license_id = ?1", "s",
		ledger->license_id);

	for (size_t i = 0; r == 0 && i < license->waiting_count; i++)
		r = db_run(db_of(ledger),
			"INSERT INTO renewal (license_id, start_s, seats) VALUES (?1, ?2, ?3)",
			"sii", ledger->license_id, license->waiting[i].start_s,
			license->waiting[i].seats);
	return ledger_check(ledger, r);
}

static int write_license(struct ledger *ledger)
{
	const struct license *license = &ledger->license;
	int r = db_run(db_of(ledger),
		"UPDATE license SET seats = ?2, used = ?3, epoch = ?4, activated_s = ?5,"
		" anchor_s = ?6, years = ?7, revoked_s = ?8 WHERE license_id = ?1",
		"siiiiiii", ledger->license_id, license->seats, license->used, license->epoch,
		license->activated_s, license->anchor_s, license->years, license->revoked_s);

	if (r == 0)
		r = write_renewals(ledger);
	return ledger_check(ledger, r);
}

int ledger_change(struct ledger *ledger, const char *kind, const char *detail,
	const struct license_effect *effect)
{
	int64_t at_s = effect->at_s > ledger->now_s ? ledger->now_s : effect->at_s;
	int r = write_license(ledger);

	if (r == 0)
		r = ledger_record(ledger, kind, at_s, detail);
	if (r == 0 && effect->reset) {
		AUTO_TEXT epoch = mem_printf("epoch=%" PRId64, ledger->license.epoch);
		r = ledger_record(ledger, "reset", at_s, epoch);
	}
	return r;
}

int ledger_count(struct ledger *ledger, int64_t change)
{
	if (change == 0)
		return 0;
	int r = db_run(db_of(ledger),
		"UPDATE license SET used = used + ?2 WHERE license_id = ?1"
		" AND used + ?2 >= 0 AND used + ?2 <= seats",
		"si", ledger->license_id, change);
	if (r == 0 && db_changed(db_of(ledger)) != 1)
		r = err_set(ERR_LIMIT,
			"license %s: %" PRId64 " used and %" PRId64
			" more are not within %" PRId64,
			ledger->license_id, ledger->license.used, change,
			ledger->license.seats);
	if (r == 0)
		ledger->license.used += change;
	return ledger_check(ledger, r);
}

static int write_head(struct ledger *ledger, const char *hash)
{
	return db_run(db_of(ledger),
		"UPDATE license SET revision = ?2, chain = ?3 WHERE license_id = ?1", "sis",
		ledger->license_id, ledger->revision, hash);
}

int ledger_record(struct ledger *ledger, const char *kind, int64_t at_s, const char *detail)
{
	char hash[2 * HASH_SIZE + 1];
	struct chain_event event = {
		.license_id = ledger->license_id,
		.revision = ++ledger->revision,
		.at_s = at_s,
		.kind = kind,
		.detail = detail,
	};

	chain_next(ledger->chain, &event, ledger->chain);
	text_to_hex(ledger->chain, HASH_SIZE, hash);
	int r = db_run(db_of(ledger),
		"INSERT INTO event (license_id, revision, at_s, kind, detail, hash)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		"siisss", ledger->license_id, event.revision, at_s, kind, detail, hash);
	if (r == 0)
		r = write_head(ledger, hash);
	return ledger_check(ledger, r);
}

/* The instance's next sequence number and its key. */
static int next_sequence(struct ledger *ledger, struct lease *lease)
{
	AUTO_ROWS rows = NULL;
	int r = db_run(db_of(ledger),
		"UPDATE instance SET sequence = sequence + 1, last_seen_s = ?3"
		" WHERE license_id = ?1 AND instance_id = ?2",
		"ssi", ledger->license_id, lease->instance_id, ledger->now_s);

	if (r == 0)
		r = db_one(db_of(ledger), &rows,
			"SELECT sequence FROM instance WHERE license_id = ?1"
			" AND instance_id = ?2",
			"ss", ledger->license_id, lease->instance_id);
	if (r == 0)
		return err_set(ERR_NOTFOUND, "the instance is not enrolled under this license");
	if (r < 0)
		return ledger_check(ledger, r);
	lease->sequence = db_int(rows, 0);
	return store_find_instance(
		ledger->store, ledger->license_id, lease->instance_id, lease->instance_public);
}

static enum lease_state lease_state(const struct ledger *ledger)
{
	switch (license_phase(&ledger->license, ledger->now_s)) {
	case LICENSE_PHASE_REVOKED:
		return LEASE_REVOKED;
	case LICENSE_PHASE_ACTIVE:
		return LEASE_ACTIVE;
	case LICENSE_PHASE_NEW:
	case LICENSE_PHASE_EXPIRED:
		break;
	}
	return LEASE_EXPIRED;
}

static int fill_assigned(struct ledger *ledger, struct lease *lease)
{
	struct store_assigned assigned;
	int r = store_assigned(ledger->store, ledger->license_id, ledger->license.epoch,
		ledger->chain, &assigned);

	if (r < 0)
		return ledger_check(ledger, r);
	lease->assigned_count = assigned.count;
	memcpy(lease->assigned_digest, assigned.digest, HASH_SIZE);
	return 0;
}

int ledger_lease(struct ledger *ledger, const char *instance_id,
	const uint8_t nonce[LEASE_NONCE_SIZE], struct lease *out)
{
	const struct license *license = &ledger->license;

	ASSERT(strlen(instance_id) < LEASE_ID_SIZE);
	*out = (struct lease){
		.epoch = license->epoch,
		.revision = ledger->revision,
		.seats = license->seats,
		.used = license->used,
		.state = lease_state(ledger),
		.activated_s = license->activated_s,
		.expires_s = license_expires(license),
		.resets_s = license_next_reset(license),
		.issued_s = ledger->now_s,
		.renew_after_s = ledger->now_s + LEASE_RENEW_AFTER_S,
		.offline_limit_s = LEASE_OFFLINE_LIMIT_S,
	};
	memcpy(out->license_id, ledger->license_id, LEASE_ID_SIZE);
	memcpy(out->instance_id, instance_id, strlen(instance_id) + 1);
	memcpy(out->nonce, nonce, LEASE_NONCE_SIZE);
	memcpy(out->chain, ledger->chain, HASH_SIZE);

	int r = next_sequence(ledger, out);
	if (r == 0)
		r = fill_assigned(ledger, out);
	return r;
}
