/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/claims.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"

enum { DETAIL_MAX = 1024 * 1024 };

void claims_digest(struct claims *claims)
{
	uint8_t digest[HASH_SIZE];
	struct hash_stream *stream = hash_stream_new();

	for (size_t i = 0; i < claims->object_count; i++) {
		const struct claim_object *object = &claims->objects[i];

		hash_stream_add(stream, "object\n", 7);
		for (size_t k = 0; k < object->count; k++)
			lease_assigned_add(stream, claims->subjects[object->subjects[k]]);
	}
	hash_stream_finish(stream, digest);
	text_to_hex(digest, sizeof(digest), claims->digest);
}

/* 1 with the answer that was given the first time, 0 where this is the first. */
static int find_earlier(struct ledger *ledger, struct claims *claims)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(ledger->store), &rows,
		"SELECT request_digest, answer FROM idempotency"
		" WHERE license_id = ?1 AND instance_id = ?2 AND request_key = ?3",
		"sss", ledger->license_id, claims->instance_id, claims->idempotency_key);

	if (r <= 0)
		return r;
	if (!text_equal(db_text(rows, 0), claims->digest))
		return err_set(ERR_EXISTS, "the idempotency key was used for another claim");
	claims->answer = mem_strdup(db_text(rows, 1));
	return 1;
}

static int remember(struct ledger *ledger, const struct claims *claims)
{
	int r = db_run(store_db(ledger->store),
		"DELETE FROM idempotency WHERE license_id = ?1 AND at_s < ?2", "si",
		ledger->license_id, ledger->now_s - CLAIMS_REMEMBER_S);

	if (r == 0)
		r = db_run(store_db(ledger->store),
			"INSERT INTO idempotency (license_id, instance_id, request_key,"
			" request_digest, at_s, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
			"ssssis", ledger->license_id, claims->instance_id,
			claims->idempotency_key, claims->digest, ledger->now_s, claims->answer);
	return ledger_check(ledger, r);
}

static int mark_held(struct ledger *ledger, const struct claims *claims, enum claim_mark *marks)
{
	int64_t *assigned_s = mem_array(claims->subject_count, sizeof(*assigned_s));
	const struct db_each each = {
		.texts = claims->subjects, .count = claims->subject_count, .out = assigned_s};
	int r = db_run_each(store_db(ledger->store), &each,
		"SELECT assigned_s FROM assignment WHERE license_id = ?1 AND epoch = ?2"
		" AND subject = ?3",
		"si", ledger->license_id, ledger->license.epoch);

	for (size_t i = 0; r == 0 && i < claims->subject_count; i++)
		marks[i] = assigned_s[i] == DB_NONE ? CLAIM_UNLICENSED : CLAIM_HELD;
	mem_free(assigned_s);
	return r;
}

static int assign(struct ledger *ledger, const struct claims *claims, const struct db_each *new)
{
	int r = db_run_each(store_db(ledger->store), new,
		"INSERT INTO assignment (license_id, epoch, instance_id, assigned_s, subject)"
		" VALUES (?1, ?2, ?3, ?4, ?5)",
		"sisi", ledger->license_id, ledger->license.epoch, claims->instance_id,
		ledger->now_s);

	return ledger_check(ledger, r);
}

/* Assigns what was decided: the rows, the counter, the event. */
static int assign_new(struct ledger *ledger, const struct claims *claims,
	const enum claim_mark *marks, int64_t count)
{
	AUTO_BUF detail = buf_init(DETAIL_MAX);
	const char **new = mem_array(claims->subject_count, sizeof(*new));
	struct db_each each = {.texts = new};
	int r = buf_printf(
		&detail, "instance=%s newly=%" PRId64 " subjects=", claims->instance_id, count);

	for (size_t i = 0; r == 0 && i < claims->subject_count; i++) {
		if (marks[i] != CLAIM_NEW)
			continue;
		r = buf_printf(&detail, "%s%s", each.count ? "," : "", claims->subjects[i]);
		new[each.count++] = claims->subjects[i];
	}
	if (r == 0)
		r = assign(ledger, claims, &each);
	mem_free(new);
	if (r == 0)
		r = ledger_count(ledger, count);
	if (r == 0)
		r = ledger_record(ledger, "claimed", ledger->now_s, buf_text(&detail));
	return ledger_check(ledger, r);
}

static char *write_answer(const struct claims *claims, const char *refused)
{
	AUTO_JSON answer = json_new_object();
	struct json *results = json_new_array();

	json_put_text(answer, "refused", refused);
	for (size_t i = 0; i < claims->object_count; i++) {
		const struct claim_object *object = &claims->objects[i];
		struct json *result = json_new_object();

		json_put_bool(result, "granted", object->granted);
		json_put_int(result, "newly", object->newly);
		json_put_int(result, "missing", object->missing);
		json_append(results, result);
	}
	json_put(answer, "results", results);
	return json_text(answer, false);
}

static int decide(struct ledger *ledger, struct claims *claims)
{
	enum claim_mark *marks = mem_array(claims->subject_count, sizeof(*marks));
	int r = mark_held(ledger, claims, marks);

	if (r == 0) {
		int64_t free = ledger->license.seats - ledger->license.used;
		int64_t newly =
			claim_decide(claims->objects, claims->object_count, marks, free);

		if (newly > 0)
			r = assign_new(ledger, claims, marks, newly);
	}
	mem_free(marks);
	if (r < 0)
		return r;
	claims->answer = write_answer(claims, NULL);
	return remember(ledger, claims);
}

int claims_run(struct ledger *ledger, void *context)
{
	struct claims *claims = context;
	mem_replace(&claims->answer, NULL); /* of a transaction that failed */
	int r = find_earlier(ledger, claims);

	if (r != 0)
		return r < 0 ? r : 0;
	switch (license_phase(&ledger->license, ledger->now_s)) {
	case LICENSE_PHASE_ACTIVE:
		return decide(ledger, claims);
	case LICENSE_PHASE_REVOKED:
		claims->answer = write_answer(claims, "license_revoked");
		return 0;
	case LICENSE_PHASE_NEW:
	case LICENSE_PHASE_EXPIRED:
		break;
	}
	claims->answer = write_answer(claims, "license_expired");
	return 0;
}
