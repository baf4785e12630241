/* SPDX-License-Identifier: Apache-2.0 */
#include "job/restore.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/handout.h"
#include "job/restore_place.h"
#include "repo/reading.h"

struct restore {
	struct repo *repo;
	const struct restore_options *options;
	struct restore_result *result;
	struct restore_place *place;
	struct repo_reading *reading;
	size_t skip;   /* characters of a path that stand before what is written */
	int failure;   /* of the first thing that failed; ERR_CORRUPT goes before others */
	char *blocked; /* where a file lies in the place of a folder: nothing goes below */
};

static int write_piece(void *context, const void *data, size_t size)
{
	int *fd = context;

	return io_write(*fd, data, size);
}

/* Where the ending of a name begins (".eml"); its end where it has no short one. */
static const char *ending_of(const char *name)
{
	enum { ENDING_MOST = 20 };
	const char *dot = strrchr(name, '.');

	return dot && dot > name && strlen(dot) <= ENDING_MOST ? dot : name + strlen(name);
}

/* "name (2).eml": a free name beside the one that is taken, cut where it would be too long. */
static char *free_name(const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	const char *ending = ending_of(name);

	for (unsigned i = 2;; i++) {
		AUTO_TEXT mark = mem_printf(" (%u)%s", i, ending);
		size_t stem = (size_t)(ending - name);
		if (stem + strlen(mark) > NAME_MAX)
			stem = text_utf8_cut(name, NAME_MAX - strlen(mark));
		char *candidate = mem_printf(
			"%.*s%.*s%s", (int)(name - path), path, (int)stem, name, mark);
		if (!io_exists(candidate))
			return candidate;
		mem_free(candidate);
	}
}

struct content {
	struct restore *restore;
	const struct repo_content *content;
};

static int write_content(void *context, int fd)
{
	const struct content *content = context;

	return repo_read(content->restore->repo, content->content, write_piece, &fd);
}

static int write_file(struct restore *restore, const char *path, const struct tree_item *item)
{
	struct content content = {restore, &item->content};
	const struct restore_file file = {.path = path,
		.modified_s = item->modified_s,
		.replace = restore->options->conflict == RESTORE_REPLACE,
		.write = write_content,
		.context = &content};

	return restore_place_file(restore->place, &file);
}

/* A dry run has made no folders: what is not there has nothing in it. */
static int look(struct restore *restore, const char *path, enum restore_there *out)
{
	if (!restore->options->dry_run)
		return restore_place_look(restore->place, path, out);
	*out = io_is_folder(path) ? RESTORE_FOLDER
	       : io_exists(path)  ? RESTORE_FILE
				  : RESTORE_NOTHING;
	return 0;
}

static int place_item(struct restore *restore, const char *path, const struct tree_item *item)
{
	AUTO_TEXT other = NULL;
	enum restore_there there;
	int r = look(restore, path, &there);

	if (r < 0)
		return r;
	if (there != RESTORE_NOTHING && restore->options->conflict == RESTORE_SKIP) {
		restore->result->skipped++;
		return 0;
	}
	if (there != RESTORE_NOTHING && restore->options->conflict == RESTORE_COPY)
		other = free_name(path);
	else if (there == RESTORE_FOLDER)
		return err_set(ERR_EXISTS, "%s is a folder, which is not replaced", path);
	r = restore->options->dry_run ? 0 : write_file(restore, other ? other : path, item);
	if (r == 0) {
		restore->result->items++;
		restore->result->bytes += item->content.size;
	}
	return r;
}

static int note_failure(struct restore *restore, int r)
{
	if (restore->result->failed++ == 0)
		snprintf(restore->result->first_failure, sizeof(restore->result->first_failure),
			"%s", err_message());
	if (restore->failure == 0 || r == ERR_CORRUPT)
		restore->failure = r;
	return 0;
}

/* The walk goes down a folder before it goes on to the next: one blocked path is enough. */
static bool is_blocked(const struct restore *restore, const char *path)
{
	const char *blocked = restore->blocked;

	return blocked && text_starts_with(path, blocked) && path[strlen(blocked)] == '/';
}

static int place_folder(struct restore *restore, const char *path)
{
	if (is_blocked(restore, path))
		return 0; /* what lies in it is told */
	int r = 0;
	if (!restore->options->dry_run)
		r = restore_place_folder(restore->place, path);
	else if (io_exists(path) && !io_is_folder(path))
		r = ERR_EXISTS;
	if (r != ERR_EXISTS)
		return r;
	mem_replace(&restore->blocked, mem_strdup(path));
	return err_set(ERR_EXISTS,
		"%s is a file: the folder that is to be there is not restored", path);
}

static int place(struct restore *restore, const char *path, const struct path_entry *entry)
{
	if (entry->kind != PATH_ITEM)
		return place_folder(restore, path);
	if (!handout_allows(entry, restore->options->is_limited)) {
		restore->result->left_out++;
		if (restore->options->left_out)
			restore->options->left_out(restore->options->context, entry->path);
		return 0;
	}
	if (is_blocked(restore, path))
		return err_set(ERR_EXISTS, "%s: there is a file at %s", path, restore->blocked);
	return place_item(restore, path, entry->item);
}

static int restore_entry(void *context, const struct path_entry *entry)
{
	struct restore *restore = context;
	const struct restore_options *options = restore->options;

	if (cancel_is_wished(options->cancel))
		return err_set(ERR_CANCELLED, "stopped; what is restored stays");
	AUTO_TEXT path = io_join(options->folder,
		strlen(entry->path) > restore->skip ? entry->path + restore->skip : "");
	int r = place(restore, path, entry);
	if (r == ERR_CORRUPT || r == ERR_EXISTS)
		r = note_failure(restore, r);
	if (options->progress)
		options->progress(
			options->context, restore->result->items, restore->result->bytes);
	return r;
}

struct probe {
	const char *path;
	bool is_item;
};

static int probe_entry(void *context, const struct path_entry *entry)
{
	struct probe *probe = context;

	probe->is_item = entry->kind == PATH_ITEM && strcmp(entry->path, probe->path) == 0;
	return 1;
}

/* What stands below the path is written, not the path itself; a single item under its name.
 * `path` has no slash at its end. ERR_NOTFOUND. */
static int find_skip(
	struct repo *repo, const struct snapshot *snapshot, const char *path, size_t *out)
{
	struct probe probe = {.path = path};
	const struct path_visitor visitor = {.visit = probe_entry, .context = &probe};
	const char *slash = strrchr(path, '/');
	int r = path_walk(repo, snapshot, path, &visitor);

	if (r == 1 && probe.is_item)
		*out = slash ? (size_t)(slash + 1 - path) : 0;
	else
		*out = *path ? strlen(path) + 1 : 0;
	return r < 0 ? r : 0;
}

static char *without_last_slashes(const char *path)
{
	size_t size = strlen(path);

	while (size > 0 && path[size - 1] == '/')
		size--;
	return mem_strndup(path, size);
}

int restore_to_folder(struct repo *repo, const struct snapshot *snapshot,
	const struct restore_options *options, struct restore_result *out)
{
	struct restore restore = {.repo = repo, .options = options, .result = out};
	const struct path_visitor visitor = {
		.visit = restore_entry, .context = &restore, .deep = true};

	AUTO_TEXT path = without_last_slashes(options->path);

	*out = (struct restore_result){0};
	restore.place = restore_place_new();
	int r = repo_reading_begin(repo, &restore.reading);
	if (r == 0)
		r = find_skip(repo, snapshot, path, &restore.skip);
	if (r == 0 && !options->dry_run)
		r = restore_place_folder(restore.place, options->folder);
	if (r == 0)
		r = path_walk(repo, snapshot, path, &visitor);
	repo_reading_end(restore.reading);
	restore_place_free(restore.place);
	mem_free(restore.blocked);
	if (r == 0 && restore.failure)
		r = err_set((enum err)restore.failure,
			"%llu items could not be restored; the first: %s",
			(unsigned long long)out->failed, out->first_failure);
	if (r == 0 && out->left_out)
		r = err_set(ERR_PARTIAL,
			"%llu items are left out: they were stored in a trial, of which a "
			"restore hands out the first items of each folder; enter your license "
			"key here (garner license activate KEY), and all of them come back",
			(unsigned long long)out->left_out);
	return r;
}
