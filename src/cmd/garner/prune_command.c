/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "output.h"
#include "progress.h"
#include "repo/prune.h"

/* garner prune: removes what no snapshot needs. */

static void draw(void *context, uint64_t done, uint64_t total)
{
	progress_count(context, "looked at", done, total, done);
}

static struct json *describe_writers(const struct prune_result *result)
{
	struct json *writers = json_new_array();

	for (size_t i = 0; i < result->writer_count; i++) {
		const struct prune_writer *writer = &result->writers[i];
		struct json *json = json_new_object();
		/* Behind the blank stands what only processes understand. */
		AUTO_TEXT machine = mem_strndup(writer->machine, strcspn(writer->machine, " "));
		json_put_text(json, "machine", machine);
		json_put_int(json, "process", writer->process);
		json_put_time(json, "since", writer->since_s);
		json_append(writers, json);
	}
	return writers;
}

static struct json *describe(const struct app *app, const struct prune_result *result)
{
	struct json *json = json_new_object();

	json_put_bool(json, "dry_run", options_has(app->options, "dry-run"));
	json_put_int(json, "freed_bytes", (int64_t)result->freed_bytes);
	json_put_int(json, "freed_packs", (int64_t)result->freed_files);
	json_put_int(json, "rewritten_packs", (int64_t)result->rewritten_packs);
	json_put_int(json, "written_packs", (int64_t)result->written_packs);
	json_put_int(json, "written_bytes", (int64_t)result->written_bytes);
	json_put_int(json, "to_come_bytes", (int64_t)result->condemned_bytes);
	json_put_int(json, "to_come_packs", (int64_t)result->condemned_packs);
	json_put_int(json, "chunks", (int64_t)result->chunks);
	json_put_int(json, "dead_chunks", (int64_t)result->dead_chunks);
	json_put(json, "writers", describe_writers(result));
	return json;
}

static void print(const struct app *app, const struct prune_result *result)
{
	static const struct output_column columns[] = {
		{"WRITER ON", "machine"}, {"PROCESS", "process"}, {"AT WORK SINCE", "since"}};
	bool dry_run = options_has(app->options, "dry-run");
	AUTO_JSON json = describe(app, result);
	AUTO_TEXT freed = text_size(result->freed_bytes);
	AUTO_TEXT to_come = text_size(result->condemned_bytes);

	if (app->json) {
		output_json(json);
		return;
	}
	output_line(app, "%s in %" PRIu64 " packs %s; %" PRIu64 " packs %s.", freed,
		result->freed_files, dry_run ? "would be freed" : "are freed",
		result->rewritten_packs, dry_run ? "would be rewritten" : "were rewritten");
	if (result->condemned_packs == 0)
		return;
	output_line(app, "%s in %" PRIu64 " packs come free with a later prune%s", to_come,
		result->condemned_packs,
		result->writer_count ? ", when these have ended:" : ".");
	if (result->writer_count > 0 && !app->quiet)
		output_table(json_get(json, "writers"), columns, 3, "");
}

static int prune(void *context, const struct options *options)
{
	struct app *app = context;
	struct progress progress = progress_begin(app);
	const struct prune_options how = {.dry_run = options_has(options, "dry-run"),
		.cancel = app->cancel,
		.progress = draw,
		.context = &progress};
	struct prune_result result = {0};
	struct repo *repo = NULL;
	int r = app_open_repo(app, &repo);

	if (r == 0)
		r = repo_prune(repo, &how, &result);
	progress_end(&progress);
	repo_close(repo);
	if (r == 0)
		print(app, &result);
	prune_result_free(&result);
	return r;
}

static const struct option_spec prune_options[] = {
	{"dry-run", NULL, "say what would be removed"}, REPOSITORY_OPTIONS, {NULL, NULL, NULL}};

const struct command_spec commands_prune[] = {
	{"prune", "", 0, 0, prune_options,
		"Remove what no snapshot needs; backups may run meanwhile.", prune},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
