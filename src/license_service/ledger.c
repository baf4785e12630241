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
#include "license_service/service_time.h"

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

static int read_license(struct db_rows *rows, size_t at, void *context)
{
	struct ledger *ledger = &((struct ledger *)context)[at];
	struct license *license = &ledger->license;

	ledger->is_missing = false;
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

/* Takes the licenses' rows: the first statement on each, a write, which waits for whoever holds
 * the row, and gives it as it is then. What else is read behind it is what the transaction
 * before left. */
static int lock(struct ledger *ledgers, size_t count)
{
	struct db_cell *cells = mem_array(2 * count, sizeof(*cells));
	const struct db_many many = {.types = "si",
		.cells = cells,
		.rows = count,
		.on_row = read_license,
		.context = ledgers};

	for (size_t i = 0; i < count; i++) {
		ledgers[i].is_missing = true;
		cells[2 * i].text = ledgers[i].license_id;
		cells[2 * i + 1].number = ledgers[i].now_s;
	}
	int r = db_run_many(db_of(ledgers), &many,
		"UPDATE license SET touched_s = CASE WHEN touched_s < ?2 THEN ?2"
		" ELSE touched_s END WHERE license_id = ?1"
		" RETURNING seats, used, epoch, activated_s, anchor_s, years, revoked_s,"
		" touched_s, revision, chain");
	mem_free(cells);
	return r;
}

static int read_renewal(struct db_rows *rows, size_t at, void *context)
{
	struct license *license = &((struct ledger *)context)[at].license;
	int r;

	do {
		if (license->waiting_count == LICENSE_WAITING_MAX)
			return err_set(ERR_CORRUPT, "too many renewals wait");
		license->waiting[license->waiting_count++] = (struct license_renewal){
			.start_s = db_int(rows, 0), .seats = db_int(rows, 1)};
	} while ((r = db_next(rows)) > 0);
	return r;
}

static int read_renewals(struct ledger *ledgers, size_t count)
{
	struct db_cell *cells = mem_array(count, sizeof(*cells));
	const struct db_many many = {.types = "s",
		.cells = cells,
		.rows = count,
		.on_row = read_renewal,
		.context = ledgers};

	for (size_t i = 0; i < count; i++)
		cells[i].text = ledgers[i].license_id;
	int r = db_run_many(db_of(ledgers), &many,
		"SELECT start_s, seats FROM renewal WHERE license_id = ?1 ORDER BY start_s");
	mem_free(cells);
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

/* After db_begin: from the lock to the settled licenses. */
static int take(struct ledger *ledgers, size_t count)
{
	int r = lock(ledgers, count);

	if (r == 0)
		r = read_renewals(ledgers, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!ledgers[i].is_missing)
			r = apply_what_is_due(&ledgers[i]);
	if (r < 0)
		ledger_abandon(ledgers);
	return r;
}

static int begin(struct store *store, int64_t now_s, struct ledger *out)
{
	out->store = store;
	out->now_s = now_s;
	int r = db_begin(store_db(store));
	if (r < 0)
		return r;
	r = service_time_apply(store_db(store), &out->now_s);
	if (r < 0)
		ledger_abandon(out);
	return r;
}

static void name(struct ledger *ledger, const char *license_id)
{
	*ledger = (struct ledger){0};
	ASSERT(strlen(license_id) < LEASE_ID_SIZE);
	memcpy(ledger->license_id, license_id, strlen(license_id) + 1);
}

int ledger_open_all(struct store *store, int64_t now_s, struct ledger *out, size_t count)
{
	int r = begin(store, now_s, &out[0]);

	if (r < 0)
		return r;
	for (size_t i = 1; i < count; i++) {
		ASSERT(strcmp(out[i - 1].license_id, out[i].license_id) < 0);
		out[i].store = store;
		out[i].now_s = out[0].now_s;
	}
	return take(out, count);
}

int ledger_open(struct store *store, const char *license_id, int64_t now_s, struct ledger *out)
{
	name(out, license_id);
	int r = ledger_open_all(store, now_s, out, 1);

	if (r == 0 && out->is_missing) {
		ledger_abandon(out);
		r = err_set(ERR_NOTFOUND, "there is no license %s", license_id);
	}
	return r;
}

int ledger_create(struct store *store, const char *license_id, int64_t seats, int64_t now_s,
	struct ledger *out)
{
	static const char no_events[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	name(out, license_id);
	int r = begin(store, now_s, out);

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
	return take(out, 1);
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
	return change == 0 ? 0 : ledger_count_all(&ledger, &change, 1);
}

static int settle_count(struct ledger *ledger, int64_t change, bool is_changed)
{
	if (!is_changed) {
		int r = err_set(ERR_LIMIT,
			"license %s: %" PRId64 " used and %" PRId64
			" more are not within %" PRId64,
			ledger->license_id, ledger->license.used, change,
			ledger->license.seats);
		return ledger_check(ledger, r);
	}
	ledger->license.used += change;
	return 0;
}

int ledger_count_all(struct ledger *const *ledgers, const int64_t *changes, size_t count)
{
	enum { COLUMNS = 4 };
	struct db_cell *cells = mem_array(COLUMNS * count, sizeof(*cells));
	char(*hashes)[2 * HASH_SIZE + 1] = mem_array(count, sizeof(*hashes));
	int64_t *changed = mem_array(count, sizeof(*changed));
	const struct db_many many = {
		.types = "siis", .cells = cells, .rows = count, .changed = changed};

	for (size_t i = 0; i < count; i++) {
		text_to_hex(ledgers[i]->chain, HASH_SIZE, hashes[i]);
		cells[COLUMNS * i].text = ledgers[i]->license_id;
		cells[COLUMNS * i + 1].number = changes[i];
		cells[COLUMNS * i + 2].number = ledgers[i]->revision;
		cells[COLUMNS * i + 3].text = hashes[i];
	}
	int r = count == 0 ? 0
			   : db_run_many(db_of(ledgers[0]), &many,
				     "UPDATE license SET used = used + ?2, revision = ?3,"
				     " chain = ?4 WHERE license_id = ?1"
				     " AND used + ?2 >= 0 AND used + ?2 <= seats");
	for (size_t i = 0; r == 0 && i < count; i++)
		r = settle_count(ledgers[i], changes[i], changed[i] == 1);
	for (size_t i = 0; i < count; i++)
		r = ledger_check(ledgers[i], r);
	mem_free(changed);
	mem_free(hashes);
	mem_free(cells);
	return r;
}

static int64_t chain_on(
	struct ledger *ledger, const struct chain_event *event, char hash[2 * HASH_SIZE + 1])
{
	chain_next(ledger->chain, event, ledger->chain);
	text_to_hex(ledger->chain, HASH_SIZE, hash);
	return event->revision;
}

int64_t ledger_note(struct ledger *ledger, const char *kind, const char *detail,
	char hash[2 * HASH_SIZE + 1])
{
	const struct chain_event event = {
		.license_id = ledger->license_id,
		.revision = ++ledger->revision,
		.at_s = ledger->now_s,
		.kind = kind,
		.detail = detail,
	};

	return chain_on(ledger, &event, hash);
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

	chain_on(ledger, &event, hash);
	int r = db_run(db_of(ledger),
		"INSERT INTO event (license_id, revision, at_s, kind, detail, hash)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
		"siisss", ledger->license_id, event.revision, at_s, kind, detail, hash);
	if (r == 0)
		r = write_head(ledger, hash);
	return ledger_check(ledger, r);
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

/* All but what belongs to the instance. */
static int fill_lease(const struct ledger_asked *asked)
{
	struct ledger *ledger = asked->ledger;
	const struct license *license = &ledger->license;
	struct lease *lease = asked->lease;

	ASSERT(strlen(asked->instance_id) < LEASE_ID_SIZE);
	*lease = (struct lease){
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
	memcpy(lease->license_id, ledger->license_id, LEASE_ID_SIZE);
	memcpy(lease->instance_id, asked->instance_id, strlen(asked->instance_id) + 1);
	memcpy(lease->nonce, asked->nonce, LEASE_NONCE_SIZE);
	memcpy(lease->chain, ledger->chain, HASH_SIZE);
	return fill_assigned(ledger, lease);
}

static int read_instance(struct db_rows *rows, size_t at, void *context)
{
	struct ledger_asked *asked = &((struct ledger_asked *)context)[at];

	asked->is_enrolled = true;
	asked->lease->sequence = db_int(rows, 0);
	return store_read_public(db_text(rows, 1), asked->lease->instance_public);
}

int ledger_lease_all(struct ledger_asked *asked, size_t count)
{
	enum { COLUMNS = 3 };
	struct db_cell *cells = mem_array(COLUMNS * count, sizeof(*cells));
	const struct db_many many = {.types = "ssi",
		.cells = cells,
		.rows = count,
		.on_row = read_instance,
		.context = asked};
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++) {
		asked[i].is_enrolled = false;
		cells[COLUMNS * i].text = asked[i].ledger->license_id;
		cells[COLUMNS * i + 1].text = asked[i].instance_id;
		cells[COLUMNS * i + 2].number = asked[i].ledger->now_s;
		r = fill_lease(&asked[i]);
	}
	if (r == 0 && count)
		r = db_run_many(db_of(asked[0].ledger), &many,
			"UPDATE instance SET sequence = sequence + 1, last_seen_s = ?3"
			" WHERE license_id = ?1 AND instance_id = ?2"
			" RETURNING sequence, public_key");
	mem_free(cells);
	for (size_t i = 0; i < count; i++)
		r = ledger_check(asked[i].ledger, r);
	return r;
}

int ledger_lease(struct ledger *ledger, const char *instance_id,
	const uint8_t nonce[LEASE_NONCE_SIZE], struct lease *out)
{
	struct ledger_asked asked = {ledger, instance_id, nonce, out, false};
	int r = ledger_lease_all(&asked, 1);

	if (r == 0 && !asked.is_enrolled)
		r = err_set(ERR_NOTFOUND, "the instance is not enrolled under this license");
	return r;
}
