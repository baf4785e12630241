/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"

static int real_open(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static int real_rename_new(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
}

static const struct io_calls real_calls = {
	.open = real_open,
	.write = write,
	.pread = pread,
	.fdatasync = fdatasync,
	.fsync = fsync,
	.rename = rename,
	.rename_new = real_rename_new,
	.link = link,
	.unlink = unlink,
	.mkdir = mkdir,
};

static const struct io_calls *calls = &real_calls;

void io_use(const struct io_calls *other)
{
	static struct io_calls used;

	calls = &real_calls;
	if (!other)
		return;
	used = real_calls;
#define TAKE(call)                                                                             \
	if (other->call)                                                                       \
	used.call = other->call
	TAKE(open);
	TAKE(write);
	TAKE(pread);
	TAKE(fdatasync);
	TAKE(fsync);
	TAKE(rename);
	TAKE(rename_new);
	TAKE(link);
	TAKE(unlink);
	TAKE(mkdir);
#undef TAKE
	calls = &used;
}

int io_open_read(const char *path, int *out_fd)
{
	int fd = calls->open(path, O_RDONLY | O_CLOEXEC, 0);

	if (fd < 0)
		return err_errno("cannot open %s", path);
	*out_fd = fd;
	return 0;
}

int io_create(const char *path, mode_t mode, int *out_fd)
{
	int fd = calls->open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, mode);

	if (fd < 0)
		return err_errno("cannot make %s", path);
	*out_fd = fd;
	return 0;
}

void io_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int io_write(int fd, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t done = calls->write(fd, at, size);
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno("cannot write");
		at += done;
		size -= (size_t)done;
	}
	return 0;
}

int io_read_some(int fd, uint64_t offset, void *data, size_t size, size_t *out_size)
{
	char *at = data;
	size_t total = 0;

	if (offset > INT64_MAX - size)
		return err_set(ERR_INVALID, "cannot read beyond the largest file");
	while (total < size) {
		ssize_t done =
			calls->pread(fd, at + total, size - total, (off_t)(offset + total));
		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return err_errno("cannot read");
		if (done == 0)
			break;
		total += (size_t)done;
	}
	*out_size = total;
	return 0;
}

int io_read_at(int fd, uint64_t offset, void *data, size_t size)
{
	size_t done;
	int r = io_read_some(fd, offset, data, size, &done);

	if (r < 0)
		return r;
	if (done < size)
		return err_set(ERR_CORRUPT, "the file ends %zu bytes too early", size - done);
	return 0;
}

int io_size(int fd, uint64_t *out)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return err_errno("cannot stat a file");
	*out = (uint64_t)status.st_size;
	return 0;
}

int io_modified(int fd, int64_t *out_s)
{
	struct stat status;

	if (fstat(fd, &status) < 0)
		return err_errno("cannot stat a file");
	*out_s = status.st_mtim.tv_sec;
	return 0;
}

int io_sync(int fd)
{
	return calls->fdatasync(fd) < 0 ? err_errno("cannot make a file durable") : 0;
}

int io_sync_folder(const char *path)
{
	int fd = calls->open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return err_errno("cannot open the folder %s", path);
	int r = calls->fsync(fd) < 0 ? err_errno("cannot make the folder %s durable", path) : 0;
	close(fd);
	return r;
}

int io_read_file(const char *path, struct buf *out)
{
	enum { STEP = 65536 };
	size_t done = 0;
	uint64_t offset = 0;
	int fd;
	int r = io_open_read(path, &fd);

	if (r < 0)
		return r;
	do {
		/* Where the ceiling leaves less than a step, one byte more tells a file that
		 * just fits from one that does not. */
		size_t room = out->ceiling - out->size;
		size_t step = room < STEP ? room : STEP;
		unsigned char spare;
		unsigned char *to = step ? buf_reserve(out, step) : &spare;

		r = to ? io_read_some(fd, offset, to, step ? step : 1, &done) : ERR_LIMIT;
		if (r == 0 && step == 0 && done > 0)
			r = err_set(ERR_LIMIT, "more than %zu bytes", out->ceiling);
		if (r == 0 && step > 0)
			buf_commit(out, done);
		offset += done;
	} while (r == 0 && done > 0);
	close(fd);
	return err_wrap(r, "%s", path);
}

/* The folder of a path: "a/b" gives "a", "b" gives ".". */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_strdup(".");
	return slash == path ? mem_strdup("/") : mem_strndup(path, (size_t)(slash - path));
}

int io_rename(const char *from, const char *to)
{
	AUTO_TEXT folder = folder_of(to);

	if (calls->rename(from, to) < 0)
		return err_errno("cannot rename %s to %s", from, to);
	return io_sync_folder(folder);
}

/* Gives a file a second name and takes the first away. Where the file system knows no links,
 * what is there can only be looked for first. */
static int move_by_link(const char *from, const char *to)
{
	if (calls->link(from, to) == 0)
		return calls->unlink(from);
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK)
		return -1;
	if (io_exists(to)) {
		errno = EEXIST;
		return -1;
	}
	return calls->rename(from, to);
}

int io_rename_new(const char *from, const char *to)
{
	AUTO_TEXT folder = folder_of(to);
	int r = calls->rename_new(from, to);

	if (r < 0 && (errno == EINVAL || errno == ENOSYS))
		r = move_by_link(from, to);
	if (r < 0 && errno == EEXIST)
		return err_set(ERR_EXISTS, "%s is there already", to);
	if (r < 0)
		return err_errno("cannot rename %s to %s", from, to);
	return io_sync_folder(folder);
}

static int write_new(const char *path, const void *data, size_t size, mode_t mode)
{
	int fd;
	int r = io_create(path, mode, &fd);

	if (r < 0)
		return r;
	r = io_write(fd, data, size);
	if (r == 0)
		r = io_sync(fd);
	close(fd);
	return err_wrap(r, "%s", path);
}

int io_write_file(const char *path, const void *data, size_t size, mode_t mode)
{
	static atomic_uint counter;
	AUTO_TEXT temporary = mem_printf(
		"%s.%ld-%u.tmp", path, (long)getpid(), atomic_fetch_add(&counter, 1));
	int r = write_new(temporary, data, size, mode);

	if (r == ERR_EXISTS) { /* left by a process of the same number that was killed */
		calls->unlink(temporary);
		r = write_new(temporary, data, size, mode);
	}
	if (r == 0)
		r = io_rename(temporary, path);
	if (r < 0)
		calls->unlink(temporary);
	return r;
}

int io_remove(const char *path)
{
	if (calls->unlink(path) < 0 && errno != ENOENT)
		return err_errno("cannot remove %s", path);
	return 0;
}

int io_make_folders(const char *path, mode_t mode)
{
	AUTO_TEXT copy = mem_strdup(path);

	for (char *at = copy + 1; *copy && *at; at++) {
		if (*at != '/')
			continue;
		*at = 0;
		if (calls->mkdir(copy, mode) < 0 && errno != EEXIST)
			return err_errno("cannot make the folder %s", copy);
		*at = '/';
	}
	if (calls->mkdir(path, mode) < 0 && (errno != EEXIST || !io_is_folder(path)))
		return err_errno("cannot make the folder %s", path);
	return 0;
}

bool io_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool io_is_folder(const char *path)
{
	struct stat status;

	return stat(path, &status) == 0 && S_ISDIR(status.st_mode);
}

char *io_join(const char *folder, const char *name)
{
	size_t size = strlen(folder);

	return mem_printf("%s%s%s", folder, size && folder[size - 1] == '/' ? "" : "/", name);
}

char *io_absolute(const char *path)
{
	char here[PATH_MAX];

	if (*path == '/' || !getcwd(here, sizeof(here)))
		return mem_strdup(path);
	return io_join(here, path);
}

static int order_by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_real_name(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static int visit_entry(int folder_fd, const char *name, io_entry_fn *visit, void *context)
{
	struct stat status;

	if (fstatat(folder_fd, name, &status, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : err_errno("cannot stat %s", name);

	struct io_entry entry = {
		.name = name,
		.is_folder = S_ISDIR(status.st_mode),
		.is_file = S_ISREG(status.st_mode),
		.size = (uint64_t)status.st_size,
		.modified_s = status.st_mtim.tv_sec,
	};
	return visit(context, &entry);
}

int io_list(const char *path, io_entry_fn *visit, void *context)
{
	struct dirent **entries;
	int fd = calls->open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	int r = 0;

	if (fd < 0)
		return err_errno("cannot open the folder %s", path);
	int count = scandirat(fd, ".", &entries, is_real_name, order_by_bytes);
	if (count < 0)
		r = err_errno("cannot list the folder %s", path);
	for (int i = 0; i < count; i++) {
		if (r == 0)
			r = visit_entry(fd, entries[i]->d_name, visit, context);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	close(fd);
	return r;
}

int io_lock(const char *path, int *out_fd)
{
	int fd = calls->open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno("cannot open %s", path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		int r = errno == EWOULDBLOCK
				? err_set(ERR_LOCKED, "%s is held by another process", path)
				: err_errno("cannot lock %s", path);
		close(fd);
		return r;
	}
	*out_fd = fd;
	return 0;
}
