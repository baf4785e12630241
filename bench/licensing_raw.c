/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/schema.h"
#include "licensing.h"

/* The statements of a transaction of claims, in the order of the service, with values that cost
 * nothing to find. */
static const char lock_sql[] = "UPDATE license SET touched_s = CASE WHEN touched_s < ?2 THEN ?2"
			       " ELSE touched_s END WHERE license_id = ?1"
			       " RETURNING seats, used, epoch, activated_s, anchor_s, years,"
			       " revoked_s, touched_s, revision, chain";
static const char renewals_sql[] =
	"SELECT start_s, seats FROM renewal WHERE license_id = ?1 ORDER BY start_s";
static const char keys_sql[] =
	"SELECT at_s FROM idempotency"
	" WHERE license_id = ?1 AND instance_id = ?2 AND request_key = ?3";
static const char marks_sql[] =
	"SELECT assigned_s FROM assignment WHERE license_id = ?1 AND epoch = ?2"
	" AND subject = ?3";
static const char assign_sql[] =
	"INSERT INTO assignment (license_id, epoch, subject, instance_id, assigned_s)"
	" VALUES (?1, ?2, ?3, ?4, ?5)";
static const char event_sql[] =
	"INSERT INTO event (license_id, revision, at_s, kind, detail, hash)"
	" VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char answer_sql[] =
	"INSERT INTO idempotency (license_id, instance_id, request_key, request_digest, at_s,"
	" answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
static const char count_sql[] = "UPDATE license SET used = used + ?2, revision = ?3,"
				" chain = ?4 WHERE license_id = ?1"
				" AND used + ?2 >= 0 AND used + ?2 <= seats";
static const char sequence_sql[] =
	"UPDATE instance SET sequence = sequence + 1, last_seen_s = ?3"
	" WHERE license_id = ?1 AND instance_id = ?2 RETURNING sequence, public_key";

/* What an instance saw last is compared with the records. */
static const char seen_sql[] =
	"SELECT sequence FROM instance WHERE license_id = ?1 AND instance_id = ?2";
static const char hash_sql[] = "SELECT hash FROM event WHERE license_id = ?1 AND revision = ?2";
static const char note_sql[] =
	"UPDATE instance SET regressions = regressions +"
	" CASE WHEN witness_sequence > ?3 THEN 1 ELSE 0 END, witness_sequence = ?4"
	" WHERE license_id = ?1 AND instance_id = ?2";
static const char held_sql[] = "SELECT at_s FROM history_alarm WHERE license_id = ?1 LIMIT 1";

_Noreturn void bench_end(const char *what)
{
	fprintf(stderr, "bench-licensing: %s: %s\n", what, err_message());
	exit(1);
}

void bench_id(int n, char out[LEASE_ID_SIZE])
{
	uint64_t spread = ((uint64_t)n + 1) * 0x9e3779b97f4a7c15;

	snprintf(out, LEASE_ID_SIZE, "%016" PRIx64 "%016x", spread, (unsigned)n);
}

static void run(struct db *db, const char *types, const struct db_cell *cells, size_t rows,
	const char *sql)
{
	const struct db_many many = {.types = types, .cells = cells, .rows = rows};

	if (db_run_many(db, &many, sql) < 0)
		bench_end("statement");
}

static void make_instances(struct db *db, const char *license_id, int count, int64_t now_s)
{
	char id[LEASE_ID_SIZE];

	for (int i = 0; i < count; i++) {
		bench_id(i, id);
		if (db_run(db,
			    "INSERT INTO instance (license_id, instance_id, name, public_key,"
			    " first_seen_s, last_seen_s, sequence)"
			    " VALUES (?1, ?2, 'bench',"
			    " 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=', ?3, ?3, 0)",
			    "ssi", license_id, id, now_s) < 0)
			bench_end("instance");
	}
}

void bench_make(struct db *db)
{
	int64_t now_s = clock_now_s();
	char id[LEASE_ID_SIZE];

	if (db_begin(db) < 0)
		bench_end("begin");
	for (int i = 0; i < BENCH_LICENSES + BENCH_ONE_KEY; i++) {
		bench_id(i, id);
		if (db_run(db,
			    "INSERT INTO license (license_id, seats, used, epoch, activated_s,"
			    " anchor_s, years, revoked_s, touched_s, revision, chain)"
			    " VALUES (?1, ?2, 0, 0, ?3, ?3, 1, 0, ?3, 0, '00000000000000000000"
			    "00000000000000000000000000000000000000000000')",
			    "sii", id, (int64_t)BENCH_SEATS, now_s) < 0)
			bench_end("license");
		make_instances(db, id, i < BENCH_LICENSES ? 1 : BENCH_INSTANCES, now_s);
	}
	if (db_commit(db) < 0)
		bench_end("commit");
}

/* One claim of a batch. */
struct raw {
	char license[LEASE_ID_SIZE], instance[LEASE_ID_SIZE];
	char subject[65], detail[160];
};

/* What each claim brings, in all its forms, as rows for the statements. */
static void write_rows(struct db *db, const struct raw *raw, size_t count, int64_t revision)
{
	struct db_cell assign[BENCH_BATCH * 5], event[BENCH_BATCH * 6], answer[BENCH_BATCH * 6];
	int64_t now_s = clock_now_s();

	for (size_t i = 0; i < count; i++) {
		const struct raw *one = &raw[i];
		const struct db_cell a[] = {{.text = one->license}, {0}, {.text = one->subject},
			{.text = one->instance}, {.number = now_s}};
		const struct db_cell e[] = {{.text = one->license},
			{.number = revision + (int64_t)i}, {.number = now_s},
			{.text = "claimed"}, {.text = one->detail}, {.text = one->subject}};
		const struct db_cell k[] = {{.text = one->license}, {.text = one->instance},
			{.text = one->subject + 32}, {.text = one->subject}, {.number = now_s},
			{.text = "{\"refused\":null,\"results\":[{\"granted\":true,"
				 "\"newly\":1,\"missing\":0}]}"}};

		memcpy(&assign[5 * i], a, sizeof(a));
		memcpy(&event[6 * i], e, sizeof(e));
		memcpy(&answer[6 * i], k, sizeof(k));
	}
	run(db, "sissi", assign, count, assign_sql);
	run(db, "siisss", event, count, event_sql);
	run(db, "ssssis", answer, count, answer_sql);
}

/* Reads and locks; `licenses` of them, the first ones. */
static void open_licenses(struct db *db, const struct raw *raw, size_t licenses)
{
	struct db_cell lock[BENCH_BATCH * 2], renewals[BENCH_BATCH];

	for (size_t i = 0; i < licenses; i++) {
		lock[2 * i].text = renewals[i].text = raw[i].license;
		lock[2 * i + 1].number = clock_now_s();
	}
	run(db, "si", lock, licenses, lock_sql);
	run(db, "s", renewals, licenses, renewals_sql);
}

/* As of a witness of the transaction before. */
static void check_witnesses(struct db *db, const struct raw *raw, int64_t revision)
{
	struct db_cell seen[BENCH_BATCH * 2], hash[BENCH_BATCH * 2], note[BENCH_BATCH * 4];

	for (size_t i = 0; i < BENCH_BATCH; i++) {
		seen[2 * i].text = hash[2 * i].text = note[4 * i].text = raw[i].license;
		seen[2 * i + 1].text = note[4 * i + 1].text = raw[i].instance;
		hash[2 * i + 1].number = revision - BENCH_BATCH + (int64_t)i;
		note[4 * i + 2].number = note[4 * i + 3].number = revision / BENCH_BATCH;
	}
	run(db, "ss", seen, BENCH_BATCH, seen_sql);
	run(db, "si", hash, BENCH_BATCH, hash_sql);
	run(db, "ssii", note, BENCH_BATCH, note_sql);
}

static void find_held(struct db *db, const struct raw *raw, size_t licenses)
{
	struct db_cell held[BENCH_BATCH];

	for (size_t i = 0; i < licenses; i++)
		held[i].text = raw[i].license;
	run(db, "s", held, licenses, held_sql);
}

static void look_up(struct db *db, const struct raw *raw, size_t count)
{
	struct db_cell keys[BENCH_BATCH * 3], marks[BENCH_BATCH * 3];

	for (size_t i = 0; i < count; i++) {
		keys[3 * i].text = marks[3 * i].text = raw[i].license;
		keys[3 * i + 1].text = raw[i].instance;
		keys[3 * i + 2].text = raw[i].subject + 32;
		marks[3 * i + 1].number = 0;
		marks[3 * i + 2].text = raw[i].subject;
	}
	run(db, "sss", keys, count, keys_sql);
	run(db, "sis", marks, count, marks_sql);
}

static void close_licenses(
	struct db *db, const struct raw *raw, size_t licenses, int64_t revision)
{
	struct db_cell count[BENCH_BATCH * 4], sequence[BENCH_BATCH * 3];

	for (size_t i = 0; i < licenses; i++) {
		count[4 * i].text = raw[i].license;
		count[4 * i + 1].number = (int64_t)(BENCH_BATCH / licenses);
		count[4 * i + 2].number = revision + BENCH_BATCH;
		count[4 * i + 3].text = raw[i].subject;
	}
	for (size_t i = 0; i < BENCH_BATCH; i++) {
		sequence[3 * i].text = raw[i].license;
		sequence[3 * i + 1].text = raw[i].instance;
		sequence[3 * i + 2].number = clock_now_s();
	}
	run(db, "siis", count, licenses, count_sql);
	run(db, "ssi", sequence, BENCH_BATCH, sequence_sql);
}

static void fill(struct raw *raw, int64_t number, bool is_spread)
{
	uint64_t x = (uint64_t)number * 0x9e3779b97f4a7c15;
	int place = (int)(number % BENCH_BATCH);

	/* Spread: in the order of ids is not needed, as nobody else is here. */
	bench_id(is_spread ? (int)(number * 7 % BENCH_LICENSES) : BENCH_LICENSES, raw->license);
	bench_id(is_spread ? 0 : place, raw->instance);
	snprintf(raw->subject, sizeof(raw->subject),
		"%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64, x, x * 3, ~x, x * 7);
	snprintf(raw->detail, sizeof(raw->detail), "instance=%s newly=1 subjects=%s",
		raw->instance, raw->subject);
}

static void loop(struct db *db, const char *what, bool is_spread, int seconds)
{
	struct raw raw[BENCH_BATCH];
	int64_t began_us = clock_monotonic_us();
	double began_s = bench_used_s(), server_s = bench_server_s();
	int64_t now_us = began_us;
	int64_t number = 0;
	size_t licenses = is_spread ? BENCH_BATCH : 1;

	while (now_us < began_us + (int64_t)seconds * 1000000) {
		int64_t revision = number + 1;

		for (size_t i = 0; i < BENCH_BATCH; i++)
			fill(&raw[i], number++, is_spread);
		if (db_begin(db) < 0)
			bench_end("begin");
		open_licenses(db, raw, licenses);
		if (!is_spread)
			check_witnesses(db, raw, revision);
		find_held(db, raw, licenses);
		look_up(db, raw, BENCH_BATCH);
		write_rows(db, raw, BENCH_BATCH, revision);
		close_licenses(db, raw, licenses, revision);
		if (db_commit(db) < 0)
			bench_end("commit");
		now_us = clock_monotonic_us();
	}
	printf("{\"what\":\"%s\",\"clients\":1,\"per_s\":%.0f,\"cpu_us\":%.1f,"
	       "\"server_us\":%.1f}\n",
		what, (double)number * 1e6 / (double)(now_us - began_us),
		(bench_used_s() - began_s) * 1e6 / (double)number,
		(bench_server_s() - server_s) * 1e6 / (double)number);
	fflush(stdout);
}

void bench_raw(const char *database, int seconds)
{
	struct db *db;

	if (db_open(database, &db) < 0 || schema_migrate(db) < 0)
		bench_end("open");
	bench_make(db);
	loop(db, "claims on one key", false, seconds);
	loop(db, "claims over 10000 keys", true, seconds);
	db_close(db);
}
