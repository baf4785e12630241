/* SPDX-License-Identifier: Apache-2.0 */
#include "job/retain.h"

#include "base/log.h"
#include "base/mem.h"
#include "job/notice.h"
#include "repo/prune.h"
#include "repo/retain.h"

/* Codes of notices, and their topics. */
static const char forget_failed[] = "retention_failed", prune_failed[] = "prune_failed";

int retain_check(const char *rules)
{
	struct retention_plan plan = {0};
	int r = retention_plan_read_all(&plan, rules);

	retention_plan_free(&plan);
	return r;
}

static void count(void *context, const struct snapshot *snapshot, bool stays)
{
	(void)snapshot;
	*(size_t *)context += !stays;
}

static int apply(const struct job *job, struct repo *repo, size_t *out_forgotten)
{
	struct retention_plan plan = {0};
	const struct retain_options how = {
		.job = job->name, .visit = count, .context = out_forgotten};
	int r = retention_plan_read_all(&plan, job->retention);

	*out_forgotten = 0;
	if (r == 0)
		r = repo_retain(repo, &plan, &how);
	retention_plan_free(&plan);
	return r;
}

/* The words of the failure, which a notice shows until it went well. */
static int tell_failure(struct installation *installation, const struct job *job,
	const char *code, const char *what)
{
	AUTO_TEXT text = mem_printf("%s: %s", what, err_message());
	const struct notice notice = {
		.code = code, .job = job->name, .object = "", .text = text, .topic = code};

	log_warning(code, "job", job->name, "reason", text, NULL);
	return notice_raise(installation, &notice);
}

int retain_after_run(
	struct installation *installation, const struct job *job, struct repo *repo)
{
	size_t forgotten = 0;

	if (!*job->retention)
		return 0;
	int r = apply(job, repo, &forgotten);
	if (r < 0)
		return tell_failure(
			installation, job, forget_failed, "older snapshots were not forgotten");
	if (forgotten > 0) {
		AUTO_TEXT number = mem_printf("%zu", forgotten);
		log_info("snapshots_forgotten", "job", job->name, "count", number, NULL);
	}
	return notice_clear_topic(installation, job->name, forget_failed);
}

void retain_prune(struct installation *installation, const struct job *job, struct repo *repo)
{
	const struct prune_options how = {0};
	struct prune_result result = {0};

	if (!*job->retention)
		return;
	int r = repo_prune(repo, &how, &result);
	/* Another one prunes, or may: it is done. */
	if (r == ERR_LOCKED || r == ERR_AUTH)
		r = 0;
	else if (r < 0)
		r = tell_failure(installation, job, prune_failed,
			"the space of forgotten snapshots was not given back");
	else
		r = notice_clear_topic(installation, job->name, prune_failed);
	if (r < 0)
		log_warning("notice_not_kept", "reason", err_message(), NULL);
	prune_result_free(&result);
}
