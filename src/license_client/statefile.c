/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/statefile.h"

#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"

enum {
	CONTENT_MAX = 512 << 20, /* a held set of 10 million subjects */
	CHECK_SIZE = 2 * HASH_SIZE,
	TAIL_SIZE = 1 + CHECK_SIZE + 1, /* a line end, the check, a line end */
	LOCK_TRIES = 100,
	LOCK_WAIT_US = 50 * 1000,
};

static struct statefile_stamp stamp_of(const char *path)
{
	struct stat status;

	if (stat(path, &status) < 0)
		return (struct statefile_stamp){.size = -1};
	return (struct statefile_stamp){
		.inode = (uint64_t)status.st_ino,
		.size = (int64_t)status.st_size,
		.modified_ns =
			status.st_mtim.tv_sec * INT64_C(1000000000) + status.st_mtim.tv_nsec,
	};
}

static const struct statefile_disk real = {
	io_read_file, io_write_file, io_remove, io_lock, stamp_of};
static const struct statefile_disk *disk = &real;

void statefile_use(const struct statefile_disk *other)
{
	disk = other ? other : &real;
}

/* The name is part of the key, so that one file cannot stand in for another. */
static void write_tail(const struct statefile_folder *folder, const char *name,
	const void *data, size_t size, char out[TAIL_SIZE + 1])
{
	uint8_t key[HASH_SIZE], check[HASH_SIZE];

	hash_hmac(folder->key, sizeof(folder->key), name, strlen(name), key);
	hash_hmac(key, sizeof(key), data, size, check);
	out[0] = '\n';
	text_to_hex(check, sizeof(check), out + 1);
	memcpy(out + 1 + CHECK_SIZE, "\n", 2);
}

int statefile_read(const struct statefile_folder *folder, const char *name, struct buf *out)
{
	AUTO_TEXT path = io_join(folder->path, name);
	AUTO_BUF bytes = buf_init(CONTENT_MAX + TAIL_SIZE);
	char tail[TAIL_SIZE + 1];
	int r = disk->read(path, &bytes);

	if (r < 0)
		return r;
	if (bytes.size < TAIL_SIZE)
		return err_set(ERR_CORRUPT, "%s is damaged: it is too short", path);
	size_t size = bytes.size - TAIL_SIZE;
	write_tail(folder, name, bytes.data, size, tail);
	if (!secret_equal(tail, bytes.data + size, TAIL_SIZE))
		return err_set(ERR_CORRUPT, "%s is not what this instance wrote", path);
	r = buf_append(out, bytes.data, size);
	secret_wipe(bytes.data, bytes.size);
	return r;
}

int statefile_write(
	const struct statefile_folder *folder, const char *name, const void *data, size_t size)
{
	AUTO_TEXT path = io_join(folder->path, name);
	AUTO_BUF bytes = buf_init(CONTENT_MAX + TAIL_SIZE);
	char tail[TAIL_SIZE + 1];

	write_tail(folder, name, data, size, tail);
	int r = buf_append(&bytes, data, size);
	if (r == 0)
		r = buf_append(&bytes, tail, TAIL_SIZE);
	if (r == 0)
		r = disk->write(path, bytes.data, bytes.size, 0600);
	if (bytes.data)
		secret_wipe(bytes.data, bytes.size);
	return err_wrap(r, "cannot keep the state of the license");
}

int statefile_read_json(
	const struct statefile_folder *folder, const char *name, struct json **out)
{
	AUTO_BUF bytes = buf_init(CONTENT_MAX);
	int r = statefile_read(folder, name, &bytes);

	if (r < 0)
		return r;
	if (json_parse((const char *)bytes.data, bytes.size, out) < 0)
		r = err_set(ERR_CORRUPT, "%s/%s is no state file", folder->path, name);
	secret_wipe(bytes.data, bytes.size);
	return r;
}

int statefile_write_json(
	const struct statefile_folder *folder, const char *name, const struct json *json)
{
	AUTO_TEXT text = json_text(json, false);
	int r = statefile_write(folder, name, text, strlen(text));

	secret_wipe(text, strlen(text));
	return r;
}

int statefile_remove(const struct statefile_folder *folder, const char *name)
{
	AUTO_TEXT path = io_join(folder->path, name);

	return disk->remove(path);
}

int statefile_lock(const struct statefile_folder *folder, int *out_fd)
{
	AUTO_TEXT path = io_join(folder->path, "lock");
	int r = disk->lock(path, out_fd);

	for (int tries = 1; r == ERR_LOCKED && tries < LOCK_TRIES; tries++) {
		clock_sleep_us(LOCK_WAIT_US);
		r = disk->lock(path, out_fd);
	}
	return r;
}

struct statefile_stamp statefile_stamp(const struct statefile_folder *folder, const char *name)
{
	AUTO_TEXT path = io_join(folder->path, name);

	return disk->stamp(path);
}

bool statefile_stamp_equal(
	const struct statefile_stamp *stamp, const struct statefile_stamp *other)
{
	return stamp->inode == other->inode && stamp->size == other->size &&
	       stamp->modified_ns == other->modified_ns;
}
