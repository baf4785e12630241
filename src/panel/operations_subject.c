/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/report.h"

/* Who holds a license, for what, and giving licenses back. Names are known to this installation
 * alone: they are put beside the subjects here, and nowhere else (D3). */

enum { SHORTEST_PREFIX = 8 };

static int subject_name(struct db *db, const char *subject, char **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows, "SELECT name FROM subject WHERE id = ?1", "s", subject);

	*out = r < 0 ? NULL : mem_strdup(r == 1 ? db_text(rows, 0) : "Unknown");
	return r < 0 ? r : 0;
}

/* KIND:NAME of the objects that need a subject, each once; and the jobs that they are in. */
static int put_needs(struct db *db, const char *subject, struct json *json)
{
	AUTO_ROWS objects = NULL;
	AUTO_ROWS jobs = NULL;
	struct json *object_list = json_new_array();
	struct json *job_list = json_new_array();
	int r = db_query(db, &objects,
		"SELECT DISTINCT kind || ':' || name FROM need WHERE subject = ?1 ORDER BY 1",
		"s", subject);

	json_put(json, "objects", object_list);
	json_put(json, "jobs", job_list);
	while (r == 0 && (r = db_next(objects)) == 1) {
		json_append(object_list, json_new_text(db_text(objects, 0)));
		r = 0;
	}
	if (r == 0)
		r = db_query(db, &jobs,
			"SELECT DISTINCT job.name FROM need JOIN job ON job.id = need.job_id "
			"WHERE subject = ?1 ORDER BY 1",
			"s", subject);
	while (r == 0 && (r = db_next(jobs)) == 1) {
		json_append(job_list, json_new_text(db_text(jobs, 0)));
		r = 0;
	}
	return r;
}

static int describe_subject(
	struct db *db, const struct license_subject *subject, struct json **out)
{
	AUTO_TEXT name = NULL;
	AUTO_JSON json = json_new_object();
	int r = subject_name(db, subject->id, &name);

	*out = NULL;
	if (r < 0)
		return r;
	json_put_text(json, "id", subject->id);
	json_put_text(json, "name", name);
	json_put_time(json, "assigned_at", subject->assigned_s);
	json_put_time(json, "releasable_at", subject->releasable_s);
	r = put_needs(db, subject->id, json);
	if (r == 0)
		*out = STEAL(json);
	return r;
}

static int list_subjects(const struct operation_call *call, struct json **out)
{
	struct license_subject *subjects = NULL;
	size_t count = 0;
	AUTO_JSON list = json_new_array();
	int r = license_client_subjects(call->installation->license, &subjects, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct json *json;
		r = describe_subject(call->installation->db, &subjects[i], &json);
		if (r == 0)
			json_append(list, json);
	}
	mem_free(subjects);
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "subjects", STEAL(list));
	return 0;
}

static int list_objects(const struct operation_call *call, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(call->installation->db, &rows,
		"SELECT need.kind, need.name, need.subject, need.rule, job.name FROM need "
		"JOIN job ON job.id = need.job_id ORDER BY need.name, need.kind, job.name",
		"");

	while (r == 0 && (r = db_next(rows)) == 1) {
		struct json *object = json_new_object();
		const char *subject = db_text(rows, 2);
		json_put_text(object, "kind", db_text(rows, 0));
		json_put_text(object, "name", db_text(rows, 1));
		json_put_text(object, "job", db_text(rows, 4));
		json_put_text(object, "subject", subject);
		json_put_text(object, "rule", db_text(rows, 3));
		json_put_bool(object, "licensed",
			license_client_is_held(call->installation->license, subject));
		json_append(list, object);
		r = 0;
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "objects", STEAL(list));
	return 0;
}

/* A subject as people write it: its id, the start of its id, or the name that is known here. */
static int resolve_subject(const struct operation_call *call, const char *word, char **out)
{
	struct license_subject *subjects = NULL;
	size_t count = 0, found = 0;
	AUTO_ROWS rows = NULL;
	int r = db_one(call->installation->db, &rows,
		"SELECT id FROM subject WHERE name = ?1 COLLATE NOCASE", "s", word);

	*out = r == 1 ? mem_strdup(db_text(rows, 0)) : NULL;
	if (r != 0)
		return r < 0 ? r : 0;
	r = license_client_subjects(call->installation->license, &subjects, &count);
	for (size_t i = 0; i < count && r == 0; i++) {
		if (strlen(word) >= SHORTEST_PREFIX && text_starts_with(subjects[i].id, word)) {
			mem_replace(out, mem_strdup(subjects[i].id));
			found++;
		}
	}
	mem_free(subjects);
	if (r == 0 && found != 1)
		r = err_set(ERR_NOTFOUND,
			found ? "several subjects begin with \"%s\"; write more of it"
			      : "no subject \"%s\" holds a license; see garner license "
				"subjects",
			word);
	return r;
}

static const char *rule_text(const char *rule)
{
	return text_equal(rule, "B1")
		       ? "a user mailbox needs a license for its user"
		       : "a shared, room or equipment mailbox to which an Exchange Online "
			 "license is assigned counts as a user mailbox";
}

static int why(const struct operation_call *call, struct json **out)
{
	const char *what;
	AUTO_TEXT subject = NULL;
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = operation_want(call, "what", &what);

	if (r == 0 && !strchr(what, ':'))
		r = resolve_subject(call, what, &subject);
	if (r == 0)
		r = db_query(call->installation->db, &rows,
			"SELECT need.kind, need.name, need.subject, need.rule, job.name, "
			"coalesce(subject.name, 'Unknown') FROM need "
			"JOIN job ON job.id = need.job_id LEFT JOIN subject ON subject.id = "
			"need.subject "
			"WHERE need.subject = ?1 OR need.kind || ':' || need.name = ?2 "
			"ORDER BY need.name, need.kind, job.name",
			"ss", subject, what);
	while (r == 0 && (r = db_next(rows)) == 1) {
		struct json *reason = json_new_object();
		AUTO_TEXT object = mem_printf("%s:%s", db_text(rows, 0), db_text(rows, 1));
		json_put_text(reason, "object", object);
		json_put_text(reason, "job", db_text(rows, 4));
		json_put_text(reason, "subject", db_text(rows, 2));
		json_put_text(reason, "name", db_text(rows, 5));
		json_put_text(reason, "rule", db_text(rows, 3));
		json_put_text(reason, "text", rule_text(db_text(rows, 3)));
		json_put_bool(reason, "licensed",
			license_client_is_held(call->installation->license, db_text(rows, 2)));
		json_append(list, reason);
		r = 0;
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put_text(*out, "what", what);
	json_put(*out, "reasons", STEAL(list));
	return 0;
}

static int describe_release(
	struct db *db, const struct license_release *release, struct json **out)
{
	const struct license_subject subject = {.releasable_s = release->releasable_s};
	char until[64] = "";
	struct license_subject named = subject;
	int r;

	snprintf(named.id, sizeof(named.id), "%s", release->subject);
	r = describe_subject(db, &named, out);
	if (r < 0)
		return r;
	const char *when = json_get_text_or(*out, "releasable_at", "");
	snprintf(until, sizeof(until), "%s", when);
	json_remove(*out, "assigned_at");
	json_put_bool(*out, "released", release->released);
	AUTO_TEXT early = mem_printf("it can be released from %s on", until);
	if (release->released)
		json_put(*out, "reason", NULL);
	else if (release->releasable_s)
		json_put(*out, "reason", report_reason("too_early", early));
	else
		json_put(*out, "reason", report_reason("not_assigned", "it holds no license"));
	return 0;
}

static int describe_releases(const struct operation_call *call,
	const struct license_release *releases, size_t count, struct json **out)
{
	AUTO_JSON list = json_new_array();
	size_t released = 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct json *json;
		r = describe_release(call->installation->db, &releases[i], &json);
		if (r == 0)
			json_append(list, json);
		released += releases[i].released;
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "subjects", STEAL(list));
	json_put_int(*out, "released", (int64_t)released);
	if (released == count)
		return 0;
	return released ? err_set(ERR_PARTIAL, "some licenses could not be released yet")
			: err_set(ERR_LICENSE, "no license could be released");
}

static int resolve_all(const struct operation_call *call, struct license_release *releases,
	char **ids, size_t count)
{
	const struct json *words = json_get(call->arguments, "subjects");
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const char *word = json_as_text(json_at(words, i));
		r = word ? resolve_subject(call, word, &ids[i])
			 : err_set(ERR_INVALID, "a subject is a text");
		releases[i].subject = ids[i];
	}
	return r;
}

/* Which jobs would claim again (D6): the caller warns with it, and then releases. */
static int foresee(const struct operation_call *call, const struct license_release *releases,
	size_t count, struct json **out)
{
	AUTO_JSON list = json_new_array();
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct license_subject subject = {0};
		struct json *json;
		snprintf(subject.id, sizeof(subject.id), "%s", releases[i].subject);
		r = describe_subject(call->installation->db, &subject, &json);
		if (r == 0)
			json_append(list, json);
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "subjects", STEAL(list));
	return 0;
}

static int release(const struct operation_call *call, struct json **out)
{
	size_t count = json_count(json_get(call->arguments, "subjects"));
	struct license_release *releases = mem_array(count + 1, sizeof(*releases));
	char **ids = mem_array(count + 1, sizeof(*ids));
	int r = count ? resolve_all(call, releases, ids, count)
		      : err_set(ERR_INVALID, "no subject given");

	if (r == 0 && json_get_bool(call->arguments, "dry_run", false)) {
		r = foresee(call, releases, count, out);
	} else if (r == 0) {
		r = license_client_release(call->installation->license, releases, count);
		if (r == 0)
			r = describe_releases(call, releases, count, out);
	}
	for (size_t i = 0; i < count; i++)
		mem_free(ids[i]);
	mem_free(ids);
	mem_free(releases);
	return r;
}

const struct operation operations_subject[] = {
	{"license.subjects", list_subjects},
	{"license.objects", list_objects},
	{"license.why", why},
	{"license.release", release},
	{NULL, NULL},
};
