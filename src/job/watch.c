/* SPDX-License-Identifier: Apache-2.0 */
#include "job/watch.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "job/job.h"
#include "job/notice.h"
#include "job/older_import.h"
#include "job/schedule.h"

enum { DAY_S = 86400, HOUR_S = 3600 };

int64_t watch_days_before(int64_t expires_s, int64_t now_s)
{
	static const int64_t thresholds[] = {1, 7, 14, 30};

	if (now_s >= expires_s)
		return 0;
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
		if (now_s >= expires_s - thresholds[i] * DAY_S)
			return thresholds[i];
	}
	return -1;
}

int64_t watch_offline_share(int64_t leased_s, int64_t until_s, int64_t now_s)
{
	static const int64_t thresholds[] = {90, 75, 50};

	for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++) {
		if ((now_s - leased_s) * 100 >= (until_s - leased_s) * thresholds[i])
			return thresholds[i];
	}
	return 0;
}

bool watch_is_overdue(const char *schedule, int64_t last_good_s, int64_t now_s)
{
	int64_t next_s = schedule_next(schedule, last_good_s);

	return next_s > 0 && now_s >= schedule_next(schedule, next_s);
}

/* "13 days", "5 hours", "1 minute": what is left, rounded down. The caller frees it. */
static char *span_text(int64_t seconds)
{
	int64_t number = seconds >= DAY_S    ? seconds / DAY_S
			 : seconds >= HOUR_S ? seconds / HOUR_S
					     : seconds / 60;
	const char *unit = seconds >= DAY_S ? "day" : seconds >= HOUR_S ? "hour" : "minute";

	return mem_printf("%lld %s%s", (long long)number, unit, number == 1 ? "" : "s");
}

static int tell(struct installation *installation, const char *topic, const char *code,
	const char *mark, const char *text)
{
	const struct notice notice = {.code = code,
		.job = "",
		.object = "",
		.text = text,
		.topic = topic,
		.mark = mark};

	return notice_raise(installation, &notice);
}

/* The end of the term, also while the service does not answer. A renewal has another end, and
 * with it other marks. A trial, which begins with 30 days, has its last week told. */
static int look_at_end(struct installation *installation, const struct license_status *status)
{
	enum { TRIAL_DAYS = 7 };
	bool is_trial = text_starts_with(license_state_name(status->state), "trial");
	const char *what = is_trial ? "trial" : "subscription";
	int64_t days = watch_days_before(status->expires_s, status->now_s);
	char end[TIMESTAMP_SIZE];

	if (status->expires_s == 0 || status->state == LICENSE_REVOKED || days < 0 ||
		(is_trial && days > TRIAL_DAYS))
		return notice_clear_topic(installation, "", "end");
	timestamp_format(status->expires_s, end);
	AUTO_TEXT mark = mem_printf("%s/%lld", end, (long long)days);
	if (days == 0) {
		AUTO_TEXT text = mem_printf(
			"The %s ended at %s: no backup runs, restores work; %s.", what, end,
			is_trial ? "buy licenses and enter the key"
				 : "renew it with the same key");
		return tell(installation, "end", is_trial ? "trial_over" : "license_expired",
			mark, text);
	}
	AUTO_TEXT left = span_text(status->expires_s - status->now_s);
	AUTO_TEXT text = mem_printf("The %s ends at %s, in %s: %s in time.", what, end, left,
		is_trial ? "buy licenses" : "renew it");
	return tell(installation, "end",
		is_trial ? "trial_expires_soon" : "license_expires_soon", mark, text);
}

static int look_at_service(
	struct installation *installation, const struct license_status *status)
{
	char until[TIMESTAMP_SIZE], since[TIMESTAMP_SIZE];

	timestamp_format(status->offline_until_s, until);
	timestamp_format(status->offline_since_s, since);
	if (status->state == LICENSE_SUSPENDED) {
		AUTO_TEXT text = mem_printf(
			"Jobs are suspended: the licensing service did not answer until %s. "
			"They go on by themselves as soon as it answers.",
			until);
		AUTO_TEXT mark = mem_printf("%s/100", since);
		return tell(installation, "service", "license_suspended", mark, text);
	}
	if (status->state != LICENSE_OFFLINE)
		return notice_clear_topic(installation, "", "service");
	int64_t share =
		watch_offline_share(status->leased_s, status->offline_until_s, status->now_s);
	AUTO_TEXT mark = mem_printf("%s/%lld", since, (long long)share);
	AUTO_TEXT left = span_text(status->offline_until_s - status->now_s);
	AUTO_TEXT text =
		mem_printf("The licensing service does not answer since %s; backups of "
			   "what is licensed go on until %s, for %s.",
			since, until, left);
	return tell(installation, "service", "license_offline", mark, text);
}

static int look_at_license(
	struct installation *installation, const struct license_status *status)
{
	int r = look_at_end(installation, status);

	if (r == 0)
		r = look_at_service(installation, status);
	if (r == 0 && status->state == LICENSE_REVOKED)
		r = tell(installation, "key", "license_revoked", NULL,
			"The license key was revoked: no backup runs, restores work; ask the "
			"vendor.");
	else if (r == 0)
		r = notice_clear_topic(installation, "", "key");
	if (r == 0 && *status->trouble)
		r = tell(installation, "trouble", "license_trouble", NULL, status->trouble);
	else if (r == 0)
		r = notice_clear_topic(installation, "", "trouble");
	return r;
}

static int look_at_suspension(struct installation *installation,
	const struct license_status *status, const struct job *job)
{
	AUTO_TEXT text =
		mem_printf("%s: Suspended (waiting for the licensing server)", job->name);
	const struct notice notice = {.code = "job_suspended",
		.job = job->name,
		.object = "",
		.text = text,
		.topic = "license"};

	if (job->needs_license && status->state == LICENSE_SUSPENDED)
		return notice_raise(installation, &notice);
	return notice_clear_topic(installation, job->name, "license");
}

/* When the last good run began; without one, when the job was made. A run that has a snapshot
 * is good enough: what it left out has notices of its own. */
static int last_good(struct installation *installation, const struct job *job, int64_t *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT max(job.created_s, coalesce((SELECT max(started_s) FROM run WHERE "
		"job_id = job.id AND ended_s <> 0 AND (state = 'finished' OR "
		"(state = 'finished_in_part' AND snapshot <> ''))), 0)) "
		"FROM job WHERE job.id = ?1",
		"i", job->id);

	*out = r == 1 ? db_int(rows, 0) : 0;
	return r < 0 ? r : 0;
}

static int look_at_schedule(struct installation *installation, const struct job *job)
{
	int64_t good_s;
	char since[TIMESTAMP_SIZE];
	int r = last_good(installation, job, &good_s);

	if (r < 0)
		return r;
	if (!watch_is_overdue(job->schedule, good_s, clock_now_s()))
		return notice_clear_topic(installation, job->name, "overdue");
	timestamp_format(good_s, since);
	AUTO_TEXT text = mem_printf(
		"%s: no successful run since %s, although it is scheduled \"%s\"; see whether "
		"garnerd runs, and garner job show %s",
		job->name, since, job->schedule, job->name);
	const struct notice notice = {.code = "job_overdue",
		.job = job->name,
		.object = "",
		.text = text,
		.topic = "overdue"};
	return notice_raise(installation, &notice);
}

static int look_at_jobs(struct installation *installation, const struct license_status *status)
{
	AUTO_JSON names = NULL;
	int r = job_names(installation, &names);

	for (size_t i = 0; r == 0 && i < json_count(names); i++) {
		AUTO_JOB job = NULL;
		r = job_load(installation, json_as_text(json_at(names, i)), &job);
		if (r == ERR_NOTFOUND) { /* removed meanwhile */
			r = 0;
			continue;
		}
		if (r == 0)
			r = look_at_suspension(installation, status, job);
		if (r == 0)
			r = look_at_schedule(installation, job);
	}
	return r;
}

/* An update brought the installation here, and its jobs wait to be taken over (H1). */
static int look_at_older_model(struct installation *installation)
{
	AUTO_TEXT file = older_import_waiting(installation);

	if (!file)
		return notice_clear_topic(installation, "", "older_model");
	AUTO_TEXT text = mem_printf(
		"This installation was licensed per mailbox and volume; licenses are per user "
		"now. "
		"See what it had and what it needs, and take over its jobs: garner license "
		"import-older %s (--dry-run only shows)",
		file);
	return tell(installation, "older_model", "older_model", NULL, text);
}

int watch_look(struct installation *installation)
{
	struct license_status status;

	license_client_status(installation->license, &status);
	int r = look_at_license(installation, &status);
	if (r == 0)
		r = look_at_older_model(installation);
	return r < 0 ? r : look_at_jobs(installation, &status);
}
