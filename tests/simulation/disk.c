/* SPDX-License-Identifier: Apache-2.0 */
#include "disk.h"

#include <string.h>
#include <uthash.h>

#include "base/io.h"
#include "base/mem.h"
#include "license_client/statefile.h"
#include "world.h"

struct file {
	char *path;
	char *data;
	size_t size;
	uint64_t version; /* of all writes: what an inode is on a disk */
	UT_hash_handle hh;
};

static struct file *files;
static uint64_t versions;
static bool is_used;

static struct file *find(const char *path)
{
	struct file *file;

	HASH_FIND_STR(files, path, file);
	return file;
}

static int failed(const char *path)
{
	return err_set(ERR_IO, "%s: the disk is gone", path);
}

static void put(const char *path, const void *data, size_t size)
{
	struct file *file = find(path);

	if (!file) {
		file = mem_alloc(sizeof(*file));
		file->path = mem_strdup(path);
		HASH_ADD_KEYPTR(hh, files, file->path, strlen(file->path), file);
	}
	mem_replace(&file->data, mem_alloc(size + 1));
	memcpy(file->data, data, size);
	file->size = size;
	file->version = ++versions;
}

static void drop(struct file *file)
{
	HASH_DEL(files, file);
	mem_free(file->path);
	mem_free(file->data);
	mem_free(file);
}

static int disk_read(const char *path, struct buf *out)
{
	const struct file *file = find(path);

	if (fault_next() || (file && fault_next())) /* opening, reading */
		return failed(path);
	if (!file)
		return err_set(ERR_NOTFOUND, "%s is not there", path);
	return buf_append(out, file->data, file->size);
}

/* The calls of io_write_file: what is behind the rename is there, whatever comes after. */
static int disk_write(const char *path, const void *data, size_t size, mode_t mode)
{
	enum { BEFORE = 3 /* open, write, fsync */ };
	bool fails = false;

	(void)mode;
	for (int i = 0; i < BEFORE && !fails; i++)
		fails = fault_next();
	if (fails || fault_next())
		return failed(path);
	put(path, data, size);
	return fault_next() || fault_next() ? failed(path) : 0; /* the folder */
}

static int disk_remove(const char *path)
{
	struct file *file = find(path);

	if (file)
		drop(file);
	return 0;
}

static int disk_lock(const char *path, int *out_fd)
{
	*out_fd = -1; /* one thread: nobody else has it */
	return fault_next() ? failed(path) : 0;
}

static struct statefile_stamp disk_stamp(const char *path)
{
	const struct file *file = find(path);

	if (!file)
		return (struct statefile_stamp){.size = -1};
	return (struct statefile_stamp){.inode = file->version, .size = (int64_t)file->size};
}

void disk_begin(void)
{
	static const struct statefile_disk disk = {
		disk_read, disk_write, disk_remove, disk_lock, disk_stamp};

	statefile_use(&disk);
	is_used = true;
	versions = 0;
}

void disk_end(void)
{
	struct file *file, *next;

	statefile_use(NULL);
	is_used = false;
	HASH_ITER(hh, files, file, next)
	{
		drop(file);
	}
}

bool disk_is_used(void)
{
	return is_used;
}

static bool lies_in(const struct file *file, const char *folder)
{
	size_t size = strlen(folder);

	return strncmp(file->path, folder, size) == 0 && file->path[size] == '/';
}

bool disk_has_folder(const char *path)
{
	for (const struct file *file = files; file; file = file->hh.next)
		if (lies_in(file, path))
			return true;
	return false;
}

void disk_copy(const char *from, const char *to)
{
	struct file *file, *next;

	HASH_ITER(hh, files, file, next)
	{
		if (lies_in(file, to))
			drop(file);
	}
	HASH_ITER(hh, files, file, next)
	{
		if (!lies_in(file, from))
			continue;
		AUTO_TEXT path = mem_printf("%s%s", to, file->path + strlen(from));
		put(path, file->data, file->size);
	}
}
