/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/metrics.h"

enum { PAGE_BYTES = 2 * 1024 * 1024 };

/* No history is so far ahead of its copy: what an instance makes up counts for no more. */
static const int64_t ahead_max = INT64_C(1) << 40;

static struct db *db_of(const struct ledger *ledger)
{
	return store_db(ledger->store);
}

/* Whether an operator accepted a history beyond that revision: what was before it may be lost.
 */
static int is_restored_behind(struct ledger *ledger, int64_t revision)
{
	AUTO_ROWS rows = NULL;

	return db_one(db_of(ledger), &rows,
		"SELECT revision FROM event WHERE license_id = ?1 AND revision > ?2"
		" AND kind = 'restored' LIMIT 1",
		"si", ledger->license_id, revision);
}

/* 1 where the event at that revision has that hash (hexadecimal), 0 where not. */
static int has_hash(struct ledger *ledger, int64_t revision, const char *hash)
{
	static const char no_events[] =
		"0000000000000000000000000000000000000000000000000000000000000000";
	AUTO_ROWS rows = NULL;

	if (revision == 0)
		return text_equal(hash, no_events);
	int r = db_one(db_of(ledger), &rows,
		"SELECT hash FROM event WHERE license_id = ?1 AND revision = ?2", "si",
		ledger->license_id, revision);
	return r <= 0 ? r : text_equal(db_text(rows, 0), hash);
}

/* 1 where the witness is of this history. */
static int fits(struct ledger *ledger, const struct history_witness *witness)
{
	char hash[2 * HASH_SIZE + 1];

	if (witness->revision > ledger->revision)
		return 0;
	if (witness->revision == ledger->revision)
		return memcmp(witness->chain, ledger->chain, HASH_SIZE) == 0;
	text_to_hex(witness->chain, HASH_SIZE, hash);
	int r = has_hash(ledger, witness->revision, hash);
	return r ? r : is_restored_behind(ledger, witness->revision);
}

static int raise_alarm(struct ledger *ledger, const char *instance_id,
	const struct history_witness *witness, int64_t sequence)
{
	int64_t most_revision = ledger->revision + ahead_max;
	int64_t most_sequence = sequence + ahead_max;
	int r = db_run(db_of(ledger),
		"INSERT INTO history_alarm (license_id, instance_id, revision, sequence, at_s)"
		" VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (license_id, instance_id) DO UPDATE"
		" SET revision = CASE WHEN excluded.revision > history_alarm.revision"
		" THEN excluded.revision ELSE history_alarm.revision END,"
		" sequence = CASE WHEN excluded.sequence > history_alarm.sequence"
		" THEN excluded.sequence ELSE history_alarm.sequence END",
		"ssiii", ledger->license_id, instance_id,
		witness->revision < most_revision ? witness->revision : most_revision,
		witness->sequence < most_sequence ? witness->sequence : most_sequence,
		ledger->now_s);

	metrics_count_history_behind();
	log_error("history_behind", "license", ledger->license_id, "instance", instance_id,
		"what", "an instance saw more than the database holds; see accept-restore",
		NULL);
	return ledger_check(ledger, r);
}

/* Of two copies of one instance each sees only its own answers: what it saw last is not what
 * was given out last. So it looks, now and then, after a lost answer too. */
static int note_sequence(
	struct ledger *ledger, const char *instance_id, int64_t seen, int64_t next)
{
	int r = db_run(db_of(ledger),
		"UPDATE instance SET regressions = regressions +"
		" CASE WHEN witness_sequence > ?3 THEN 1 ELSE 0 END, witness_sequence = ?4"
		" WHERE license_id = ?1 AND instance_id = ?2",
		"ssii", ledger->license_id, instance_id, seen, next);

	return ledger_check(ledger, r);
}

int history_check(
	struct ledger *ledger, const char *instance_id, const struct history_witness *witness)
{
	AUTO_ROWS rows = NULL;

	if (!witness->is_given)
		return 0;
	int r = db_one(db_of(ledger), &rows,
		"SELECT sequence FROM instance WHERE license_id = ?1 AND instance_id = ?2",
		"ss", ledger->license_id, instance_id);
	if (r <= 0)
		return r; /* one that is not enrolled is told so by the lease */
	int64_t sequence = db_int(rows, 0);
	r = witness->sequence > sequence ? 0 : fits(ledger, witness);
	if (r < 0)
		return r;
	if (r == 0)
		return raise_alarm(ledger, instance_id, witness, sequence);
	return witness->reads_events
		       ? 0
		       : note_sequence(ledger, instance_id, witness->sequence, sequence + 1);
}

int history_may_issue(struct ledger *ledger)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db_of(ledger), &rows,
		"SELECT at_s FROM history_alarm WHERE license_id = ?1 LIMIT 1", "s",
		ledger->license_id);

	if (r > 0)
		return err_set(ERR_AUTH,
			"the service's records of this license are behind what "
			"was seen of them; its operator must look at that");
	return r;
}

/* Listing. */

/* The hash of the last event up to `revision`. */
static int put_before(struct ledger *ledger, int64_t revision, struct json *answer)
{
	static const uint8_t no_events[HASH_SIZE];
	char zeros[2 * HASH_SIZE + 1];
	AUTO_ROWS rows = NULL;
	int r = db_one(db_of(ledger), &rows,
		"SELECT hash FROM event WHERE license_id = ?1 AND revision <= ?2"
		" ORDER BY revision DESC LIMIT 1",
		"si", ledger->license_id, revision);

	text_to_hex(no_events, HASH_SIZE, zeros);
	if (r >= 0)
		json_put_text(answer, "before", r ? db_text(rows, 0) : zeros);
	return r < 0 ? r : 0;
}

/* Where an instance has another chain there, what it has is lost, and it begins anew with the
 * event that says so. */
static int find_start(struct ledger *ledger, const struct history_page *page, int64_t *out)
{
	AUTO_ROWS rows = NULL;

	*out = page->after;
	int r = page->chain ? has_hash(ledger, page->after, page->chain) : 1;
	if (r != 0)
		return r < 0 ? r : 0;
	r = db_one(db_of(ledger), &rows,
		"SELECT revision FROM event WHERE license_id = ?1 AND revision > ?2"
		" AND kind = 'restored' ORDER BY revision DESC LIMIT 1",
		"si", ledger->license_id, page->after);
	if (r > 0)
		*out = db_int(rows, 0) - 1;
	return r < 0 ? r : 0;
}

static struct json *event_json(struct db_rows *rows)
{
	struct json *event = json_new_object();

	json_put_int(event, "revision", db_int(rows, 0));
	json_put_time(event, "at", db_int(rows, 1));
	json_put_text(event, "kind", db_text(rows, 2));
	json_put_text(event, "detail", db_text(rows, 3));
	json_put_text(event, "hash", db_text(rows, 4));
	return event;
}

static int put_events(
	struct ledger *ledger, int64_t start, int64_t limit, struct json *events, bool *more)
{
	AUTO_ROWS rows = NULL;
	size_t bytes = 0;
	int r = db_query(db_of(ledger), &rows,
		"SELECT revision, at_s, kind, detail, hash FROM event WHERE license_id = ?1"
		" AND revision > ?2 ORDER BY revision LIMIT ?3",
		"sii", ledger->license_id, start, limit + 1);

	if (r < 0)
		return r;
	while ((r = db_next(rows)) > 0 && bytes < PAGE_BYTES &&
		(int64_t)json_count(events) < limit) {
		bytes += strlen(db_text(rows, 3));
		json_append(events, event_json(rows));
	}
	*more = r > 0;
	return r < 0 ? r : 0;
}

int history_events(struct ledger *ledger, void *context)
{
	struct history_page *page = context;
	AUTO_JSON answer = json_new_object();
	struct json *events = json_new_array();
	int64_t start;
	bool more = false;

	json_put(answer, "events", events);
	int r = find_start(ledger, page, &start);
	if (r == 0)
		r = put_before(ledger, start, answer);
	if (r == 0)
		r = put_events(ledger, start, page->limit, events, &more);
	if (r < 0)
		return r;
	size_t count = json_count(events);
	if (more && count)
		json_put_int(answer, "next",
			json_get_int(json_at(events, count - 1), "revision", 0));
	else
		json_put(answer, "next", NULL);
	page->answer = json_text(answer, false);
	return 0;
}

/* Accepting. */

static int read_alarms(struct ledger *ledger, int64_t *revision, int64_t *sequence)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db_of(ledger), &rows,
		"SELECT count(*), max(revision), max(sequence) FROM history_alarm"
		" WHERE license_id = ?1",
		"s", ledger->license_id);

	if (r < 0)
		return r;
	if (r == 0 || db_int(rows, 0) == 0)
		return err_set(ERR_EXISTS, "the license does not wait for anything");
	*revision = db_int(rows, 1);
	*sequence = db_int(rows, 2);
	return 0;
}

static int lift_sequences(struct ledger *ledger, int64_t sequence)
{
	int r = db_run(db_of(ledger),
		"UPDATE instance SET sequence = ?3 +"
		" CASE WHEN sequence < ?2 THEN ?2 ELSE sequence END WHERE license_id = ?1",
		"sii", ledger->license_id, sequence, (int64_t)HISTORY_MARGIN);

	if (r == 0)
		r = db_run(db_of(ledger), "DELETE FROM history_alarm WHERE license_id = ?1",
			"s", ledger->license_id);
	return ledger_check(ledger, r);
}

static int accept(struct ledger *ledger)
{
	int64_t revision = 0, sequence = 0;
	int r = read_alarms(ledger, &revision, &sequence);

	if (r < 0)
		return r;
	AUTO_TEXT detail = mem_printf("behind=%" PRId64, ledger->revision);
	r = lift_sequences(ledger, sequence);
	if (r < 0)
		return r;
	ledger->revision =
		HISTORY_MARGIN + (revision > ledger->revision ? revision : ledger->revision);
	return ledger_record(ledger, "restored", ledger->now_s, detail);
}

int history_accept(struct store *store, const char *license_id, int64_t now_s)
{
	struct ledger ledger;
	int r = ledger_open(store, license_id, now_s, &ledger);

	if (r < 0)
		return r;
	r = accept(&ledger);
	if (r == 0)
		return ledger_commit(&ledger);
	ledger_abandon(&ledger);
	return r;
}

int history_accept_all(struct store *store, int64_t now_s, int64_t *out_count)
{
	char id[LEASE_ID_SIZE];
	int r;

	*out_count = 0;
	for (;;) {
		{
			AUTO_ROWS rows = NULL;
			r = db_one(store_db(store), &rows,
				"SELECT license_id FROM history_alarm ORDER BY license_id"
				" LIMIT 1",
				"");
			if (r <= 0)
				return r;
			const char *found = db_text(rows, 0);
			if (strlen(found) != LEASE_ID_SIZE - 1)
				return err_set(ERR_CORRUPT, "%.40s is no license id", found);
			memcpy(id, found, LEASE_ID_SIZE);
		}
		r = history_accept(store, id, now_s);
		if (r < 0)
			return r;
		(*out_count)++;
	}
}

/* Holds the first license behind `after`, and puts its id there: 1, or 0 behind the last. */
static int hold_next(struct db *db, char after[LEASE_ID_SIZE], int64_t now_s)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows,
		"SELECT license_id, revision FROM license WHERE license_id > ?1"
		" ORDER BY license_id LIMIT 1",
		"s", after);

	if (r <= 0)
		return r;
	int64_t revision = db_int(rows, 1);
	snprintf(after, LEASE_ID_SIZE, "%s", db_text(rows, 0));
	r = db_run(db,
		"INSERT INTO history_alarm (license_id, instance_id, revision, sequence, at_s)"
		" VALUES (?1, '-', ?2, 0, ?3) ON CONFLICT (license_id, instance_id) DO NOTHING",
		"sii", after, revision, now_s);
	return r < 0 ? r : 1;
}

int history_hold_all(struct store *store, int64_t now_s)
{
	char after[LEASE_ID_SIZE] = "";
	int r = db_begin(store_db(store));

	if (r < 0)
		return r;
	do
		r = hold_next(store_db(store), after, now_s);
	while (r > 0);
	if (r == 0)
		r = db_commit(store_db(store));
	if (r < 0)
		db_rollback(store_db(store));
	return r;
}

int history_count_held(struct store *store, int64_t *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT count(DISTINCT license_id) FROM history_alarm", "");

	*out = r > 0 ? db_int(rows, 0) : 0;
	return r < 0 ? r : 0;
}
