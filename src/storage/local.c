/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "storage/storage_priv.h"

/*
 * Objects are files by their names. A file is written as tmp/<random>, made durable, renamed to
 * its name unless there is one, and the folder made durable.
 */

enum { TEMPORARY_NAME_SIZE = 16, FOLDERS_MAX = 16 };

struct local {
	struct storage storage; /* its place is the folder */
	char *temporary_folder;
	atomic_bool was_there; /* something was read of it, or written to it */
	pthread_mutex_t durable_lock;
	char **durable; /* folders below it whose own names are known to be durable */
	size_t durable_count, durable_capacity;
};

static struct local *local_of(struct storage *storage)
{
	return (struct local *)storage;
}

static void local_close(struct storage *storage)
{
	struct local *local = local_of(storage);

	for (size_t i = 0; i < local->durable_count; i++)
		mem_free(local->durable[i]);
	mem_free(local->durable);
	pthread_mutex_destroy(&local->durable_lock);
	mem_free(local->temporary_folder);
	mem_free(local);
}

/* The folder part of a path, as a new text. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Whether the folder is among the durable ones; puts it there where `now` is set. */
static bool note_durable(struct local *local, const char *path, bool now)
{
	bool is_there = false;

	pthread_mutex_lock(&local->durable_lock);
	for (size_t i = 0; i < local->durable_count && !is_there; i++)
		is_there = text_equal(local->durable[i], path);
	if (now && !is_there) {
		mem_grow(&local->durable, &local->durable_capacity, local->durable_count + 1,
			sizeof(*local->durable));
		local->durable[local->durable_count++] = mem_strdup(path);
	}
	pthread_mutex_unlock(&local->durable_lock);
	return is_there;
}

/* Ends a walk over a folder with its first entry. */
static int note_entry(void *context, const struct io_entry *entry)
{
	(void)context;
	(void)entry;
	return 1;
}

/* A disk that was unmounted leaves an empty folder behind, or none: that nothing is found there
 * says nothing of what is stored, and nothing must be written to it. */
static int check_there(struct local *local)
{
	const char *place = local->storage.place;

	if (!atomic_load(&local->was_there))
		return 0;
	int r = io_exists(place) ? io_list(place, note_entry, NULL) : 0;
	if (r != 0)
		return r < 0 ? r : 0;
	return err_set(
		ERR_IO, "%s is gone; see whether its disk is connected and mounted", place);
}

/* Passes on how a call ended, or what is behind it. */
static int end_call(struct local *local, int r)
{
	if (r == 0)
		atomic_store(&local->was_there, true);
	if (r != ERR_NOTFOUND)
		return r;
	AUTO_TEXT message = mem_strdup(err_message());
	r = check_there(local);
	return r < 0 ? r : err_set(ERR_NOTFOUND, "%s", message);
}

/* Makes a folder and the names of it and of those above it durable. Another process may have
 * made it a moment ago and not come to that yet, so each storage does it once for itself. */
static int make_folder(struct local *local, const char *path)
{
	if (note_durable(local, path, false))
		return 0;
	int r = check_there(local);
	if (r == 0)
		r = io_make_folders(path, 0700);
	AUTO_TEXT at = mem_strdup(path);
	for (int i = 0; r == 0 && i < FOLDERS_MAX; i++) {
		AUTO_TEXT parent = parent_of(at);
		r = io_sync_folder(parent);
		if (text_equal(at, local->storage.place))
			break;
		mem_replace(&at, STEAL(parent));
	}
	if (r == 0)
		note_durable(local, path, true);
	return r;
}

static int write_durably(const char *path, const struct storage_object *object)
{
	int fd;
	int r = io_create(path, 0600, &fd);

	if (r < 0)
		return r;
	r = io_write(fd, object->data, object->size);
	if (r == 0)
		r = io_sync(fd);
	io_close(fd);
	return err_wrap(r, "%s", path);
}

/* A new name in the folder of temporary files. The caller frees it. */
static char *temporary_path(const struct local *local)
{
	uint8_t random[TEMPORARY_NAME_SIZE];
	char name[2 * TEMPORARY_NAME_SIZE + 1];

	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), name);
	return io_join(local->temporary_folder, name);
}

static int local_put(struct storage *storage, const struct storage_object *object)
{
	struct local *local = local_of(storage);
	AUTO_TEXT path = io_join(storage->place, object->name);
	AUTO_TEXT folder = parent_of(path);
	AUTO_TEXT temporary = temporary_path(local);
	int r = make_folder(local, folder);

	if (r == 0)
		r = make_folder(local, local->temporary_folder);
	if (r < 0)
		return r;
	r = write_durably(temporary, object);
	if (r == 0)
		r = object->replace ? io_rename(temporary, path)
				    : io_rename_new(temporary, path);
	if (r < 0) {
		/* The message of what went wrong must outlive this. */
		AUTO_TEXT message = mem_strdup(err_message());
		(void)!io_remove(temporary);
		r = err_set((enum err)r, "%s", message);
	}
	return end_call(local, r);
}

static int local_read(
	struct storage *storage, const char *name, const struct storage_range *range, void *out)
{
	AUTO_TEXT path = io_join(storage->place, name);
	int fd;
	int r = io_open_read(path, &fd);

	if (r < 0)
		return end_call(local_of(storage), r);
	r = io_read_at(fd, range->offset, out, range->size);
	io_close(fd);
	return end_call(local_of(storage), err_wrap(r, "%s", path));
}

static int local_read_all(struct storage *storage, const char *name, struct buf *out)
{
	AUTO_TEXT path = io_join(storage->place, name);

	return end_call(local_of(storage), io_read_file(path, out));
}

static int local_size(struct storage *storage, const char *name, uint64_t *out)
{
	AUTO_TEXT path = io_join(storage->place, name);
	int fd;
	int r = io_open_read(path, &fd);

	if (r < 0)
		return end_call(local_of(storage), r);
	r = io_size(fd, out);
	io_close(fd);
	return err_wrap(r, "%s", path);
}

struct listing {
	struct storage *storage;
	const char *folder; /* as in names; "" at the top */
	storage_entry_fn *visit;
	void *context;
};

static int list_folder(const struct listing *listing);

static int visit_entry(void *context, const struct io_entry *entry)
{
	const struct listing *listing = context;
	bool top = listing->folder[0] == '\0';

	/* lost+found: the place may be a file system of its own. */
	if (top && (text_equal(entry->name, STORAGE_TEMPORARY) ||
			   text_equal(entry->name, "lost+found")))
		return 0;
	AUTO_TEXT name = top ? mem_strdup(entry->name) : io_join(listing->folder, entry->name);
	if (entry->is_folder) {
		struct listing below = *listing;
		below.folder = name;
		return list_folder(&below);
	}
	struct storage_entry object = {name, entry->size, entry->modified_s};
	return listing->visit(listing->context, &object);
}

static int list_folder(const struct listing *listing)
{
	AUTO_TEXT path = listing->folder[0] ? io_join(listing->storage->place, listing->folder)
					    : mem_strdup(listing->storage->place);
	struct listing at = *listing;

	if (!io_exists(path))
		return check_there(local_of(listing->storage));
	return io_list(path, visit_entry, &at);
}

static int local_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context)
{
	struct listing listing = {storage, folder, visit, context};

	return list_folder(&listing);
}

static int local_remove(struct storage *storage, const char *name)
{
	AUTO_TEXT path = io_join(storage->place, name);

	return io_remove(path);
}

struct cleaning {
	const char *folder;
	int64_t before_s;
};

static int clean_entry(void *context, const struct io_entry *entry)
{
	const struct cleaning *cleaning = context;

	if (!entry->is_file || entry->modified_s >= cleaning->before_s)
		return 0;
	AUTO_TEXT path = io_join(cleaning->folder, entry->name);
	return io_remove(path);
}

static int local_clean(struct storage *storage, int64_t before_s)
{
	const struct local *local = local_of(storage);
	struct cleaning cleaning = {local->temporary_folder, before_s};

	if (!io_exists(local->temporary_folder))
		return 0;
	return io_list(local->temporary_folder, clean_entry, &cleaning);
}

/* The file system's time is that of a file that was just made: on a server of files it is the
 * server's, which all machines that use it share. */
static int local_now(struct storage *storage, int64_t *out_s)
{
	struct local *local = local_of(storage);
	AUTO_TEXT path = temporary_path(local);
	int fd = -1;
	int r = check_there(local);

	if (r == 0)
		r = io_make_folders(local->temporary_folder, 0700);
	if (r == 0)
		r = io_create(path, 0600, &fd);
	if (r < 0)
		return r;
	r = io_modified(fd, out_s);
	io_close(fd);
	if (r < 0) {
		(void)!io_remove(path);
		return r;
	}
	return io_remove(path);
}

static int local_retain(struct storage *storage, const char *name, int64_t until_s)
{
	AUTO_TEXT path = io_join(storage->place, name);

	(void)until_s;
	return io_exists(path) ? 0 : err_set(ERR_NOTFOUND, "there is no %s", path);
}

/* Another process may have given a file its name, and not come to fsync yet. */
static int local_settle(struct storage *storage, const char *folder)
{
	AUTO_TEXT path = io_join(storage->place, folder);

	return io_exists(path) ? io_sync_folder(path) : 0;
}

static int local_can_retain(struct storage *storage, bool *out)
{
	(void)storage;
	*out = false;
	return 0;
}

static const struct storage_side local_side = {
	.close = local_close,
	.put = local_put,
	.read = local_read,
	.read_all = local_read_all,
	.size = local_size,
	.list = local_list,
	.remove = local_remove,
	.clean = local_clean,
	.now = local_now,
	.retain = local_retain,
	.can_retain = local_can_retain,
	.settle = local_settle,
};

struct storage *storage_open_folder(const char *folder)
{
	struct local *local = mem_alloc(sizeof(*local));

	local->storage = (struct storage){&local_side, mem_strdup(folder)};
	local->temporary_folder = io_join(folder, STORAGE_TEMPORARY);
	pthread_mutex_init(&local->durable_lock, NULL);
	return &local->storage;
}
