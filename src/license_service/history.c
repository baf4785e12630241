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

/* The sequence numbers that the instances have; of one that is not enrolled none. */
static int take_sequence(struct db_rows *rows, size_t at, void *context)
{
	((struct history_asked *)context)[at].sequence = db_int(rows, 0);
	return 0;
}

static int read_sequences(struct history_asked *asked, size_t count)
{
	struct db_cell *cells = mem_array(2 * count, sizeof(*cells));
	const struct db_many many = {.types = "ss",
		.cells = cells,
		.rows = count,
		.on_row = take_sequence,
		.context = asked};

	for (size_t i = 0; i < count; i++) {
		asked[i].sequence = DB_NONE;
		asked[i].is_of_history = false;
		cells[2 * i].text = asked[i].ledger->license_id;
		cells[2 * i + 1].text = asked[i].instance_id;
	}
	int r = db_run_many(db_of(asked[0].ledger), &many,
		"SELECT sequence FROM instance WHERE license_id = ?1 AND instance_id = ?2");
	mem_free(cells);
	return r;
}

static int compare_hash(struct db_rows *rows, size_t at, void *context)
{
	struct history_asked *asked = &((struct history_asked *)context)[at];
	char hash[2 * HASH_SIZE + 1];

	text_to_hex(asked->witness->chain, HASH_SIZE, hash);
	asked->is_of_history = text_equal(db_text(rows, 0), hash);
	return 0;
}

/* Most have an event of this history in hand: all of them are looked at in one go. */
static int read_hashes(struct history_asked *asked, size_t count)
{
	struct db_cell *cells = mem_array(2 * count, sizeof(*cells));
	const struct db_many many = {.types = "si",
		.cells = cells,
		.rows = count,
		.on_row = compare_hash,
		.context = asked};

	for (size_t i = 0; i < count; i++) {
		cells[2 * i].text = asked[i].ledger->license_id;
		cells[2 * i + 1].number = asked[i].witness->revision;
	}
	int r = db_run_many(db_of(asked[0].ledger), &many,
		"SELECT hash FROM event WHERE license_id = ?1 AND revision = ?2");
	mem_free(cells);
	return r;
}

/* Of two copies of one instance each sees only its own answers: what it saw last is not what
 * was given out last. So it looks, now and then, after a lost answer too. */
static int note_sequences(const struct history_asked *asked, size_t count)
{
	enum { COLUMNS = 4 };
	struct db_cell *cells = mem_array(COLUMNS * count, sizeof(*cells));
	struct db_many many = {.types = "ssii", .cells = cells};

	for (size_t i = 0; i < count; i++) {
		if (!asked[i].is_of_history || asked[i].witness->reads_events)
			continue;
		struct db_cell *row = &cells[COLUMNS * many.rows++];
		row[0].text = asked[i].ledger->license_id;
		row[1].text = asked[i].instance_id;
		row[2].number = asked[i].witness->sequence;
		row[3].number = asked[i].sequence + 1;
	}
	int r = many.rows == 0 ? 0
			       : db_run_many(db_of(asked[0].ledger), &many,
					 "UPDATE instance SET regressions = regressions +"
					 " CASE WHEN witness_sequence > ?3 THEN 1 ELSE 0 END,"
					 " witness_sequence = ?4"
					 " WHERE license_id = ?1 AND instance_id = ?2");
	mem_free(cells);
	return r;
}

/* One that is not enrolled is told so by the lease. */
static int judge(struct history_asked *asked)
{
	const struct history_witness *witness = asked->witness;

	if (asked->sequence == DB_NONE)
		return 0;
	bool is_ahead = witness->sequence > asked->sequence;
	int r = is_ahead ? 0 : asked->is_of_history ? 1 : fits(asked->ledger, witness);
	if (r < 0)
		return r;
	asked->is_of_history = r == 1;
	return r == 1 ? 0
		      : raise_alarm(
				asked->ledger, asked->instance_id, witness, asked->sequence);
}

int history_check_all(struct history_asked *asked, size_t count)
{
	if (count == 0)
		return 0;
	int r = read_sequences(asked, count);

	if (r == 0)
		r = read_hashes(asked, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = judge(&asked[i]);
	if (r == 0)
		r = note_sequences(asked, count);
	return ledger_check(asked[0].ledger, r);
}

static int take_held(struct db_rows *rows, size_t at, void *context)
{
	(void)rows;
	((bool *)context)[at] = true;
	return 0;
}

int history_find_held(struct ledger *ledgers, size_t count, bool *out)
{
	struct db_cell *cells = mem_array(count, sizeof(*cells));
	const struct db_many many = {.types = "s",
		.cells = cells,
		.rows = count,
		.on_row = take_held,
		.context = out};

	for (size_t i = 0; i < count; i++) {
		out[i] = false;
		cells[i].text = ledgers[i].license_id;
	}
	int r = db_run_many(db_of(ledgers), &many,
		"SELECT at_s FROM history_alarm WHERE license_id = ?1 LIMIT 1");
	mem_free(cells);
	return r;
}

int history_refuse(void)
{
	return err_set(ERR_AUTH, "the service's records of this license are behind what was "
				 "seen of them; its operator must look at that");
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

int history_first_sequence(struct ledger *ledger, int64_t *out)
{
	AUTO_ROWS rows = NULL;

	*out = 0;
	int r = is_restored_behind(ledger, 0);
	if (r <= 0)
		return r;
	r = db_one(db_of(ledger), &rows,
		"SELECT max(sequence) FROM instance WHERE license_id = ?1", "s",
		ledger->license_id);
	if (r < 0)
		return r;
	*out = r ? db_int(rows, 0) : 0;
	if (*out < HISTORY_MARGIN) /* of all the instances none is known */
		*out = HISTORY_MARGIN;
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
