/* SPDX-License-Identifier: Apache-2.0 */
#include "job/restore.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

struct restore {
	struct repo *repo;
	const struct restore_options *options;
	struct restore_result *result;
	size_t skip; /* characters of a path that stand before what is written */
	int damaged; /* ERR_CORRUPT once an item failed verification */
};

static int write_piece(void *context, const void *data, size_t size)
{
	int *fd = context;

	return io_write(*fd, data, size);
}

/* "name (2).eml": a free name beside the one that is taken. */
static char *free_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *dot = strrchr(slash ? slash : path, '.');
	size_t stem = dot && dot != slash + 1 ? (size_t)(dot - path) : strlen(path);

	for (unsigned i = 2;; i++) {
		char *candidate = mem_printf("%.*s (%u)%s", (int)stem, path, i, path + stem);
		if (!io_exists(candidate))
			return candidate;
		mem_free(candidate);
	}
}

static void set_time(int fd, int64_t modified_s)
{
	const struct timespec times[2] = {{.tv_sec = modified_s}, {.tv_sec = modified_s}};

	if (modified_s && futimens(fd, times) < 0)
		return; /* a file system without times loses nothing that was stored */
}

/* Into a file of its own beside the place, then renamed: what carries the name is whole. */
static int write_file(struct restore *restore, const char *path, const struct tree_item *item)
{
	AUTO_TEXT folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));
	AUTO_TEXT temporary = mem_printf("%s/.garner-restore-%ld", folder, (long)getpid());
	int fd = -1;
	int r = io_remove(temporary);

	if (r == 0)
		r = io_create(temporary, 0600, &fd);
	if (r < 0)
		return r;
	r = repo_read(restore->repo, &item->content, write_piece, &fd);
	if (r == 0)
		set_time(fd, item->modified_s);
	io_close(fd);
	if (r == 0 && rename(temporary, path) < 0)
		r = err_errno("cannot rename %s to %s", temporary, path);
	if (r < 0)
		unlink(temporary);
	return err_wrap(r, "%s", path);
}

static int place_item(struct restore *restore, const char *path, const struct tree_item *item)
{
	AUTO_TEXT other = NULL;

	if (io_exists(path) && restore->options->conflict == RESTORE_SKIP) {
		restore->result->skipped++;
		return 0;
	}
	if (io_exists(path) && restore->options->conflict == RESTORE_COPY)
		other = free_name(path);
	int r = restore->options->dry_run ? 0 : write_file(restore, other ? other : path, item);
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
	restore->damaged = r;
	return 0;
}

static int restore_entry(void *context, const struct path_entry *entry)
{
	struct restore *restore = context;
	const struct restore_options *options = restore->options;
	int r;

	if (cancel_is_wished(options->cancel))
		return err_set(ERR_CANCELLED, "stopped; what is restored stays");
	AUTO_TEXT path = io_join(options->folder,
		strlen(entry->path) > restore->skip ? entry->path + restore->skip : "");
	if (entry->kind != PATH_ITEM)
		return options->dry_run ? 0 : io_make_folders(path, 0700);
	r = place_item(restore, path, entry->item);
	if (r == ERR_CORRUPT)
		r = note_failure(restore, r);
	if (options->progress)
		options->progress(
			options->context, restore->result->items, restore->result->bytes);
	return r;
}

/* What stands below the path is written, not the path itself; a single item under its name. */
static size_t characters_to_skip(
	struct repo *repo, const struct snapshot *snapshot, const char *path);

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

static size_t characters_to_skip(
	struct repo *repo, const struct snapshot *snapshot, const char *path)
{
	struct probe probe = {.path = path};
	const struct path_visitor visitor = {.visit = probe_entry, .context = &probe};
	const char *slash = strrchr(path, '/');
	int r = path_walk(repo, snapshot, path, &visitor);

	if (r == 1 && probe.is_item)
		return slash ? (size_t)(slash + 1 - path) : 0;
	return *path ? strlen(path) + 1 : 0;
}

int restore_to_folder(struct repo *repo, const struct snapshot *snapshot,
	const struct restore_options *options, struct restore_result *out)
{
	struct restore restore = {.repo = repo, .options = options, .result = out};
	const struct path_visitor visitor = {
		.visit = restore_entry, .context = &restore, .deep = true};

	*out = (struct restore_result){0};
	restore.skip = characters_to_skip(repo, snapshot, options->path);
	int r = options->dry_run ? 0 : io_make_folders(options->folder, 0700);
	if (r == 0)
		r = path_walk(repo, snapshot, options->path, &visitor);
	if (r == 0 && restore.damaged)
		r = err_set((enum err)restore.damaged,
			"%llu items could not be restored; the first: %s",
			(unsigned long long)out->failed, out->first_failure);
	return r;
}
