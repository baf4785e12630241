/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "disk.h"
#include "world.h"

/* A disk on which, from the n-th call on, nothing works: what a process that dies there leaves
 * behind is what such a one leaves. */

static int64_t calls_left; /* 0: no fault */
static bool has_failed;
static bool is_paused;

bool fault_next(void)
{
	if (is_paused || (!calls_left && !has_failed))
		return false;
	if (!has_failed && --calls_left == 0)
		has_failed = true;
	if (has_failed)
		errno = EIO;
	return has_failed;
}

static int fault_open(const char *path, int flags, mode_t mode)
{
	return fault_next() ? -1 : open(path, flags, mode);
}

static ssize_t fault_write(int fd, const void *data, size_t size)
{
	return fault_next() ? -1 : write(fd, data, size);
}

static ssize_t fault_read(int fd, void *data, size_t size, off_t offset)
{
	return fault_next() ? -1 : pread(fd, data, size, offset);
}

/* What is on a disk in memory is as durable as it gets. */
static int fault_sync(int fd)
{
	(void)fd;
	return fault_next() ? -1 : 0;
}

static int fault_rename(const char *from, const char *to)
{
	return fault_next() ? -1 : rename(from, to);
}

static const struct io_calls faulty = {
	.open = fault_open,
	.write = fault_write,
	.pread = fault_read,
	.fdatasync = fault_sync,
	.fsync = fault_sync,
	.rename = fault_rename,
};

void fault_arm(int64_t calls)
{
	io_use(&faulty);
	calls_left = calls;
	has_failed = false;
	is_paused = false;
}

bool fault_happened(void)
{
	return has_failed;
}

void fault_pause(bool paused)
{
	is_paused = paused;
}
