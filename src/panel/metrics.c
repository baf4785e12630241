/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/metrics.h"

#include "base/mem.h"
#include "base/openmetrics.h"
#include "base/text.h"
#include "job/report.h"
#include "job/watch.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* All states at once, so that one that is not now is told from one that is not known. */
static int put_state(struct buf *out, enum license_state current)
{
	int r = openmetrics_head(out, "license_state", "stateset", "State of the license.");

	for (int state = LICENSE_NONE; r == 0 && state <= LICENSE_TRIAL_OVER; state++) {
		const struct openmetrics_label label = {
			"garner_license_state", license_state_name((enum license_state)state)};
		r = openmetrics_labelled(out, "license_state", &label, state == (int)current);
	}
	return r;
}

static int put_license(struct installation *installation, struct buf *out)
{
	struct license_status status;

	license_client_status(installation->license, &status);
	int r = put_state(out, status.state);
	if (r == 0)
		r = openmetrics_gauge(
			out, "license_seats", "Licenses of the key.", status.seats);
	if (r == 0)
		r = openmetrics_gauge(
			out, "license_used", "Licenses that users hold.", status.used);
	if (r == 0 && status.expires_s)
		r = openmetrics_gauge(out, "license_expires_timestamp_seconds",
			"End of the subscription or trial.", status.expires_s);
	if (r == 0 && status.offline_until_s)
		r = openmetrics_gauge(out, "license_offline_until_timestamp_seconds",
			"Until when it works without the licensing service.",
			status.offline_until_s);
	return r;
}

/* A family of one label, from a query that gives its value and a number. */
struct family {
	const char *name, *type, *help;
	const char *sample; /* the name, with "_total" where it is a counter */
	const char *label;
	const char *sql;
};

static int put_family(struct db *db, const struct family *family, struct buf *out)
{
	AUTO_ROWS rows = NULL;
	int r = openmetrics_head(out, family->name, family->type, family->help);

	if (r == 0)
		r = db_query(db, &rows, family->sql, "");
	while (r == 0 && (r = db_next(rows)) == 1) {
		const struct openmetrics_label label = {family->label, db_text(rows, 0)};
		r = openmetrics_labelled(out, family->sample, &label, db_int(rows, 1));
	}
	return r;
}

/* Runs and objects go with their job when it is removed, as with a restart of a counter. */
static int put_families(struct db *db, struct buf *out)
{
	static const struct family families[] = {
		{"job_last_success_timestamp_seconds", "gauge",
			"When the last run began that stored what could be stored; by the "
			"job's "
			"number.",
			"job_last_success_timestamp_seconds", "job",
			"SELECT CAST(job_id AS TEXT), max(started_s) FROM run WHERE ended_s <> "
			"0"
			" AND (state = 'finished' OR (state = 'finished_in_part' AND"
			" snapshot <> '')) GROUP BY job_id"},
		{"job_overdue", "gauge",
			"Whether a job had no successful run in its expected time; by its "
			"number.",
			"job_overdue", "job",
			"SELECT CAST(id AS TEXT), EXISTS (SELECT 1 FROM notice WHERE"
			" notice.job = job.name AND code = 'job_overdue' AND cleared_s = 0)"
			" FROM job ORDER BY id"},
		{"notices", "gauge", "Bad news that stands, by its code.", "notices", "code",
			"SELECT code, count(*) FROM notice WHERE cleared_s = 0 GROUP BY code"},
		{"messages", "gauge", "Messages about notices, by what became of them.",
			"messages", "state",
			"SELECT state, count(*) FROM message GROUP BY state"},
		{"runs", "counter", "Runs that have ended, by their state.", "runs_total",
			"state",
			"SELECT state, count(*) FROM run WHERE ended_s <> 0 GROUP BY state"},
		{"objects", "counter", "Objects of all runs, by their result.", "objects_total",
			"result", "SELECT result, count(*) FROM run_object GROUP BY result"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(families); i++)
		r = put_family(db, &families[i], out);
	return r;
}

static int put_sums(struct db *db, struct buf *out)
{
	static const char *const sums[][2] = {{"read_bytes", "Bytes read from sources."},
		{"stored_bytes", "Bytes stored, deduplicated and compressed."},
		{"new_items", "Items that were new or changed."}};
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows,
		"SELECT coalesce(sum(bytes_read), 0), coalesce(sum(bytes_stored), 0),"
		" coalesce(sum(items_new), 0) FROM run_object",
		"");

	r = r < 0 ? r : 0;
	for (int i = 0; r == 0 && i < (int)COUNT(sums); i++) {
		AUTO_TEXT total = mem_printf("%s_total", sums[i][0]);
		r = openmetrics_head(out, sums[i][0], "counter", sums[i][1]);
		if (r == 0)
			r = openmetrics_sample(out, total, db_int(rows, i));
	}
	return r;
}

static int put_job_states(struct installation *installation, struct buf *out)
{
	static const char *const states[] = {"stopped", "queued", "running", "idle", "finished",
		"finished_in_part", "failed", "suspended", "expired"};
	int64_t counts[COUNT(states)] = {0};
	AUTO_JSON report = NULL;
	int r = report_jobs(installation, &report);

	if (r < 0)
		return r;
	const struct json *jobs = json_get(report, "jobs");
	for (size_t i = 0; i < json_count(jobs); i++)
		for (size_t s = 0; s < COUNT(states); s++)
			counts[s] +=
				text_equal(states[s], json_get_text(json_at(jobs, i), "state"));
	r = openmetrics_head(out, "jobs", "gauge", "Jobs by their state.");
	for (size_t s = 0; r == 0 && s < COUNT(states); s++) {
		const struct openmetrics_label label = {"state", states[s]};
		r = openmetrics_labelled(out, "jobs", &label, counts[s]);
	}
	return r;
}

int metrics_write(struct installation *installation, struct buf *out)
{
	int r = watch_look(installation);

	if (r == 0)
		r = put_license(installation, out);
	if (r == 0)
		r = put_job_states(installation, out);
	if (r == 0)
		r = put_families(installation->db, out);
	if (r == 0)
		r = put_sums(installation->db, out);
	return r < 0 ? r : openmetrics_end(out);
}
