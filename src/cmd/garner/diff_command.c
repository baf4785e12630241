/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "app.h"
#include "base/mem.h"
#include "base/text.h"
#include "item/filename.h"
#include "output.h"
#include "repo/diff.h"

/* garner diff A B: what is different between two snapshots. */

struct differing {
	struct json *changes;
	const char *object; /* "KIND:NAME"; NULL: all */
	uint64_t added, removed, changed;
	int64_t bytes;
};

static bool is_wanted(const struct differing *differing, const struct repo_object *object)
{
	AUTO_TEXT label = mem_printf("%s:%s", object->kind, object->name);

	return !differing->object || text_equal_nocase(label, differing->object);
}

static const char *count(struct differing *differing, const struct diff_change *change)
{
	differing->bytes += change->after ? (int64_t)change->after->content.size : 0;
	differing->bytes -= change->before ? (int64_t)change->before->content.size : 0;
	if (!change->before) {
		differing->added++;
		return "added";
	}
	if (!change->after) {
		differing->removed++;
		return "removed";
	}
	differing->changed++;
	return "changed";
}

static bool has_same_content(const struct diff_change *change)
{
	const struct repo_content *before = &change->before->content;
	const struct repo_content *after = &change->after->content;

	return before->kind == after->kind && before->size == after->size &&
	       memcmp(before->id, after->id, sizeof(before->id)) == 0;
}

static int take_change(void *context, const struct diff_change *change)
{
	struct differing *differing = context;
	const struct repo_object *object = change->object;

	if (!is_wanted(differing, object))
		return 0;
	const struct tree_item *item = change->after ? change->after : change->before;
	struct json *json = json_new_object();
	AUTO_TEXT name = filename_encode(object->name);
	AUTO_TEXT component = filename_encode(item->name);
	AUTO_TEXT path = mem_printf("%s/%s%s%s/%s", object->kind, name,
		*change->folder ? "/" : "", change->folder, component);

	json_put_text(json, "change", count(differing, change));
	json_put_text(json, "path", path);
	json_put_text(json, "name", item->name);
	json_put_text(json, "type", item->type);
	json_put_int(json, "size", (int64_t)item->content.size);
	json_put_time(json, "modified_at", item->modified_s);
	if (change->before && change->after) {
		json_put_int(json, "size_before", (int64_t)change->before->content.size);
		json_put_bool(json, "content_changed", !has_same_content(change));
	}
	json_append(differing->changes, json);
	return 0;
}

static int print(const struct app *app, const struct differing *differing)
{
	static const struct output_column columns[] = {
		{"CHANGE", "change"}, {"SIZE", "size"}, {"PATH", "path"}};
	AUTO_JSON result = json_new_object();

	json_put_int(result, "added", (int64_t)differing->added);
	json_put_int(result, "removed", (int64_t)differing->removed);
	json_put_int(result, "changed", (int64_t)differing->changed);
	json_put_int(result, "bytes", differing->bytes);
	json_put(result, "changes", json_share(differing->changes));
	if (app->json) {
		output_json(result);
		return 0;
	}
	output_table(differing->changes, columns, 3, "Nothing is different.");
	if (json_count(differing->changes) > 0)
		output_line(app, "%" PRIu64 " added, %" PRIu64 " removed, %" PRIu64 " changed",
			differing->added, differing->removed, differing->changed);
	return 0;
}

static int diff(void *context, const struct options *options)
{
	struct app *app = context;
	struct differing differing = {
		.changes = json_new_array(), .object = options_get(options, "object")};
	struct snapshot *before = NULL, *after = NULL;
	struct repo *repo = NULL;
	int r = app_open_repo(app, &repo);

	if (r == 0)
		r = repo_snapshot(repo, options_argument(options, 0), &before);
	if (r == 0)
		r = repo_snapshot(repo, options_argument(options, 1), &after);
	if (r == 0) {
		const struct diff how = {before, after, take_change, &differing};
		r = repo_diff(repo, &how);
	}
	if (r == 0)
		r = print(app, &differing);
	snapshot_free(before);
	snapshot_free(after);
	repo_close(repo);
	json_free(differing.changes);
	return r;
}

static const struct option_spec diff_options[] = {
	{"object", "KIND:NAME", "of this object alone"}, REPOSITORY_OPTIONS,
	{NULL, NULL, NULL}};

const struct command_spec commands_diff[] = {
	{"diff", "SNAPSHOT SNAPSHOT", 2, 2, diff_options,
		"Show what is different between two snapshots.", diff},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
