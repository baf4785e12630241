/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "keep_options.h"
#include "output.h"
#include "repo/history.h"
#include "repo/retain.h"

/* garner forget: snapshots by their ids, or those that rules do not keep. */

struct forgetting {
	struct json *forgotten, *kept;
};

static void note(void *context, const struct snapshot *snapshot, bool stays)
{
	struct forgetting *forgetting = context;
	struct json *json = json_new_object();

	json_put_text(json, "id", snapshot->id);
	json_put_time(json, "created_at", snapshot->created_s);
	json_put_text(json, "job", snapshot->job);
	json_append(stays ? forgetting->kept : forgetting->forgotten, json);
}

static int by_rules(struct app *app, struct repo *repo, struct forgetting *forgetting)
{
	const struct retain_options how = {.job = options_get(app->options, "job"),
		.dry_run = options_has(app->options, "dry-run"),
		.visit = note,
		.context = forgetting};
	AUTO_TEXT text = keep_options_text(app->options);
	struct retention_plan plan = {0};
	int r = text ? retention_plan_read_all(&plan, text)
		     : err_set(ERR_USAGE, "name the snapshots to forget, or say what to keep: "
					  "--keep-daily 30");

	if (r == ERR_INVALID)
		r = err_set(ERR_USAGE, "%s", err_message());
	if (r == 0)
		r = repo_retain(repo, &plan, &how);
	retention_plan_free(&plan);
	return r;
}

/* All of them are looked at before one goes. */
static int by_ids(struct app *app, struct repo *repo, struct forgetting *forgetting)
{
	size_t count = options_count(app->options);
	char(*ids)[SNAPSHOT_ID_TEXT] = mem_array(count, SNAPSHOT_ID_TEXT);
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		struct snapshot *snapshot = NULL;
		r = repo_snapshot(repo, options_argument(app->options, i), &snapshot);
		if (r < 0)
			break;
		memcpy(ids[i], snapshot->id, SNAPSHOT_ID_TEXT);
		note(forgetting, snapshot, false);
		snapshot_free(snapshot);
	}
	if (r == 0 && !options_has(app->options, "dry-run"))
		r = repo_forget(repo, ids, count);
	mem_free(ids);
	return r;
}

static void print(const struct app *app, const struct forgetting *forgetting)
{
	static const struct output_column columns[] = {
		{"FORGOTTEN", "id"}, {"MADE", "created_at"}, {"JOB", "job"}};
	bool dry_run = options_has(app->options, "dry-run");
	AUTO_JSON result = json_new_object();

	json_put_bool(result, "dry_run", dry_run);
	json_put(result, "forgotten", json_share(forgetting->forgotten));
	json_put(result, "kept", json_share(forgetting->kept));
	if (app->json) {
		output_json(result);
		return;
	}
	if (!app->quiet && json_count(forgetting->forgotten) > 0)
		output_table(forgetting->forgotten, columns, 3, "");
	output_line(app, "%zu snapshots %s, %zu stay.", json_count(forgetting->forgotten),
		dry_run ? "would be forgotten" : "are forgotten", json_count(forgetting->kept));
}

static int forget(void *context, const struct options *options)
{
	struct app *app = context;
	struct forgetting forgetting = {json_new_array(), json_new_array()};
	struct repo *repo = NULL;
	int r = app_open_repo(app, &repo);

	if (r == 0)
		r = options_count(options) > 0 ? by_ids(app, repo, &forgetting)
					       : by_rules(app, repo, &forgetting);
	repo_close(repo);
	if (r == 0)
		print(app, &forgetting);
	json_free(forgetting.forgotten);
	json_free(forgetting.kept);
	return r;
}

static const struct option_spec forget_options[] = {KEEP_OPTIONS,
	{"job", "NAME", "snapshots of that job alone"},
	{"dry-run", NULL, "say what would be forgotten"}, REPOSITORY_OPTIONS,
	{NULL, NULL, NULL}};

const struct command_spec commands_forget[] = {
	{"forget", "[SNAPSHOT…]", 0, -1, forget_options,
		"Forget snapshots, or those that rules do not keep.", forget},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
