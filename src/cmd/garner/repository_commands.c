/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "item/filename.h"
#include "job/handout.h"
#include "job/report.h"
#include "job/restore.h"
#include "job/storages.h"
#include "output.h"
#include "progress.h"
#include "storage/storage.h"

/* garner snapshots, ls, cat, restore, check, stats: they read the repository themselves, with
 * no daemon and no license; with --repository without any state, too. */

enum { CAT_CEILING = 64 << 20 };

static int open_alone(
	struct app *app, const char *folder, repo_open_fn *open, struct repo **out)
{
	AUTO_TEXT text = NULL;
	const char *password_file = options_get(app->options, "password-file");
	const char *recovery_file = options_get(app->options, "recovery-file");
	struct repo_secret secret = {.key_file = options_get(app->options, "key-file"),
		.writer_file = options_get(app->options, "writer-file")};
	const struct storage_options place = {
		.credentials_file = options_get(app->options, "credentials-file"),
		.ca_file = options_get(app->options, "ca")};
	struct storage *storage = NULL;
	int r = 0;

	if (password_file || recovery_file)
		r = secret_read(password_file ? password_file : recovery_file, &text);
	else if (!secret.key_file && !secret.writer_file)
		r = err_set(ERR_USAGE, "--repository needs --password-file F, --key-file F or "
				       "--recovery-file F");
	secret.password = password_file ? text : NULL;
	secret.recovery_key = password_file ? NULL : text;
	if (r == 0)
		r = storage_open_url(folder, &place, &storage);
	if (r == 0)
		r = open(storage, &secret, out);
	if (text)
		secret_wipe(text, strlen(text));
	return r;
}

static int open_by(struct app *app, repo_open_fn *open, struct repo **out)
{
	const char *folder = options_get(app->options, "repository");
	struct installation *installation;

	*out = NULL;
	if (folder)
		return open_alone(app, folder, open, out);
	/* Without the license: whatever is wrong with it, what is stored can be read. */
	int r = installation_open_plain(app->state, &installation);
	if (r == 0)
		r = storages_open_by(
			installation, options_get(app->options, "storage"), open, out);
	installation_close(installation);
	return r;
}

int app_open_repo(struct app *app, struct repo **out)
{
	return open_by(app, repo_open, out);
}

int app_open_damaged(struct app *app, struct repo **out)
{
	return open_by(app, repo_open_damaged, out);
}

static struct json *describe_object(const struct repo_object *object)
{
	struct json *json = json_new_object();

	json_put_text(json, "kind", object->kind);
	json_put_text(json, "name", object->name);
	json_put_bool(json, "kept", object->kept);
	json_put_time(json, "stored_at", object->stored_s);
	json_put_int(json, "items", (int64_t)object->items);
	json_put_int(json, "bytes", (int64_t)object->bytes);
	return json;
}

static struct json *describe_snapshot(const struct snapshot *snapshot)
{
	struct json *json = json_new_object();
	struct json *objects = json_new_array();
	int64_t items = 0, bytes = 0;

	for (size_t i = 0; i < snapshot->object_count; i++) {
		json_append(objects, describe_object(&snapshot->objects[i]));
		items += (int64_t)snapshot->objects[i].items;
		bytes += (int64_t)snapshot->objects[i].bytes;
	}
	json_put_text(json, "id", snapshot->id);
	json_put_time(json, "created_at", snapshot->created_s);
	json_put_text(json, "job", snapshot->job);
	json_put_int(json, "object_count", (int64_t)snapshot->object_count);
	json_put_int(json, "items", items);
	json_put_int(json, "bytes", bytes);
	json_put(json, "objects", objects);
	return json;
}

static bool holds_object(const struct snapshot *snapshot, const char *wanted)
{
	for (size_t i = 0; i < snapshot->object_count; i++) {
		AUTO_TEXT label = mem_printf(
			"%s:%s", snapshot->objects[i].kind, snapshot->objects[i].name);
		if (text_equal_nocase(label, wanted))
			return true;
	}
	return false;
}

static int list_snapshots(struct app *app, struct repo *repo, struct json *list)
{
	const char *object = options_get(app->options, "object");
	struct snapshot **snapshots = NULL;
	size_t count = 0;
	int r = repo_snapshots(repo, &snapshots, &count);

	for (size_t i = 0; i < count; i++) {
		if (!object || holds_object(snapshots[i], object))
			json_append(list, describe_snapshot(snapshots[i]));
		snapshot_free(snapshots[i]);
	}
	mem_free(snapshots);
	return r;
}

static int snapshots(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"SNAPSHOT", "id"},
		{"MADE", "created_at"}, {"JOB", "job"}, {"OBJECTS", "object_count"},
		{"ITEMS", "items"}, {"BYTES", "bytes"}};
	struct app *app = context;
	AUTO_JSON result = json_new_object();
	struct json *list = json_new_array();
	struct repo *repo;
	int r = app_open_repo(app, &repo);

	(void)options;
	json_put(result, "snapshots", list);
	if (r == 0)
		r = list_snapshots(app, repo, list);
	repo_close(repo);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(list, columns, 6, "There is no snapshot yet.");
	return r;
}

/* "SNAPSHOT[:PATH]": the snapshot, and the path borrowed from the argument, "" without one. */
static int open_place(
	struct app *app, struct repo **repo, struct snapshot **snapshot, const char **path)
{
	const char *place = options_argument(app->options, 0);
	size_t size = strcspn(place, ":");
	AUTO_TEXT id = mem_strndup(place, size);
	int r = app_open_repo(app, repo);

	*snapshot = NULL;
	*path = place[size] ? place + size + 1 : "";
	return r < 0 ? r : repo_snapshot(*repo, id, snapshot);
}

int app_open_place(
	struct app *app, struct repo **repo, struct snapshot **snapshot, const char **path)
{
	return open_place(app, repo, snapshot, path);
}

static int list_entry(void *context, const struct path_entry *entry)
{
	static const char *const types[] = {"object", "folder", "item"};
	struct json *json = json_new_object();

	json_put_text(json, "path", entry->path);
	json_put_text(json, "name", entry->name);
	json_put_text(json, "type",
		entry->kind == PATH_ITEM ? entry->item->type : types[entry->kind]);
	if (entry->kind == PATH_ITEM) {
		json_put_int(json, "size", (int64_t)entry->item->content.size);
		json_put_time(json, "modified_at", entry->item->modified_s);
	} else {
		json_put_int(json, "size", (int64_t)entry->bytes);
		json_put_int(json, "items", (int64_t)entry->items);
	}
	json_append(context, json);
	return 0;
}

static int ls(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"TYPE", "type"}, {"SIZE", "size"},
		{"ITEMS", "items"}, {"CHANGED", "modified_at"}, {"PATH", "path"}};
	struct app *app = context;
	AUTO_JSON result = json_new_object();
	struct json *list = json_new_array();
	const struct path_visitor visitor = {.visit = list_entry,
		.context = list,
		.deep = options_has(options, "recursive")};
	struct repo *repo;
	struct snapshot *snapshot;
	const char *path;
	int r = open_place(app, &repo, &snapshot, &path);

	json_put(result, "entries", list);
	if (r == 0)
		r = path_walk(repo, snapshot, path, &visitor);
	snapshot_free(snapshot);
	repo_close(repo);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(list, columns, 5, "Nothing lies there.");
	return r;
}

struct cat {
	struct repo *repo;
	bool found, json;
	bool is_limited, left_out; /* by the limit of a trial */
	struct buf content;        /* for --json */
};

static int cat_piece(void *context, const void *data, size_t size)
{
	struct cat *cat = context;

	if (cat->json)
		return buf_append(&cat->content, data, size);
	return fwrite(data, 1, size, stdout) == size
		       ? 0
		       : err_set(ERR_IO, "cannot write to standard output");
}

static int cat_entry(void *context, const struct path_entry *entry)
{
	struct cat *cat = context;

	if (entry->kind != PATH_ITEM)
		return err_set(
			ERR_INVALID, "%s is no item; list it with garner ls", entry->path);
	cat->found = true;
	cat->left_out = !handout_allows(entry, cat->is_limited);
	if (cat->left_out)
		return 0;
	return repo_read(cat->repo, &entry->item->content, cat_piece, cat);
}

static void print_content(const char *path, const struct cat *cat)
{
	AUTO_JSON result = json_new_object();
	AUTO_TEXT text =
		cat->left_out ? NULL : text_to_base64(cat->content.data, cat->content.size);

	json_put_text(result, "path", path);
	json_put_int(result, "size", (int64_t)cat->content.size);
	json_put_text(result, "content_base64", text);
	json_put_int(result, "left_out", cat->left_out);
	output_json(result);
}

static int cat(void *context, const struct options *options)
{
	struct app *app = context;
	struct cat cat = {.json = app->json, .content = buf_init(CAT_CEILING)};
	const struct path_visitor visitor = {.visit = cat_entry, .context = &cat};
	struct snapshot *snapshot;
	const char *path;
	int r = open_place(app, &cat.repo, &snapshot, &path);

	(void)options;
	if (r == 0) {
		cat.is_limited = handout_is_limited(app->state, snapshot);
		r = path_walk(cat.repo, snapshot, path, &visitor);
	}
	if (r == 0 && !cat.found)
		r = err_set(ERR_NOTFOUND, "no item lies at %s", path);
	if (r == 0 && app->json)
		print_content(path, &cat);
	if (r == 0 && fflush(stdout) != 0)
		r = err_errno("cannot write to standard output");
	if (r == 0 && cat.left_out)
		r = err_set(ERR_PARTIAL,
			"%s is left out: it was stored in a trial, of which the first items of "
			"each folder are handed out; enter your license key here",
			path);
	snapshot_free(snapshot);
	repo_close(cat.repo);
	buf_free(&cat.content);
	return r;
}

static int read_conflict(const char *word, enum restore_conflict *out)
{
	static const char *const words[] = {"skip", "replace", "copy"};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (text_equal(word, words[i])) {
			*out = (enum restore_conflict)i;
			return 0;
		}
	}
	return err_set(ERR_USAGE, "--on-conflict is skip, replace or copy");
}

struct restoring {
	struct progress progress;
	uint64_t total;        /* items; 0 where it is not known beforehand */
	struct json *left_out; /* a member for each folder */
};

static void draw_restore(void *context, uint64_t items, uint64_t bytes)
{
	struct restoring *restoring = context;

	progress_count(&restoring->progress, "restored", items, restoring->total, bytes);
}

enum { NAMED_MOST = 100 /* of one folder; all are counted */ };

/* The entry of the folder that the path lies in; the items of one folder come together. */
static struct json *left_out_folder(struct json *folders, const char *path)
{
	size_t count = json_count(folders);
	struct json *last = count ? json_at(folders, count - 1) : NULL;
	AUTO_TEXT folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));

	if (last && text_equal(json_get_text(last, "path"), folder))
		return last;
	struct json *entry = json_new_object();
	json_put_text(entry, "path", folder);
	json_put_int(entry, "left_out", 0);
	json_put(entry, "names", json_new_array());
	json_append(folders, entry);
	return entry;
}

static void note_left_out(void *context, const char *path)
{
	struct restoring *restoring = context;
	struct json *entry = left_out_folder(restoring->left_out, path);
	struct json *names = json_get(entry, "names");

	json_put_int(entry, "left_out", json_get_int(entry, "left_out", 0) + 1);
	if (json_count(names) < NAMED_MOST)
		json_append(names, json_new_text(strrchr(path, '/') + 1));
}

static void print_left_out(const struct app *app, const struct json *folders)
{
	for (size_t i = 0; i < json_count(folders); i++) {
		const struct json *entry = json_at(folders, i);
		const struct json *names = json_get(entry, "names");
		int64_t count = json_get_int(entry, "left_out", 0);

		output_line(app, "%" PRId64 " items of %s are left out:", count,
			json_get_text(entry, "path"));
		for (size_t j = 0; j < json_count(names); j++)
			output_line(app, "  %s", json_as_text(json_at(names, j)));
		if (count > (int64_t)json_count(names))
			output_line(app, "  …");
	}
}

/* How many items lie in the snapshot, or in the object at the path; 0 below an object, where
 * only walking would tell. */
static uint64_t count_items(const struct snapshot *snapshot, const char *path)
{
	uint64_t items = 0;

	for (size_t i = 0; i < snapshot->object_count; i++) {
		const struct repo_object *object = &snapshot->objects[i];
		AUTO_TEXT name = filename_encode(object->name);
		AUTO_TEXT place = mem_printf("%s/%s", object->kind, name);
		if (!*path || text_equal(place, path))
			items += object->items;
	}
	return items;
}

static int print_restore(const struct app *app, int r, const struct restore_result *result,
	const struct restore_options *options)
{
	const struct restoring *restoring = options->context;
	AUTO_JSON json = json_new_object();
	AUTO_TEXT size = text_size(result->bytes);

	json_put_text(json, "to", options->folder);
	json_put_bool(json, "dry_run", options->dry_run);
	json_put_int(json, "items", (int64_t)result->items);
	json_put_int(json, "bytes", (int64_t)result->bytes);
	json_put_int(json, "skipped", (int64_t)result->skipped);
	json_put_int(json, "failed", (int64_t)result->failed);
	json_put_int(json, "left_out", (int64_t)result->left_out);
	json_put(json, "left_out_folders", json_share(restoring->left_out));
	json_put(json, "reason", r < 0 ? report_reason(err_name(r), err_message()) : NULL);
	if (app->json)
		output_json(json);
	else
		output_line(app,
			"%" PRIu64 " items (%s) %s %s; %" PRIu64 " were there and stay",
			result->items, size,
			options->dry_run ? "would be restored to" : "restored to",
			options->folder, result->skipped);
	print_left_out(app, restoring->left_out);
	return r;
}

static int check_target(const char *to)
{
	if (!to)
		return err_set(ERR_USAGE, "say where to with --to DIR");
	if (text_equal(to, "original") || (strchr(to, ':') && *to != '/' && *to != '.'))
		return err_set(ERR_USAGE,
			"--to %s: this version restores to folders of this machine; name one "
			"with --to DIR",
			to);
	return 0;
}

static int restore(void *context, const struct options *options)
{
	struct app *app = context;
	struct restoring restoring = {
		.progress = progress_begin(app), .left_out = json_new_array()};
	struct restore_options how = {.folder = options_get(options, "to"),
		.dry_run = options_has(options, "dry-run"),
		.cancel = app->cancel,
		.progress = draw_restore,
		.left_out = note_left_out,
		.context = &restoring};
	struct restore_result result = {0};
	struct repo *repo = NULL;
	struct snapshot *snapshot = NULL;
	const char *conflict = options_get(options, "on-conflict");
	int r = check_target(how.folder);

	if (r == 0 && conflict)
		r = read_conflict(conflict, &how.conflict);
	if (r == 0)
		r = open_place(app, &repo, &snapshot, &how.path);
	if (r == 0) {
		restoring.total = count_items(snapshot, how.path);
		how.is_limited = handout_is_limited(app->state, snapshot);
		r = restore_to_folder(repo, snapshot, &how, &result);
		progress_end(&restoring.progress);
		r = print_restore(app, r, &result, &how);
	}
	json_free(restoring.left_out);
	snapshot_free(snapshot);
	repo_close(repo);
	return r;
}

static int stats(void *context, const struct options *options)
{
	struct app *app = context;
	struct repo_stats stats = {0};
	struct repo *repo = NULL;
	int r = app_open_repo(app, &repo);

	(void)options;
	if (r == 0)
		r = repo_stats(repo, &stats);
	repo_close(repo);
	if (r < 0)
		return r;
	AUTO_JSON json = json_new_object();
	AUTO_TEXT size = text_size(stats.stored_bytes);
	json_put_int(json, "stored_bytes", (int64_t)stats.stored_bytes);
	json_put_int(json, "packs", (int64_t)stats.packs);
	json_put_int(json, "chunks", (int64_t)stats.chunks);
	json_put_int(json, "snapshots", (int64_t)stats.snapshots);
	if (app->json)
		output_json(json);
	else
		output_line(app,
			"%s in %" PRIu64 " packs, %" PRIu64 " chunks, %" PRIu64 " snapshots",
			size, stats.packs, stats.chunks, stats.snapshots);
	return 0;
}

static const struct option_spec snapshot_options[] = {
	{"object", "KIND:NAME", "only those that hold this object"}, REPOSITORY_OPTIONS,
	{NULL, NULL, NULL}};
static const struct option_spec ls_options[] = {
	{"recursive", NULL, "all below, too"}, REPOSITORY_OPTIONS, {NULL, NULL, NULL}};
static const struct option_spec plain_options[] = {REPOSITORY_OPTIONS, {NULL, NULL, NULL}};
static const struct option_spec restore_options[] = {{"to", "DIR", "the folder to restore to"},
	{"on-conflict", "WORD", "what is there: skip (the default), replace, copy (keep both)"},
	{"dry-run", NULL, "say what would be restored"}, REPOSITORY_OPTIONS,
	{NULL, NULL, NULL}};
const struct command_spec commands_repository[] = {
	{"snapshots", "", 0, 0, snapshot_options, "List the snapshots.", snapshots},
	{"ls", "SNAPSHOT[:PATH]", 1, 1, ls_options, "List what lies in a snapshot.", ls},
	{"cat", "SNAPSHOT:PATH", 1, 1, plain_options, "Write an item to standard output.", cat},
	{"restore", "SNAPSHOT[:PATH]", 1, 1, restore_options, "Restore to a folder.", restore},
	{"stats", "", 0, 0, plain_options, "Show sizes and counts of a repository.", stats},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
