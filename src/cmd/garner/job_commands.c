/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/report.h"
#include "job/run.h"
#include "keep_options.h"
#include "output.h"
#include "panel/channel.h"
#include "progress.h"

/* garner job …, garner notices */

enum { POLL_EVERY_US = 250000 };

static int ask_job(struct app *app, const char *operation, struct json **result)
{
	AUTO_JSON arguments = json_new_object();

	json_put_text(arguments, "name", options_argument(app->options, 0));
	return app_ask(app, operation, arguments, result);
}

static void say_no_daemon(const struct app *app)
{
	if (!app->quiet)
		fputs("garner: no garnerd runs for this state folder: the work is done here, "
		      "and "
		      "schedules do not fire.\n",
			stderr);
}

static int add_job(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = 0;

	json_put_text(arguments, "name", options_argument(options, 0));
	app_pass_option(app, arguments, "connection", "connection");
	app_pass_option(app, arguments, "storage", "storage");
	app_pass_option(app, arguments, "objects", "objects");
	app_pass_option(app, arguments, "order", "order");
	app_pass_option(app, arguments, "schedule", "schedule");
	AUTO_TEXT retention = keep_options_text(options);
	if (retention)
		json_put_text(arguments, "retention", retention);
	if (!options_has(options, "connection") || !options_has(options, "storage"))
		r = err_set(
			ERR_USAGE, "say from where to where with --connection C --storage S");
	if (r == 0)
		r = app_ask(app, "job.add", arguments, &result);
	if (r < 0)
		return r;
	if (options_has(options, "schedule") && !channel_is_there(app->state))
		say_no_daemon(app);
	if (app->json)
		output_json(result);
	else
		output_line(app, "Job %s added. Start it: garner job start %s",
			options_argument(options, 0), options_argument(options, 0));
	return 0;
}

static int set_job(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	AUTO_TEXT retention = keep_options_text(options);

	if (!retention == !options_has(options, "keep-all"))
		return err_set(ERR_USAGE, "say what to keep (--keep-daily 30 …), or --keep-all "
					  "for all snapshots");
	json_put_text(arguments, "name", options_argument(options, 0));
	json_put_text(arguments, "retention", retention ? retention : "");
	int r = app_ask(app, "job.set", arguments, &result);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Job %s keeps %s.", options_argument(options, 0),
			retention ? retention : "all snapshots");
	return r;
}

static int job_list(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"NAME", "name"},
		{"STATE", "state_text"}, {"CONNECTION", "connection"}, {"STORAGE", "storage"},
		{"LAST START", "started_at"}, {"NEXT START", "next_run_at"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "job.list", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "jobs"), columns, 6, "There is no job yet.");
	return r;
}

static bool is_good(const struct json *object)
{
	const char *result = json_get_text_or(object, "result", "");

	return text_equal(result, "stored") || text_equal(result, "unchanged");
}

/* Verdict first, then what needs attention, by name. */
static void print_report(const struct app *app, const struct json *report)
{
	static const struct output_column columns[] = {{"NOT BACKED UP", "name"},
		{"KIND", "kind"}, {"RESULT", "result"}, {"WHY", "reason.text"}};
	const struct json *objects = json_get(report, "objects");
	AUTO_JSON bad = json_new_array();
	int64_t items = 0, read = 0, stored = 0;

	if (app->quiet)
		return;
	for (size_t i = 0; i < json_count(objects); i++) {
		struct json *object = json_at(objects, i);
		items += json_get_int(object, "items_new", 0);
		read += json_get_int(object, "bytes_read", 0);
		stored += json_get_int(object, "bytes_stored", 0);
		if (!is_good(object))
			json_append(bad, json_share(object));
	}
	AUTO_TEXT read_text = text_size((uint64_t)read);
	AUTO_TEXT stored_text = text_size((uint64_t)stored);
	const char *reason = json_get_text_or(json_get(report, "reason"), "text", "");
	printf("%s: %s%s%s\n", json_get_text_or(report, "name", ""),
		json_get_text_or(report, "state_text", ""), *reason ? ": " : "", reason);
	printf("%zu of %zu objects are backed up; %lld new items, %s read, %s stored; snapshot "
	       "%s\n",
		json_count(objects) - json_count(bad), json_count(objects), (long long)items,
		read_text, stored_text, json_get_text_or(report, "snapshot", "-"));
	if (json_count(bad) > 0)
		output_table(bad, columns, 4, "");
}

static int job_show(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = ask_job(app, "job.show", &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		print_report(app, result);
	return r;
}

static int exit_of_failure(const char *code)
{
	for (int error = -1; error >= ERR_RETAINED; error--) {
		if (text_equal(err_name(error), code))
			return app_exit_code(error);
	}
	return 1;
}

/* 4 only where the run could not begin; 3 as soon as one object is not backed up. */
static int exit_of_report(const struct json *report)
{
	const char *state = json_get_text_or(report, "state", "");
	const char *code = json_get_text_or(json_get(report, "reason"), "code", "");
	bool began = json_count(json_get(report, "objects")) > 0;

	if (text_equal(state, "finished"))
		return 0;
	if (text_equal(state, "finished_in_part"))
		return app_exit_code(ERR_PARTIAL);
	if (text_equal(state, "failed"))
		return exit_of_failure(code);
	if (text_equal(code, "cancelled"))
		return app_exit_code(ERR_CANCELLED);
	return app_exit_code(began ? ERR_PARTIAL : ERR_LICENSE);
}

static int finish_start(struct app *app, const struct json *report)
{
	const char *reason = json_get_text_or(json_get(report, "reason"), "text", "");
	int code = exit_of_report(report);

	if (app->json)
		output_json(report);
	else
		print_report(app, report);
	if (code != 0 && code != 3 && *reason)
		fprintf(stderr, "garner: %s\n", reason);
	return code;
}

static int start_here(struct app *app, const char *name)
{
	struct installation *installation;
	struct progress progress = progress_begin(app);
	const struct run_options options = {
		.cancel = app->cancel, .progress = progress_run, .context = &progress};
	AUTO_JSON report = NULL;
	int r = app_installation(app, &installation);

	if (r < 0)
		return r;
	r = run_job(installation, name, &options);
	progress_end(&progress);
	if (r == ERR_NOTFOUND || r == ERR_LOCKED)
		return r; /* there was no run */
	AUTO_TEXT message = mem_strdup(r < 0 ? err_message() : "");
	int shown = report_job(installation, name, &report);
	return shown < 0 ? err_set((enum err)(r < 0 ? r : shown), "%s", message)
			 : finish_start(app, report);
}

static struct run_progress read_progress(const struct json *report)
{
	const struct json *p = json_get(report, "progress");

	return (struct run_progress){
		.objects_done = (size_t)json_get_int(p, "objects_done", 0),
		.objects_total = (size_t)json_get_int(p, "objects_total", 0),
		.object = json_get_text_or(p, "object", ""),
		.items = (uint64_t)json_get_int(p, "items", 0),
		.bytes_read = (uint64_t)json_get_int(p, "bytes_read", 0),
		.elapsed_ms = json_get_int(p, "elapsed_ms", 0),
		.left_ms = json_get_int(p, "left_ms", -1),
		.throttled_ms = json_get_int(p, "throttled_ms", 0),
	};
}

static bool is_under_way(const struct json *report)
{
	const char *state = json_get_text_or(report, "state", "");

	return text_equal(state, "running") || text_equal(state, "queued");
}

/* Looks at the daemon's run until it is over. An interrupt here leaves the run alone. */
static int watch(struct app *app, struct json **report)
{
	struct progress progress = progress_begin(app);
	int r = 0;

	while (r == 0 && is_under_way(*report)) {
		const struct run_progress at = read_progress(*report);
		progress_run(&progress, &at);
		if (cancel_is_wished(app->cancel)) {
			r = err_set(ERR_CANCELLED,
				"the job goes on in garnerd; stop it with garner job stop");
			break;
		}
		clock_sleep_us(POLL_EVERY_US);
		json_free_slot(report);
		r = ask_job(app, "job.show", report);
	}
	progress_end(&progress);
	return r;
}

static int job_start(void *context, const struct options *options)
{
	struct app *app = context;
	const char *name = options_argument(options, 0);
	AUTO_JSON report = NULL;

	if (!channel_is_there(app->state)) {
		say_no_daemon(app);
		return start_here(app, name);
	}
	int r = ask_job(app, "job.start", &report);
	if (r < 0)
		return r;
	if (!options_has(options, "wait")) {
		if (app->json)
			output_json(report);
		else
			output_line(app, "Job %s is started. Look at it: garner job show %s",
				name, name);
		return 0;
	}
	r = watch(app, &report);
	return r < 0 ? r : finish_start(app, report);
}

static int job_stop(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = ask_job(app, "job.stop", &result);

	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Job %s is asked to stop; what it stored stays.",
			options_argument(options, 0));
	return r;
}

static int remove_job(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = app_confirm(app, "Remove the job? What it stored stays.");

	if (r == 0)
		r = ask_job(app, "job.remove", &result);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Job %s removed; its snapshots stay.",
			options_argument(options, 0));
	return r;
}

static void print_plan(const struct json *plan)
{
	static const struct output_column columns[] = {{"OBJECT", "name"}, {"KIND", "kind"},
		{"NEEDS", "required"}, {"HELD", "held"}, {"WOULD TAKE", "would_license"},
		{"MISSING", "missing"}, {"WOULD BE", "would_be"}, {"WHY", "reason.text"}};
	const struct json *gaps = json_get(plan, "left_out");
	const char *reason = json_get_text(json_get(plan, "reason"), "text");

	output_table(json_get(plan, "objects"), columns, 8, "The job has no objects.");
	printf("\nAll together need licenses for %lld users; %lld hold one, %lld would get "
	       "one.\n",
		(long long)json_get_int(plan, "required", 0),
		(long long)json_get_int(plan, "held", 0),
		(long long)json_get_int(plan, "would_license", 0));
	for (size_t i = 0; i < json_count(gaps); i++)
		printf("Not listed: %s: %s\n", json_get_text_or(json_at(gaps, i), "kind", ""),
			json_get_text_or(json_at(gaps, i), "text", ""));
	if (reason)
		printf("It would not start now: %s\n", reason);
}

static int job_plan(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = ask_job(app, "job.plan", &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		print_plan(result);
	return r;
}

static int notices(void *context, const struct options *options)
{
	static const struct output_column columns[] = {
		{"SINCE", "raised_at"}, {"JOB", "job"}, {"NOTICE", "text"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;

	json_put_bool(arguments, "all", options_has(options, "all"));
	int r = app_ask(app, "notices", arguments, &result);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "notices"), columns, 3, "No bad news.");
	return r;
}

static const struct option_spec add_options[] = {{"connection", "C", "from where"},
	{"storage", "S", "to where"},
	{"objects", "LIST", "all (the default), or KIND:all|KIND:NAME,…"},
	{"order", "ORDER", "name (the default)"},
	{"schedule", "WHEN", "\"every 30 minutes\", \"every 4 hours\", \"daily 02:30\" (UTC)"},
	KEEP_OPTIONS, {NULL, NULL, NULL}};
static const struct option_spec set_options[] = {
	KEEP_OPTIONS, {"keep-all", NULL, "keep all snapshots"}, {NULL, NULL, NULL}};
static const struct option_spec start_options[] = {
	{"wait", NULL, "wait for its end, with progress"}, {NULL, NULL, NULL}};
static const struct option_spec notice_options[] = {
	{"all", NULL, "those that are over, too"}, {NULL, NULL, NULL}};

const struct command_spec commands_job[] = {
	{"job add", "NAME", 1, 1, add_options, "Add a backup job.", add_job},
	{"job set", "NAME", 1, 1, set_options, "Set what the runs of a job keep.", set_job},
	{"job list", "", 0, 0, NULL, "List the jobs.", job_list},
	{"job show", "NAME", 1, 1, NULL, "Show a job and its last run.", job_show},
	{"job start", "NAME", 1, 1, start_options, "Start a job.", job_start},
	{"job stop", "NAME", 1, 1, NULL, "Stop a running job.", job_stop},
	{"job remove", "NAME", 1, 1, NULL, "Remove a job; its snapshots stay.", remove_job},
	{"job plan", "NAME", 1, 1, NULL, "Show what a start would consume and leave out.",
		job_plan},
	{"notices", "", 0, 0, notice_options, "Show the bad news.", notices},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
