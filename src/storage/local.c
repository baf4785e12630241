/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"

/*
 * Objects are files by their names. A file is written as tmp/<random>, made durable, renamed to
 * its name, and the folder made durable; tmp/ is no part of what storage_list sees.
 */

static const char temporary_folder[] = "tmp";

enum { TEMPORARY_NAME_SIZE = 16, FOLDERS_MAX = 16 };

struct storage {
	char *folder;
	char **durable; /* folders below it whose own names are known to be durable */
	size_t durable_count, durable_capacity;
};

struct storage *storage_open_folder(const char *folder)
{
	struct storage *storage = mem_alloc(sizeof(*storage));

	storage->folder = mem_strdup(folder);
	return storage;
}

void storage_close(struct storage *storage)
{
	if (!storage)
		return;
	for (size_t i = 0; i < storage->durable_count; i++)
		mem_free(storage->durable[i]);
	mem_free(storage->durable);
	mem_free(storage->folder);
	mem_free(storage);
}

const char *storage_place(const struct storage *storage)
{
	return storage->folder;
}

/* The folder part of a path, as a new text. */
static char *parent_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static bool is_durable(const struct storage *storage, const char *path)
{
	for (size_t i = 0; i < storage->durable_count; i++)
		if (text_equal(storage->durable[i], path))
			return true;
	return false;
}

/* Makes a folder and the names of it and of those above it durable. Another process may have
 * made it a moment ago and not come to that yet, so each storage does it once for itself. */
static int make_folder(struct storage *storage, const char *path)
{
	if (is_durable(storage, path))
		return 0;
	int r = io_make_folders(path, 0700);
	AUTO_TEXT at = mem_strdup(path);
	for (int i = 0; r == 0 && i < FOLDERS_MAX; i++) {
		AUTO_TEXT parent = parent_of(at);
		r = io_sync_folder(parent);
		if (text_equal(at, storage->folder))
			break;
		mem_replace(&at, STEAL(parent));
	}
	if (r < 0)
		return r;
	mem_grow(&storage->durable, &storage->durable_capacity, storage->durable_count + 1,
		sizeof(*storage->durable));
	storage->durable[storage->durable_count++] = mem_strdup(path);
	return 0;
}

static int write_durably(const char *path, const void *data, size_t size)
{
	int fd;
	int r = io_create(path, 0600, &fd);

	if (r < 0)
		return r;
	r = io_write(fd, data, size);
	if (r == 0)
		r = io_sync(fd);
	io_close(fd);
	return err_wrap(r, "%s", path);
}

/* A new name in the folder of temporary files. */
static int temporary_path(struct storage *storage, char **out)
{
	uint8_t random[TEMPORARY_NAME_SIZE];
	char name[2 * TEMPORARY_NAME_SIZE + 1];
	AUTO_TEXT folder = io_join(storage->folder, temporary_folder);
	int r = make_folder(storage, folder);

	if (r < 0)
		return r;
	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), name);
	*out = io_join(folder, name);
	return 0;
}

int storage_put(struct storage *storage, const char *name, const void *data, size_t size)
{
	AUTO_TEXT path = io_join(storage->folder, name);
	AUTO_TEXT folder = parent_of(path);
	AUTO_TEXT temporary = NULL;

	if (io_exists(path))
		return err_set(ERR_EXISTS, "%s is there already", path);
	int r = make_folder(storage, folder);
	if (r == 0)
		r = temporary_path(storage, &temporary);
	if (r < 0)
		return r;
	r = write_durably(temporary, data, size);
	if (r == 0)
		r = io_rename(temporary, path);
	if (r < 0) {
		/* The message of what went wrong must outlive this. */
		AUTO_TEXT message = mem_strdup(err_message());
		(void)!io_remove(temporary);
		return err_set((enum err)r, "%s", message);
	}
	return 0;
}

int storage_read(
	struct storage *storage, const char *name, const struct storage_range *range, void *out)
{
	AUTO_TEXT path = io_join(storage->folder, name);
	int fd;
	int r = io_open_read(path, &fd);

	if (r < 0)
		return r;
	r = io_read_at(fd, range->offset, out, range->size);
	io_close(fd);
	return err_wrap(r, "%s", path);
}

int storage_read_all(struct storage *storage, const char *name, struct buf *out)
{
	AUTO_TEXT path = io_join(storage->folder, name);

	return io_read_file(path, out);
}

int storage_size(struct storage *storage, const char *name, uint64_t *out)
{
	AUTO_TEXT path = io_join(storage->folder, name);
	int fd;
	int r = io_open_read(path, &fd);

	if (r < 0)
		return r;
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

static int visit_entry(void *context, const struct io_entry *entry)
{
	const struct listing *listing = context;
	bool top = listing->folder[0] == '\0';

	/* lost+found: the place may be a file system of its own. */
	if (top && (text_equal(entry->name, temporary_folder) ||
			   text_equal(entry->name, "lost+found")))
		return 0;
	AUTO_TEXT name = top ? mem_strdup(entry->name) : io_join(listing->folder, entry->name);
	if (entry->is_folder)
		return storage_list(listing->storage, name, listing->visit, listing->context);
	return listing->visit(listing->context, name, entry->size);
}

int storage_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context)
{
	AUTO_TEXT path =
		folder[0] ? io_join(storage->folder, folder) : mem_strdup(storage->folder);
	struct listing listing = {storage, folder, visit, context};

	if (!io_exists(path))
		return 0;
	return io_list(path, visit_entry, &listing);
}

int storage_remove(struct storage *storage, const char *name)
{
	AUTO_TEXT path = io_join(storage->folder, name);

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

int storage_clean(struct storage *storage, int64_t before_s)
{
	AUTO_TEXT folder = io_join(storage->folder, temporary_folder);
	struct cleaning cleaning = {folder, before_s};

	if (!io_exists(folder))
		return 0;
	return io_list(folder, clean_entry, &cleaning);
}
