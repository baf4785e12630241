/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_STATEFILE_H
#define LICENSE_CLIENT_STATEFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/hash.h"

/*
 * The files of an instance's state, each with a line behind it, an HMAC under a key of the
 * instance, that tells a file of this instance from one that was damaged, edited, renamed, or
 * comes from another. Whoever may read the key can make such a line: what protects from forgery
 * is that nothing in these files is believed without a signature under the root key.
 */

struct json;

struct statefile_folder {
	char *path;
	uint8_t key[HASH_SIZE]; /* zeros for the one file that holds the instance's key */
};

/** Appends the content to `out`. ERR_NOTFOUND, ERR_IO, ERR_CORRUPT. */
NODISCARD int statefile_read(
	const struct statefile_folder *folder, const char *name, struct buf *out);

/** Whole or not at all, durable, mode 0600. */
NODISCARD int statefile_write(
	const struct statefile_folder *folder, const char *name, const void *data, size_t size);

/** The same for files that are one JSON document. The caller frees *out. */
NODISCARD int statefile_read_json(
	const struct statefile_folder *folder, const char *name, struct json **out);
NODISCARD int statefile_write_json(
	const struct statefile_folder *folder, const char *name, const struct json *json);

/** Removes a file; one that is not there is fine. */
NODISCARD int statefile_remove(const struct statefile_folder *folder, const char *name);

/** Takes the folder's lock, waiting some seconds for another process; io_close frees it.
 * ERR_LOCKED, ERR_IO. */
NODISCARD int statefile_lock(const struct statefile_folder *folder, int *out_fd);

/** What tells one version of a file from the next, without reading it. */
struct statefile_stamp {
	uint64_t inode;
	int64_t size; /* -1: not there */
	int64_t modified_ns;
};

struct statefile_stamp statefile_stamp(const struct statefile_folder *folder, const char *name);
bool statefile_stamp_equal(
	const struct statefile_stamp *stamp, const struct statefile_stamp *other);

/** Where the bytes lie: the disk, but for tests that run very many instances. `path` is that of
 * the file. read appends all of it, write replaces it as a whole, lock gives a descriptor for
 * io_close; errors as in io.h, and a stamp has size -1 where there is no file. */
struct statefile_disk {
	int (*read)(const char *path, struct buf *out);
	int (*write)(const char *path, const void *data, size_t size, mode_t mode);
	int (*remove)(const char *path);
	int (*lock)(const char *path, int *out_fd);
	struct statefile_stamp (*stamp)(const char *path);
};

/** Replaces the disk, borrowed; NULL puts it back. */
void statefile_use(const struct statefile_disk *disk);

#endif
