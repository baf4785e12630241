/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Files. Every call that can lose data goes through a table of system calls, which tests
 * replace by one that fails at the n-th call. Paths are borrowed. Errors carry the path and the
 * system's words: ERR_IO, ERR_NOTFOUND, ERR_EXISTS.
 */

/** The system calls that can fail on us; a test may put its own here. What is NULL is the real
 * one. */
struct io_calls {
	int (*open)(const char *path, int flags, mode_t mode);
	ssize_t (*write)(int fd, const void *data, size_t size);
	ssize_t (*pread)(int fd, void *data, size_t size, off_t offset);
	int (*fdatasync)(int fd);
	int (*fsync)(int fd);
	int (*rename)(const char *from, const char *to);
	/* As rename, but EEXIST where `to` is there; EINVAL where the file system cannot. */
	int (*rename_new)(const char *from, const char *to);
	int (*link)(const char *from, const char *to);
	int (*unlink)(const char *path);
	int (*mkdir)(const char *path, mode_t mode);
};

/** Replaces the calls, copied; NULL puts the real ones back. Only while no other thread uses
 * them. */
void io_use(const struct io_calls *calls);

/** Opens for reading; the caller closes with io_close. */
NODISCARD int io_open_read(const char *path, int *out_fd);

/** Makes a new file with `mode`, for writing and reading; ERR_EXISTS where there is one. */
NODISCARD int io_create(const char *path, mode_t mode, int *out_fd);

void io_close(int fd);

/** Writes all of it. */
NODISCARD int io_write(int fd, const void *data, size_t size);

/** Reads exactly `size` bytes at `offset`; ERR_CORRUPT where the file ends before. */
NODISCARD int io_read_at(int fd, uint64_t offset, void *data, size_t size);

/** Reads at most `size` bytes at `offset`; *out_size is 0 at the end of the file. */
NODISCARD int io_read_some(int fd, uint64_t offset, void *data, size_t size, size_t *out_size);

NODISCARD int io_size(int fd, uint64_t *out);

/** When the file was last written, by the clock of its file system. */
NODISCARD int io_modified(int fd, int64_t *out_s);

/** Makes the data of the file durable. */
NODISCARD int io_sync(int fd);

/** Makes the names in a folder durable. */
NODISCARD int io_sync_folder(const char *path);

/** Appends a whole file to `out`. ERR_LIMIT over the buffer's ceiling. */
NODISCARD int io_read_file(const char *path, struct buf *out);

/**
 * Writes a file so that a crash leaves the old or the new one, whole: temporary file beside it,
 * fsync, rename, fsync of the folder. Mode as given.
 */
NODISCARD int io_write_file(const char *path, const void *data, size_t size, mode_t mode);

/** Renames, and makes it durable in the folder of `to`. */
NODISCARD int io_rename(const char *from, const char *to);

/** As io_rename, but ERR_EXISTS where `to` is there, and `from` stays. On file systems that
 * know neither such a rename nor links (FAT) two at the same moment may both succeed. */
NODISCARD int io_rename_new(const char *from, const char *to);

/** Removes a file; one that is not there is fine. */
NODISCARD int io_remove(const char *path);

/** Makes the folder and those above it, with `mode`. */
NODISCARD int io_make_folders(const char *path, mode_t mode);

bool io_exists(const char *path);
bool io_is_folder(const char *path);

/** "folder/name". The caller frees it. */
char *io_join(const char *folder, const char *name);

/** The path as an absolute one; the caller frees it. */
char *io_absolute(const char *path);

/** One name in a folder. */
struct io_entry {
	const char *name;
	bool is_folder;
	bool is_file;
	uint64_t size;
	int64_t modified_s;
};

typedef int io_entry_fn(void *context, const struct io_entry *entry);

/**
 * Calls `visit` for each entry of a folder, sorted by the bytes of the names; "." and ".." left
 * out, symbolic links are neither file nor folder. Stops at the first result that is not 0 and
 * returns it.
 */
NODISCARD int io_list(const char *path, io_entry_fn *visit, void *context);

/**
 * Takes an exclusive lock on the file at `path`, which is made where it is not there. The lock
 * goes with io_close or with the process. ERR_LOCKED where another process has it.
 */
NODISCARD int io_lock(const char *path, int *out_fd);

#endif
