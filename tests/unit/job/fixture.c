/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/connection.h"
#include "job/notice.h"
#include "job/report.h"
#include "job/storages.h"
#include "repo/path.h"

enum { TEXT_MOST = 1 << 20 };

struct installation *fixture_open(const struct fixture *fixture)
{
	struct installation *installation;

	assert_int_equal(installation_open(fixture->state, &installation), 0);
	return installation;
}

int fixture_setup_empty(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof(*fixture));
	char template[] = "/tmp/garner-job-XXXXXX";

	log_set_level(LOG_ERROR);
	assert_non_null(mkdtemp(template));
	fixture->folder = mem_strdup(template);
	fixture->state = io_join(template, "state");
	fixture->source = io_join(template, "source");
	fixture->place = io_join(template, "place");
	assert_int_equal(io_make_folders(fixture->source, 0700), 0);
	fixture->installation = fixture_open(fixture);
	*state = fixture;
	return 0;
}

int fixture_setup(void **state)
{
	int r = fixture_setup_empty(state);
	const struct fixture *fixture = *state;
	AUTO_JSON settings = json_new_object();
	AUTO_JSON storage = NULL;

	json_put_text(settings, "path", fixture->source);
	const struct connection_new connection = {
		.name = "docs", .kind = "folder", .settings = settings};
	if (r == 0)
		r = connection_add(fixture->installation, &connection);
	if (r == 0)
		r = storages_add(fixture->installation,
			&(struct storage_new){.name = "disk", .path = fixture->place},
			&storage);
	return r;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

int fixture_teardown(void **state)
{
	struct fixture *fixture = *state;

	installation_close(fixture->installation);
	nftw(fixture->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	mem_free(fixture->folder);
	mem_free(fixture->state);
	mem_free(fixture->source);
	mem_free(fixture->place);
	mem_free(fixture);
	return 0;
}

void fixture_put(const struct fixture *fixture, const char *path, const char *text)
{
	AUTO_TEXT whole = io_join(fixture->source, path);
	AUTO_TEXT folder = mem_strndup(whole, (size_t)(strrchr(whole, '/') - whole));

	assert_int_equal(io_make_folders(folder, 0700), 0);
	assert_int_equal(io_write_file(whole, text, strlen(text), 0600), 0);
}

void fixture_remove(const struct fixture *fixture, const char *path)
{
	AUTO_TEXT whole = io_join(fixture->source, path);

	assert_int_equal(remove(whole), 0);
}

void fixture_add_job(const struct fixture *fixture, const char *objects)
{
	char name[] = "nightly", connection[] = "docs", storage[] = "disk", order[] = "name",
	     schedule[] = "";
	AUTO_TEXT selection = mem_strdup(objects);
	const struct job job = {.name = name,
		.connection = connection,
		.storage = storage,
		.objects = selection,
		.ordering = order,
		.schedule = schedule};

	assert_int_equal(job_add(fixture->installation, &job), 0);
}

int fixture_run(const struct fixture *fixture)
{
	return run_job(fixture->installation, "nightly", &(struct run_options){0});
}

struct json *fixture_report(const struct fixture *fixture)
{
	struct json *report;

	assert_int_equal(report_job(fixture->installation, "nightly", &report), 0);
	return report;
}

static char *list_objects(const struct json *report)
{
	AUTO_TEXT text = mem_strdup("");
	const struct json *objects = json_get(report, "objects");

	for (size_t i = 0; i < json_count(objects); i++) {
		const struct json *object = json_at(objects, i);
		const char *code = json_get_text(json_get(object, "reason"), "code");
		mem_replace(&text,
			mem_printf("%s%s:%s %s %d/%d%s%s\n", text,
				json_get_text(object, "kind"), json_get_text(object, "name"),
				json_get_text(object, "result"),
				(int)json_get_int(object, "items_new", -1),
				(int)json_get_int(object, "items_total", -1), code ? " " : "",
				code ? code : ""));
	}
	return STEAL(text);
}

char *fixture_objects(const struct fixture *fixture)
{
	AUTO_JSON report = fixture_report(fixture);

	return list_objects(report);
}

void fixture_assert_report(
	const struct fixture *fixture, const char *state, const char *code, const char *objects)
{
	AUTO_JSON report = fixture_report(fixture);
	AUTO_TEXT found = list_objects(report);
	const char *reason = json_get_text(json_get(report, "reason"), "code");

	assert_string_equal(json_get_text(report, "state"), state);
	assert_string_equal(reason ? reason : "none", code ? code : "none");
	assert_string_equal(found, objects);
}

char *fixture_snapshot_id(const struct fixture *fixture)
{
	AUTO_JSON report = fixture_report(fixture);

	return mem_strdup(json_get_text_or(report, "snapshot", ""));
}

struct listing {
	struct repo *repo;
	struct buf text;
};

static int add_piece(void *context, const void *data, size_t size)
{
	return buf_append(context, data, size);
}

static int list_entry(void *context, const struct path_entry *entry)
{
	struct listing *listing = context;
	int r = 0;

	if (entry->kind == PATH_OBJECT && entry->object->kept)
		return buf_printf(&listing->text, "%s kept\n", entry->path);
	if (entry->kind != PATH_ITEM || entry->object->kept)
		return 0;
	r = buf_printf(&listing->text, "%s=", entry->path);
	if (r == 0)
		r = repo_read(listing->repo, &entry->item->content, add_piece, &listing->text);
	return r < 0 ? r : buf_append_text(&listing->text, "\n");
}

static int compare_lines(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A walk goes by place in the storage, which is no test's business. */
static char *sort_lines(char *text)
{
	enum { LINES_MOST = 1000 };
	char *lines[LINES_MOST], *rest = text, *sorted = mem_strdup("");
	size_t count = 0;

	for (char *line; (line = strsep(&rest, "\n")) && *line && count < LINES_MOST;)
		lines[count++] = line;
	if (count > 0)
		qsort(lines, count, sizeof(*lines), compare_lines);
	for (size_t i = 0; i < count; i++)
		mem_replace(&sorted, mem_printf("%s%s\n", sorted, lines[i]));
	return sorted;
}

char *fixture_stored(const struct fixture *fixture)
{
	struct listing listing = {.text = buf_init(TEXT_MOST)};
	AUTO_TEXT id = fixture_snapshot_id(fixture);
	struct snapshot *snapshot;

	assert_int_equal(storages_open(fixture->installation, "disk", &listing.repo), 0);
	assert_int_equal(repo_snapshot(listing.repo, id, &snapshot), 0);
	const struct path_visitor visitor = {
		.visit = list_entry, .context = &listing, .deep = true};
	assert_int_equal(path_walk(listing.repo, snapshot, "", &visitor), 0);
	AUTO_TEXT text = mem_strdup(buf_text(&listing.text));
	buf_free(&listing.text);
	snapshot_free(snapshot);
	repo_close(listing.repo);
	return sort_lines(text);
}

char *fixture_notices(const struct fixture *fixture, bool all)
{
	AUTO_JSON news = NULL;
	AUTO_TEXT text = mem_strdup("");

	assert_int_equal(notice_list(fixture->installation, all, &news), 0);
	const struct json *list = json_get(news, "notices");
	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *notice = json_at(list, i);
		mem_replace(
			&text, mem_printf("%s%s %s%s\n", text, json_get_text(notice, "code"),
				       json_get_text(notice, "object"),
				       json_get_text(notice, "cleared_at") ? " cleared" : ""));
	}
	return STEAL(text);
}

static int count_file(void *context, const struct io_entry *entry)
{
	size_t *count = context;

	*count += entry->is_file;
	return 0;
}

size_t fixture_count_files(const char *folder)
{
	size_t count = 0;

	assert_int_equal(io_list(folder, count_file, &count), 0);
	return count;
}
