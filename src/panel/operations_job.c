/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include "base/mem.h"
#include "base/text.h"
#include "job/gate.h"
#include "job/job.h"
#include "job/notice.h"
#include "job/plan.h"
#include "job/report.h"
#include "job/run.h"

/* Jobs and notices. */

static int add_job(const struct operation_call *call, struct json **out)
{
	const struct job job = {
		.name = json_get_text_or(call->arguments, "name", ""),
		.connection = json_get_text_or(call->arguments, "connection", ""),
		.storage = json_get_text_or(call->arguments, "storage", ""),
		.objects = json_get_text_or(call->arguments, "objects", "all"),
		.ordering = json_get_text_or(call->arguments, "order", "name"),
		.schedule = json_get_text_or(call->arguments, "schedule", ""),
		.retention = json_get_text_or(call->arguments, "retention", ""),
	};
	int r = job_add(call->installation, &job);

	return r < 0 ? r : report_job(call->installation, job.name, out);
}

static int set_job(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = job_set_retention(call->installation, name,
			json_get_text_or(call->arguments, "retention", ""));
	return r < 0 ? r : report_job(call->installation, name, out);
}

static int list_jobs(const struct operation_call *call, struct json **out)
{
	return report_jobs(call->installation, out);
}

static int show_job(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	return r < 0 ? r : report_job(call->installation, name, out);
}

static int plan(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	return r < 0 ? r : plan_job(call->installation, name, out);
}

static int start_job(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0 && !call->host->start)
		r = err_set(
			ERR_INVALID, "no daemon runs that could start a job in the background");
	if (r == 0)
		r = call->host->start(call->host->context, name);
	return r < 0 ? r : report_job(call->installation, name, out);
}

static int stop_job(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = run_stop(call->installation, name);
	return r < 0 ? r : report_job(call->installation, name, out);
}

static int remove_job(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = job_remove(call->installation, name);
	*out = r == 0 ? json_new_object() : NULL;
	return r;
}

/* Without a daemon nobody has asked the service lately, and its silence would be news that is
 * not true. */
static int list_notices(const struct operation_call *call, struct json **out)
{
	if (!call->host->start)
		gate_ask(call->installation);
	return notice_list(
		call->installation, json_get_bool(call->arguments, "all", false), out);
}

const struct operation operations_job[] = {
	{"job.add", add_job},
	{"job.set", set_job},
	{"job.list", list_jobs},
	{"job.show", show_job},
	{"job.plan", plan},
	{"job.start", start_job},
	{"job.stop", stop_job},
	{"job.remove", remove_job},
	{"notices", list_notices},
	{NULL, NULL},
};
