/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/judge.h"
#include "job/needs.h"
#include "job/report.h"

/* What the licenses are for: the objects with their sets, and the reckoning behind each (D9).
 */

enum { REASONS_MOST = 1000 };

/* Which subjects hold a license, by their number; found out once, for thousands of sets. */
struct holders {
	bool *held;
	size_t count, capacity;
};

static int find_holders(const struct operation_call *call, struct holders *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(call->installation->db, &rows, "SELECT no, id FROM subject", "");

	*out = (struct holders){0};
	while (r == 0 && (r = db_next(rows)) == 1) {
		size_t no = (size_t)db_int(rows, 0);
		mem_grow(&out->held, &out->capacity, no + 1, sizeof(*out->held));
		out->count = no + 1 > out->count ? no + 1 : out->count;
		out->held[no] =
			license_client_is_held(call->installation->license, db_text(rows, 1));
		r = 0;
	}
	return r;
}

/* How many of a set hold a license; each set is counted once. */
struct counted_set {
	int64_t set_no, licensed;
	UT_hash_handle hh;
};

static int count_set(const struct operation_call *call, const struct holders *holders,
	struct counted_set *set)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(call->installation->db, &rows,
		"SELECT subject_no FROM need_member WHERE set_no = ?1", "i", set->set_no);

	while (r == 0 && (r = db_next(rows)) == 1) {
		size_t no = (size_t)db_int(rows, 0);
		set->licensed += no < holders->count && holders->held[no];
		r = 0;
	}
	return r;
}

static int licensed_of(const struct operation_call *call, const struct holders *holders,
	struct counted_set **sets, int64_t set_no, int64_t *out)
{
	struct counted_set *set;
	int r = 0;

	HASH_FIND(hh, *sets, &set_no, sizeof(set_no), set);
	if (!set) {
		set = mem_alloc(sizeof(*set));
		set->set_no = set_no;
		HASH_ADD(hh, *sets, set_no, sizeof(set->set_no), set);
		r = count_set(call, holders, set);
	}
	*out = set->licensed;
	return r;
}

static int put_objects(const struct operation_call *call, const struct holders *holders,
	struct counted_set **sets, struct json *list)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(call->installation->db, &rows,
		"SELECT need_object.kind, need_object.name, job.name, rule, required, set_no "
		"FROM need_object JOIN job ON job.id = need_object.job_id "
		"ORDER BY need_object.name, need_object.kind, job.name",
		"");

	while (r == 0 && (r = db_next(rows)) == 1) {
		int64_t licensed = 0;
		r = licensed_of(call, holders, sets, db_int(rows, 5), &licensed);
		if (r < 0)
			break;
		struct json *object = json_new_object();
		json_put_text(object, "kind", db_text(rows, 0));
		json_put_text(object, "name", db_text(rows, 1));
		json_put_text(object, "job", db_text(rows, 2));
		json_put_text(object, "rule", db_text(rows, 3));
		json_put_int(object, "required", db_int(rows, 4));
		json_put_int(object, "licensed", licensed);
		json_append(list, object);
	}
	return r;
}

static int list_objects(const struct operation_call *call, struct json **out)
{
	AUTO_JSON list = json_new_array();
	struct holders holders;
	struct counted_set *sets = NULL, *set, *next;
	int r = find_holders(call, &holders);

	if (r == 0)
		r = put_objects(call, &holders, &sets, list);
	HASH_ITER(hh, sets, set, next)
	{
		HASH_DEL(sets, set);
		mem_free(set);
	}
	mem_free(holders.held);
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "objects", STEAL(list));
	return 0;
}

/* One user that one object needs. The row: kind, name, job, rule, subject, its name, way. */
static struct json *tell_reason(const struct operation_call *call, struct db_rows *rows)
{
	struct json *reason = json_new_object();
	struct json *way = needs_way(db_text(rows, 6));
	AUTO_TEXT object = mem_printf("%s:%s", db_text(rows, 0), db_text(rows, 1));
	AUTO_TEXT text = mem_printf(
		"%s: %s", judge_rule_text(db_text(rows, 3)), json_get_text_or(way, "text", ""));

	json_put_text(reason, "object", object);
	json_put_text(reason, "job", db_text(rows, 2));
	json_put_text(reason, "subject", db_text(rows, 4));
	json_put_text(reason, "name", db_text(rows, 5));
	json_put_text(reason, "rule", db_text(rows, 3));
	json_put_text(reason, "text", text);
	json_put(reason, "way", way);
	json_put_bool(reason, "licensed",
		license_client_is_held(call->installation->license, db_text(rows, 4)));
	return reason;
}

/* Of a subject, or of all subjects of an object. */
static int put_reasons(const struct operation_call *call, const char *subject, const char *kind,
	const char *name, struct json *out)
{
	static const char of_subject[] =
		"SELECT need_object.kind, need_object.name, job.name, rule, subject.id, "
		"subject.name, need_way.text FROM subject "
		"JOIN need_member ON need_member.subject_no = subject.no "
		"JOIN need_way ON need_way.no = way_no "
		"JOIN need_object ON need_object.set_no = need_member.set_no "
		"JOIN job ON job.id = need_object.job_id WHERE subject.id = ?1 "
		"ORDER BY need_object.name, need_object.kind, job.name";
	static const char of_object[] =
		"SELECT need_object.kind, need_object.name, job.name, rule, subject.id, "
		"subject.name, need_way.text FROM need_object "
		"JOIN need_member ON need_member.set_no = need_object.set_no "
		"JOIN subject ON subject.no = subject_no "
		"JOIN need_way ON need_way.no = way_no "
		"JOIN job ON job.id = need_object.job_id "
		"WHERE need_object.kind = ?1 AND need_object.name = ?2 COLLATE NOCASE "
		"ORDER BY job.name, subject.name, subject.id";
	AUTO_ROWS rows = NULL;
	struct json *list = json_new_array();
	int64_t left_out = 0;
	int r = subject ? db_query(call->installation->db, &rows, of_subject, "s", subject)
			: db_query(call->installation->db, &rows, of_object, "ss", kind, name);

	json_put(out, "reasons", list);
	while (r == 0 && (r = db_next(rows)) == 1) {
		if (json_count(list) < REASONS_MOST)
			json_append(list, tell_reason(call, rows));
		else
			left_out++;
		r = 0;
	}
	json_put_int(out, "reasons_left_out", left_out);
	return r;
}

/* An object in one job: what it needs, who of them holds, and what became of it last. */
struct standing_object {
	const char *job;
	int64_t job_id;
	const char *kind, *name;
};

static int put_need(const struct operation_call *call, const struct standing_object *at,
	struct json *json, bool *found)
{
	AUTO_ROWS rows = NULL;
	int64_t licensed = 0;
	int r = db_one(call->installation->db, &rows,
		"SELECT rule, required FROM need_object WHERE job_id = ?1 AND kind = ?2 "
		"AND name = ?3 COLLATE NOCASE",
		"iss", at->job_id, at->kind, at->name);

	if (r <= 0)
		return r;
	*found = true;
	json_put_text(json, "rule", db_text(rows, 0));
	json_put_text(json, "text", judge_rule_text(db_text(rows, 0)));
	json_put_int(json, "required", db_int(rows, 1));
	AUTO_ROWS members = NULL;
	r = db_query(call->installation->db, &members,
		"SELECT subject.id FROM need_object JOIN need_member ON need_member.set_no = "
		"need_object.set_no JOIN subject ON subject.no = subject_no "
		"WHERE job_id = ?1 AND kind = ?2 AND need_object.name = ?3 COLLATE NOCASE",
		"iss", at->job_id, at->kind, at->name);
	while (r == 0 && (r = db_next(members)) == 1) {
		licensed += license_client_is_held(
			call->installation->license, db_text(members, 0));
		r = 0;
	}
	json_put_int(json, "licensed", licensed);
	return r;
}

static int put_last_result(const struct operation_call *call, const struct standing_object *at,
	struct json *json, bool *found)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(call->installation->db, &rows,
		"SELECT result, reason_code, reason_text FROM run_object WHERE run_id = "
		"(SELECT max(id) FROM run WHERE job_id = ?1) AND kind = ?2 "
		"AND name = ?3 COLLATE NOCASE",
		"iss", at->job_id, at->kind, at->name);

	if (r <= 0)
		return r;
	*found = true;
	const char *result = db_text(rows, 0);
	json_put_text(json, "result", result);
	json_put(json, "reason", report_reason(db_text(rows, 1), db_text(rows, 2)));
	bool stays = text_equal(result, "failed") && json_get_int(json, "licensed", 0) > 0;
	json_put_text(json, "note",
		stays ? "the backup failed after its licenses were assigned: they stay "
			"assigned until they are released"
		      : NULL);
	return 0;
}

static int put_standing(
	const struct operation_call *call, const char *kind, const char *name, struct json *out)
{
	AUTO_ROWS jobs = NULL;
	struct json *list = json_new_array();
	int r = db_query(
		call->installation->db, &jobs, "SELECT id, name FROM job ORDER BY name", "");

	json_put(out, "objects", list);
	while (r == 0 && (r = db_next(jobs)) == 1) {
		const struct standing_object at = {
			db_text(jobs, 1), db_int(jobs, 0), kind, name};
		AUTO_JSON json = json_new_object();
		AUTO_TEXT object = mem_printf("%s:%s", kind, name);
		bool found = false;
		json_put_text(json, "object", object);
		json_put_text(json, "job", at.job);
		r = put_need(call, &at, json, &found);
		if (r >= 0)
			r = put_last_result(call, &at, json, &found);
		if (r < 0)
			return r;
		if (found)
			json_append(list, STEAL(json));
		r = 0;
	}
	return r;
}

static int why_subject(const struct operation_call *call, const char *word, struct json *out)
{
	AUTO_TEXT subject = NULL;
	int r = operation_subject(call, word, &subject);

	if (r < 0)
		return r;
	json_put_text(out, "subject", subject);
	json_put_bool(
		out, "licensed", license_client_is_held(call->installation->license, subject));
	return put_reasons(call, subject, NULL, NULL, out);
}

static int why(const struct operation_call *call, struct json **out)
{
	const char *what;
	AUTO_JSON json = json_new_object();
	int r = operation_want(call, "what", &what);

	if (r < 0)
		return r;
	json_put_text(json, "what", what);
	const char *colon = strchr(what, ':');
	if (colon) {
		AUTO_TEXT kind = mem_strndup(what, (size_t)(colon - what));
		r = put_reasons(call, NULL, kind, colon + 1, json);
		if (r == 0)
			r = put_standing(call, kind, colon + 1, json);
	} else {
		r = why_subject(call, what, json);
	}
	if (r == 0)
		*out = STEAL(json);
	return r;
}

const struct operation operations_why[] = {
	{"license.objects", list_objects},
	{"license.why", why},
	{NULL, NULL},
};
