/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/claims.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/claims_batch.h"

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

int claims_find_earlier(struct ledger *ledger, struct claims *claims)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(ledger->store), &rows,
		"SELECT request_digest, answer FROM idempotency"
		" WHERE license_id = ?1 AND instance_id = ?2 AND request_key = ?3",
		"sss", ledger->license_id, claims->instance_id, claims->idempotency_key);

	if (r <= 0)
		return r < 0 ? r : err_set(ERR_NOTFOUND, "the claim's first answer went away");
	if (!text_equal(db_text(rows, 0), claims->digest))
		return err_set(ERR_EXISTS, "the idempotency key was used for another claim");
	claims->answer = mem_strdup(db_text(rows, 1));
	return 0;
}

/* Which object took each subject that is new: the first that was granted with it. */
static size_t *find_takers(const struct claims *claims, const enum claim_mark *marks)
{
	size_t *takers = mem_array(claims->subject_count + 1, sizeof(*takers));

	for (size_t i = claims->object_count; i-- > 0;) {
		const struct claim_object *object = &claims->objects[i];

		for (size_t k = 0; object->granted && k < object->count; k++)
			if (marks[object->subjects[k]] == CLAIM_NEW)
				takers[object->subjects[k]] = i + 1;
	}
	return takers;
}

/* How a subject stands behind the turn of an object. `taker` counts from 1. */
static const char *word_of(enum claim_mark mark, size_t taker, size_t object)
{
	if (mark == CLAIM_HELD)
		return "held";
	if (mark != CLAIM_NEW || taker > object + 1)
		return "none";
	return taker == object + 1 ? "new" : "held";
}

static void put_subjects(struct json *result, const struct claims *claims, size_t at,
	const enum claim_mark *marks, const size_t *takers)
{
	const struct claim_object *object = &claims->objects[at];
	struct json *words = json_new_array();

	for (size_t k = 0; k < object->count; k++) {
		size_t subject = object->subjects[k];
		const char *word =
			marks ? word_of(marks[subject], takers[subject], at) : "none";
		json_append(words, json_new_text(word));
	}
	json_put(result, "subjects", words);
}

char *claims_answer(
	const struct claims *claims, const enum claim_mark *marks, const char *refused)
{
	AUTO_JSON answer = json_new_object();
	struct json *results = json_new_array();
	size_t *takers = marks ? find_takers(claims, marks) : NULL;

	json_put_text(answer, "refused", refused);
	for (size_t i = 0; i < claims->object_count; i++) {
		const struct claim_object *object = &claims->objects[i];
		struct json *result = json_new_object();

		json_put_bool(result, "granted", object->granted);
		json_put_int(result, "newly", object->newly);
		json_put_int(result, "missing", object->missing);
		put_subjects(result, claims, i, marks, takers);
		json_append(results, result);
	}
	mem_free(takers);
	json_put(answer, "results", results);
	return json_text(answer, false);
}

int claims_run(struct ledger *ledger, void *context)
{
	struct claims_batch *batch = claims_batch_new(ledger->store);

	ASSERT(claims_batch_add(batch, ledger, context));
	int r = claims_batch_read(batch);
	if (r == 0)
		r = claims_batch_decide(batch);
	if (r == 0)
		r = claims_batch_write(batch);
	claims_batch_free(batch);
	return r;
}
