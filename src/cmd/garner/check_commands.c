/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "app.h"
#include "base/mem.h"
#include "base/text.h"
#include "output.h"
#include "progress.h"
#include "repo/check.h"
#include "repo/repair.h"

/* garner check, repair: whether a repository is whole, and making it so. They need no license
 * and no daemon. */

enum { TURN_MAX = 1000000000 };

struct checking {
	const struct app *app;
	struct progress progress;
	const char *word;
	struct json *faults; /* or notes */
};

static void draw(void *context, uint64_t done, uint64_t total)
{
	struct checking *checking = context;

	progress_count(&checking->progress, checking->word, done, total, done);
}

static void say(struct checking *checking, struct json *json, const char *text)
{
	json_append(checking->faults, json);
	if (checking->app->json)
		return;
	progress_end(&checking->progress);
	fprintf(stderr, "garner: %s\n", text);
}

static void take_fault(void *context, const struct check_fault *fault)
{
	struct json *json = json_new_object();

	json_put_text(json, "text", fault->text);
	json_put_text(json, "file", fault->file);
	json_put_text(json, "chunk", fault->chunk);
	json_put_text(json, "snapshot", fault->snapshot);
	json_put_text(json, "object", fault->object);
	json_put_text(json, "item", fault->item);
	json_put_bool(json, "can_mend", fault->can_mend);
	say(context, json, fault->text);
}

static int read_percent(const struct options *options, struct check_options *out)
{
	const char *word = options_get(options, "read-data");
	const char *turn = options_get(options, "turn");
	int64_t percent = word && !*word ? 100 : 0;
	int r = word && *word ? text_to_int(word, 1, 100, &percent) : 0;

	out->data_percent = (int)percent;
	out->turn = -1;
	if (r < 0)
		return err_set(ERR_USAGE, "--read-data=PERCENT takes a number from 1 to 100");
	if (turn && (!word || text_to_int(turn, 0, TURN_MAX, &out->turn) < 0))
		return err_set(ERR_USAGE, "--turn takes a number, with --read-data=PERCENT");
	return 0;
}

static void print_check(const struct app *app, const struct check_result *result,
	struct json *faults, int percent)
{
	AUTO_JSON json = json_new_object();
	AUTO_TEXT read = text_size(result->bytes_read);

	json_put_int(json, "snapshots", (int64_t)result->snapshots);
	json_put_int(json, "packs", (int64_t)result->packs);
	json_put_int(json, "unused_packs", (int64_t)result->unused_packs);
	json_put_int(json, "packs_read", (int64_t)result->packs_read);
	json_put_int(json, "chunks", (int64_t)result->chunks);
	json_put_int(json, "bytes_read", (int64_t)result->bytes_read);
	json_put_int(json, "data_percent", percent);
	json_put_int(json, "can_mend", (int64_t)result->mendable);
	json_put(json, "faults", json_share(faults));
	if (app->json)
		output_json(json);
	else
		output_line(app,
			"%" PRIu64 " snapshots, %" PRIu64 " packs, %" PRIu64
			" chunks checked, %s of packs read: %s",
			result->snapshots, result->packs, result->chunks, read,
			result->faults ? "faults were found" : "no fault");
}

static int judge_check(const struct check_result *result)
{
	if (result->faults == 0)
		return 0;
	if (result->faults == result->mendable)
		return err_set(ERR_CORRUPT,
			"%" PRIu64 " faults were found and nothing is lost: run garner repair",
			result->faults);
	return err_set(ERR_CORRUPT,
		"%" PRIu64 " faults were found, of which garner repair gives back %" PRIu64
		"; copy the repository before, and see what it would do with --dry-run",
		result->faults, result->mendable);
}

static int check(void *context, const struct options *options)
{
	struct app *app = context;
	struct checking checking = {.app = app,
		.word = "checked",
		.progress = progress_begin(app),
		.faults = json_new_array()};
	struct check_options how = {.cancel = app->cancel,
		.progress = draw,
		.fault = take_fault,
		.context = &checking};
	struct check_result result = {0};
	struct repo *repo = NULL;
	int r = read_percent(options, &how);

	if (r == 0)
		r = app_open_damaged(app, &repo);
	if (r == 0)
		r = repo_check(repo, &how, &result);
	progress_end(&checking.progress);
	if (r == 0) {
		print_check(app, &result, checking.faults, how.data_percent);
		r = judge_check(&result);
	}
	repo_close(repo);
	json_free(checking.faults);
	return r;
}

static void take_note(void *context, const struct repair_note *note)
{
	static const char *const kinds[] = {
		[REPAIR_MENDED] = "mended", [REPAIR_MADE] = "made", [REPAIR_LOST] = "lost"};
	struct json *json = json_new_object();

	json_put_text(json, "kind", kinds[note->kind]);
	json_put_text(json, "text", note->text);
	json_put_text(json, "file", note->file);
	json_put_text(json, "snapshot", note->snapshot);
	json_put_text(json, "object", note->object);
	json_put_text(json, "item", note->item);
	say(context, json, note->text);
}

static void print_repair(const struct app *app, const struct repair_result *result,
	struct json *notes, bool dry_run)
{
	AUTO_JSON json = json_new_object();

	json_put_bool(json, "dry_run", dry_run);
	json_put_int(json, "mended", (int64_t)result->mended);
	json_put_int(json, "made", (int64_t)result->made);
	json_put_int(json, "lost_files", (int64_t)result->lost_files);
	json_put_int(json, "lost_items", (int64_t)result->lost_items);
	json_put(json, "notes", json_share(notes));
	if (app->json)
		output_json(json);
	else if (result->mended + result->made + result->lost_files + result->lost_items == 0)
		output_line(app, "nothing is damaged");
	else
		output_line(app,
			"%" PRIu64 " files %s, %" PRIu64 " made anew, %" PRIu64
			" lost or lost in part, %" PRIu64 " items lost",
			result->mended, dry_run ? "would be given back" : "given back",
			result->made, result->lost_files, result->lost_items);
}

static int repair(void *context, const struct options *options)
{
	struct app *app = context;
	struct checking checking = {.app = app,
		.word = "looked at",
		.progress = progress_begin(app),
		.faults = json_new_array()};
	struct repair_options how = {.dry_run = options_has(options, "dry-run"),
		.cancel = app->cancel,
		.progress = draw,
		.note = take_note,
		.context = &checking};
	struct repair_result result = {0};
	struct repo *repo = NULL;
	int r = app_open_damaged(app, &repo);

	if (r == 0)
		r = repo_repair(repo, &how, &result);
	progress_end(&checking.progress);
	if (r == 0 || r == ERR_PARTIAL)
		print_repair(app, &result, checking.faults, how.dry_run);
	repo_close(repo);
	json_free(checking.faults);
	return r;
}

static const struct option_spec check_options[] = {
	{"read-data", "[=PERCENT]", "read that share of the data too, 100 without a number"},
	{"turn", "N", "which share: 0, 1, 2 … together are all; by the date without it"},
	REPOSITORY_OPTIONS, {NULL, NULL, NULL}};
static const struct option_spec repair_options[] = {
	{"dry-run", NULL, "say what would be done"}, REPOSITORY_OPTIONS, {NULL, NULL, NULL}};

const struct command_spec commands_check[] = {
	{"check", "", 0, 0, check_options, "Check a repository.", check},
	{"repair", "", 0, 0, repair_options, "Give back what is damaged, name what is lost.",
		repair},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
