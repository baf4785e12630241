/* SPDX-License-Identifier: Apache-2.0 */
#include "job/retain.h"

#include "base/log.h"
#include "base/mem.h"
#include "job/notice.h"
#include "repo/retain.h"

static const char topic[] = "retention";

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

int retain_after_run(
	struct installation *installation, const struct job *job, struct repo *repo)
{
	size_t forgotten = 0;

	if (!*job->retention)
		return 0;
	int r = apply(job, repo, &forgotten);
	if (r < 0) {
		AUTO_TEXT text =
			mem_printf("older snapshots were not forgotten: %s", err_message());
		const struct notice notice = {.code = "retention_failed",
			.job = job->name,
			.object = "",
			.text = text,
			.topic = topic};
		log_warning("retention_failed", "job", job->name, "reason", text, NULL);
		return notice_raise(installation, &notice);
	}
	if (forgotten > 0) {
		AUTO_TEXT number = mem_printf("%zu", forgotten);
		log_info("snapshots_forgotten", "job", job->name, "count", number, NULL);
	}
	return notice_clear_topic(installation, job->name, topic);
}
