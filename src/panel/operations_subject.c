/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include <stdio.h>
#include <string.h>

#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "job/report.h"

/* Who holds a license, for what, and giving licenses back. Names are known to this installation
 * alone: they are put beside the subjects here, and nowhere else (D3). */

enum {
	SHORTEST_PREFIX = 8,
	NAMES_MOST = 1000000, /* of objects, listed in one answer */
	NAMES_LEAST = 20,     /* of one subject, however many there are */
	JOBS_MOST = 1000,
};

/* What needs a set, asked for once: thousands of subjects are in the same sets. */
struct set_needs {
	int64_t set_no;
	struct json *objects; /* KIND:NAME, each once; the first of them */
	struct json *jobs;
	int64_t count; /* of all objects */
	UT_hash_handle hh;
};

struct describing {
	struct db *db;
	size_t most; /* objects that are listed of one subject */
	struct set_needs *sets;
};

/* Of many subjects that need much, less is listed of each: an answer has its limits. */
static struct describing begin_describing(const struct operation_call *call, size_t subjects)
{
	size_t most = NAMES_MOST / (subjects + 1);

	return (struct describing){
		.db = call->installation->db, .most = most < NAMES_LEAST ? NAMES_LEAST : most};
}

static void end_describing(struct describing *describing)
{
	struct set_needs *needs, *next;

	HASH_ITER(hh, describing->sets, needs, next)
	{
		HASH_DEL(describing->sets, needs);
		json_free(needs->objects);
		json_free(needs->jobs);
		mem_free(needs);
	}
}

/* Appends the first column of a query about a set, of each row, up to a number; tells how many
 * there are. */
struct set_list {
	const char *sql;
	int64_t set_no;
	struct json *list;
	size_t most;
};

static int list_of_set(struct db *db, const struct set_list *of, int64_t *out_count)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(db, &rows, of->sql, "i", of->set_no);

	*out_count = 0;
	while (r == 0 && (r = db_next(rows)) == 1) {
		if ((size_t)(*out_count)++ < of->most)
			json_append(of->list, json_new_text(db_text(rows, 0)));
		r = 0;
	}
	return r;
}

static int needs_of_set(struct describing *describing, int64_t set_no, struct set_needs **out)
{
	int64_t job_count;

	HASH_FIND(hh, describing->sets, &set_no, sizeof(set_no), *out);
	if (*out)
		return 0;
	struct set_needs *needs = mem_alloc(sizeof(*needs));
	needs->set_no = set_no;
	needs->objects = json_new_array();
	needs->jobs = json_new_array();
	HASH_ADD(hh, describing->sets, set_no, sizeof(needs->set_no), needs);
	*out = needs;
	const struct set_list objects = {
		"SELECT DISTINCT kind || ':' || name FROM need_object WHERE set_no = ?1 "
		"ORDER BY 1",
		set_no, needs->objects, describing->most};
	const struct set_list jobs = {
		"SELECT DISTINCT job.name FROM need_object JOIN job ON job.id = "
		"need_object.job_id WHERE set_no = ?1 ORDER BY 1",
		set_no, needs->jobs, JOBS_MOST};
	int r = list_of_set(describing->db, &objects, &needs->count);
	return r < 0 ? r : list_of_set(describing->db, &jobs, &job_count);
}

/* Adds what is not there yet, up to a number; how many were there twice. */
static int64_t merge(struct json *into, const struct json *from, size_t most)
{
	size_t before = json_count(into);
	int64_t twice = 0;

	for (size_t i = 0; i < json_count(from); i++) {
		const char *text = json_as_text(json_at(from, i));
		bool found = false;
		for (size_t j = 0; j < before && !found; j++)
			found = text_equal(text, json_as_text(json_at(into, j)));
		if (!found && json_count(into) < most)
			json_append(into, json_share(json_at(from, i)));
		twice += found;
	}
	return twice;
}

/* The name, or Unknown; KIND:NAME of the objects that need a subject, each once, the first of
 * them; how many there are; and the jobs that they are in. */
static int put_needs(struct describing *describing, const char *subject, struct json *json)
{
	AUTO_ROWS rows = NULL;
	struct json *objects = json_new_array();
	struct json *jobs = json_new_array();
	int64_t count = 0;
	int r = db_query(describing->db, &rows,
		"SELECT name, set_no FROM subject LEFT JOIN need_member ON subject_no = no "
		"WHERE id = ?1",
		"s", subject);

	json_put_text(json, "name", "Unknown");
	json_put(json, "objects", objects);
	json_put(json, "jobs", jobs);
	while (r == 0 && (r = db_next(rows)) == 1) {
		struct set_needs *needs = NULL;
		json_put_text(json, "name", db_text(rows, 0));
		r = 0;
		if (!db_is_null(rows, 1))
			r = needs_of_set(describing, db_int(rows, 1), &needs);
		if (r < 0 || !needs)
			continue;
		count += needs->count - merge(objects, needs->objects, describing->most);
		(void)merge(jobs, needs->jobs, JOBS_MOST);
	}
	json_put_int(json, "object_count", count);
	return r;
}

static int describe_subject(
	struct describing *describing, const struct license_subject *subject, struct json **out)
{
	AUTO_JSON json = json_new_object();

	*out = NULL;
	json_put_text(json, "id", subject->id);
	json_put_time(json, "assigned_at", subject->assigned_s);
	json_put_time(json, "releasable_at", subject->releasable_s);
	int r = put_needs(describing, subject->id, json);
	if (r == 0)
		*out = STEAL(json);
	return r;
}

static int list_subjects(const struct operation_call *call, struct json **out)
{
	struct describing describing;
	struct license_subject *subjects = NULL;
	size_t count = 0;
	AUTO_JSON list = json_new_array();
	int r = license_client_subjects(call->installation->license, &subjects, &count);

	describing = begin_describing(call, count);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct json *json;
		r = describe_subject(&describing, &subjects[i], &json);
		if (r == 0)
			json_append(list, json);
	}
	end_describing(&describing);
	mem_free(subjects);
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "subjects", STEAL(list));
	return 0;
}

/* A subject as people write it: its id, the start of its id, or the name that is known here. */
int operation_subject(const struct operation_call *call, const char *word, char **out)
{
	struct license_subject *subjects = NULL;
	size_t count = 0, found = 0;
	uint8_t id[LICENSE_SUBJECT_SIZE];
	AUTO_ROWS rows = NULL;

	if (text_from_hex(word, id, sizeof(id)) == 0) {
		*out = mem_strdup(word);
		text_lower(*out);
		return 0;
	}
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

static int describe_release(
	struct describing *describing, const struct license_release *release, struct json **out)
{
	const struct license_subject subject = {.releasable_s = release->releasable_s};
	char until[64] = "";
	struct license_subject named = subject;
	int r;

	snprintf(named.id, sizeof(named.id), "%s", release->subject);
	r = describe_subject(describing, &named, out);
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
	struct describing describing = begin_describing(call, count);
	AUTO_JSON list = json_new_array();
	size_t released = 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct json *json;
		r = describe_release(&describing, &releases[i], &json);
		if (r == 0)
			json_append(list, json);
		released += releases[i].released;
	}
	end_describing(&describing);
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
		r = word ? operation_subject(call, word, &ids[i])
			 : err_set(ERR_INVALID, "a subject is a text");
		releases[i].subject = ids[i];
	}
	return r;
}

/* Which jobs would claim again (D6): the caller warns with it, and then releases. */
static int foresee(const struct operation_call *call, const struct license_release *releases,
	size_t count, struct json **out)
{
	struct describing describing = begin_describing(call, count);
	AUTO_JSON list = json_new_array();
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct license_subject subject = {0};
		struct json *json;
		snprintf(subject.id, sizeof(subject.id), "%s", releases[i].subject);
		r = describe_subject(&describing, &subject, &json);
		if (r == 0)
			json_append(list, json);
	}
	end_describing(&describing);
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
	{"license.release", release},
	{NULL, NULL},
};
