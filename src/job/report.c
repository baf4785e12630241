/* SPDX-License-Identifier: Apache-2.0 */
#include "job/report.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "job/gate.h"

struct json *report_reason(const char *code, const char *text)
{
	if (!*code)
		return NULL;
	struct json *reason = json_new_object();
	json_put_text(reason, "code", code);
	json_put_text(reason, "text", text);
	return reason;
}

const char *report_state_text(const char *state)
{
	static const char *const texts[][2] = {
		{"stopped", "Stopped"},
		{"queued", "Queued"},
		{"running", "Running"},
		{"idle", "Idle"},
		{"finished", "Finished"},
		{"finished_in_part", "Finished in part"},
		{"failed", "Failed"},
		{"suspended", "Suspended (waiting for the licensing server)"},
		{"expired", "Expired (the subscription or the trial has ended)"},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (text_equal(texts[i][0], state))
			return texts[i][1];
	}
	return state;
}

static bool is_running(struct installation *installation, const struct job *job)
{
	int lock = -1;
	bool running = job_lock(installation, job->id, &lock) == ERR_LOCKED;

	io_close(lock);
	return running;
}

/* What the license does to a job that does not run: it is kept from running while it lasts, and
 * is what it was as soon as it is over (E4, A5). */
static const char *apply_license(
	struct installation *installation, const struct job *job, const char *state)
{
	struct license_status status;

	if (!job->needs_license)
		return state;
	license_client_tenant_status(installation->license, job->tenant, &status);
	if (status.state == LICENSE_SUSPENDED || status.state == LICENSE_EXPIRED ||
		status.state == LICENSE_TRIAL_OVER)
		return gate_job_state(status.state);
	bool was_gated = text_equal(state, "suspended") || text_equal(state, "expired");
	return was_gated && status.may_back_up ? "idle" : state;
}

/* A run that has a beginning, no end, and nobody who holds its lock was killed. */
static const char *settle(
	struct installation *installation, const struct job *job, const char *state, bool ended)
{
	if (!ended && is_running(installation, job))
		return text_equal(state, "queued") ? "queued" : "running";
	if (!ended)
		state = text_equal(state, "queued") ? "idle" : "failed";
	return apply_license(installation, job, state);
}

static int put_objects(struct installation *installation, int64_t run_id, struct json *report)
{
	static const char *const numbers[] = {"required", "newly_licensed", "missing",
		"items_new", "items_total", "bytes_read", "bytes_stored"};
	AUTO_ROWS rows = NULL;
	struct json *list = json_new_array();
	int r = db_query(installation->db, &rows,
		"SELECT kind, name, result, reason_code, reason_text, required, "
		"newly_licensed, missing,"
		" items_new, items_total, bytes_read, bytes_stored FROM run_object "
		"WHERE run_id = ?1 ORDER BY position",
		"i", run_id);

	json_put(report, "objects", list);
	while (r == 0 && (r = db_next(rows)) == 1) {
		struct json *object = json_new_object();
		json_put_text(object, "kind", db_text(rows, 0));
		json_put_text(object, "name", db_text(rows, 1));
		json_put_text(object, "result", db_text(rows, 2));
		json_put(object, "reason", report_reason(db_text(rows, 3), db_text(rows, 4)));
		for (int i = 0; i < (int)(sizeof(numbers) / sizeof(numbers[0])); i++)
			json_put_int(object, numbers[i], db_int(rows, 5 + i));
		json_append(list, object);
		r = 0;
	}
	return r;
}

static void put_state(struct json *report, const char *state)
{
	json_put_text(report, "state", state);
	json_put_text(report, "state_text", report_state_text(state));
}

/* An interrupted run has no reason of its own yet. */
static void put_run_reason(struct json *report, struct db_rows *rows, bool killed)
{
	if (killed)
		json_put(report, "reason",
			report_reason("interrupted",
				"the run was interrupted; start the job again, it goes on "
				"from what is stored"));
	else
		json_put(report, "reason", report_reason(db_text(rows, 4), db_text(rows, 5)));
}

static int put_progress(struct json *report, const char *text)
{
	struct json *progress;
	int r = json_parse(text, strlen(text), &progress);

	if (r == 0)
		json_put(report, "progress", progress);
	return r;
}

static int put_run(struct installation *installation, const struct job *job,
	struct json *report, bool with_objects)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT id, started_s, ended_s, state, reason_code, reason_text, snapshot, "
		"progress "
		"FROM run WHERE job_id = ?1 ORDER BY id DESC LIMIT 1",
		"i", job->id);

	if (r < 0)
		return r;
	if (r == 0) {
		put_state(report, apply_license(installation, job, "idle"));
		json_put(report, "reason", NULL);
		json_put(report, "snapshot", NULL);
		if (with_objects)
			json_put(report, "objects", json_new_array());
		return 0;
	}
	bool ended = db_int(rows, 2) != 0;
	const char *state = settle(installation, job, db_text(rows, 3), ended);
	bool running = text_equal(state, "running") || text_equal(state, "queued");
	put_state(report, state);
	put_run_reason(report, rows, !ended && !running);
	json_put_time(report, "started_at", db_int(rows, 1));
	json_put_time(report, "ended_at", db_int(rows, 2));
	json_put_text(report, "snapshot", *db_text(rows, 6) ? db_text(rows, 6) : NULL);
	if (running)
		r = put_progress(report, db_text(rows, 7));
	if (r >= 0 && with_objects)
		r = put_objects(installation, db_int(rows, 0), report);
	return r < 0 ? r : 0;
}

static int describe(struct installation *installation, const char *name, bool with_objects,
	struct json **out)
{
	AUTO_JOB job = NULL;
	AUTO_JSON report = json_new_object();
	int r = job_load(installation, name, &job);

	*out = NULL;
	if (r < 0)
		return r;
	json_put_text(report, "name", job->name);
	json_put_text(report, "connection", job->connection);
	json_put_text(report, "storage", job->storage);
	json_put_text(report, "selection", job->objects);
	json_put_text(report, "order", job->ordering);
	json_put_text(report, "schedule", job->schedule);
	json_put_text(report, "retention", job->retention);
	json_put_time(report, "next_run_at", job->next_run_s);
	r = put_run(installation, job, report, with_objects);
	if (r == 0)
		*out = STEAL(report);
	return r;
}

int report_job(struct installation *installation, const char *name, struct json **out)
{
	return describe(installation, name, true, out);
}

int report_jobs(struct installation *installation, struct json **out)
{
	AUTO_JSON names = NULL;
	AUTO_JSON list = json_new_array();
	int r = job_names(installation, &names);

	for (size_t i = 0; r == 0 && i < json_count(names); i++) {
		struct json *job;
		r = describe(installation, json_as_text(json_at(names, i)), false, &job);
		if (r == 0)
			json_append(list, job);
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "jobs", STEAL(list));
	return 0;
}

int report_last_run(struct installation *installation, const char *name, int64_t *out)
{
	AUTO_JOB job = NULL;
	AUTO_ROWS rows = NULL;
	int r = job_load(installation, name, &job);

	*out = 0;
	if (r == 0)
		r = db_one(installation->db, &rows,
			"SELECT coalesce(max(id), 0) FROM run WHERE job_id = ?1", "i", job->id);
	if (r == 1)
		*out = db_int(rows, 0);
	return r < 0 ? r : 0;
}

int report_take_suspended(struct installation *installation, struct json **out)
{
	static const char gated[] = "id IN (SELECT max(id) FROM run GROUP BY job_id) AND state "
				    "IN ('suspended', 'expired')";
	AUTO_ROWS rows = NULL;
	AUTO_JSON names = json_new_array();
	AUTO_TEXT select =
		mem_printf("SELECT DISTINCT job.name FROM job JOIN run ON run.job_id = job.id "
			   "WHERE run.%s",
			gated);
	AUTO_TEXT update = mem_printf("UPDATE run SET state = 'idle' WHERE %s", gated);
	int r = db_query(installation->db, &rows, select, "");

	*out = NULL;
	while (r == 0 && (r = db_next(rows)) == 1) {
		json_append(names, json_new_text(db_text(rows, 0)));
		r = 0;
	}
	if (r == 0 && json_count(names) > 0)
		r = db_run(installation->db, update, "");
	if (r == 0)
		*out = STEAL(names);
	return r;
}
