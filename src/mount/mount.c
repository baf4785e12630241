/* SPDX-License-Identifier: Apache-2.0 */
#define FUSE_USE_VERSION 35
#include "mount/mount.h"

#include <errno.h>
#include <fuse.h>
#include <fuse_lowlevel.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "mount/contents.h"
#include "mount/node.h"
#include "repo/reading.h"

/*
 * The calls of the kernel. One thread serves them, for a repository is used by one.
 */

struct mounted {
	struct node_source source;
	struct node top;
	struct contents *contents;
};

static struct mounted *mounted(void)
{
	return fuse_get_context()->private_data;
}

/* The word that the kernel has for an error, which is logged where it is no answer. */
static int answer(int r, const char *path)
{
	if (r >= 0)
		return 0;
	if (r == ERR_NOTFOUND)
		return -ENOENT;
	log_warning("mount_failed", "path", path, "reason", err_message(), NULL);
	return -EIO;
}

static int find(const char *path, struct node **out)
{
	struct mounted *at = mounted();

	return answer(node_find(&at->source, &at->top, path, out), path);
}

static void fill_stat(const struct node *node, struct stat *out)
{
	memset(out, 0, sizeof(*out));
	out->st_mode = node->is_folder ? S_IFDIR | 0555 : S_IFREG | 0444;
	out->st_nlink = node->is_folder ? 2 : 1;
	out->st_uid = getuid();
	out->st_gid = getgid();
	out->st_size = (off_t)node->content.size;
	out->st_blocks = (out->st_size + 511) / 512;
	out->st_mtime = out->st_ctime = out->st_atime = node->modified_s;
}

static int get_attributes(const char *path, struct stat *out, struct fuse_file_info *file)
{
	struct node *node;
	int r = find(path, &node);

	(void)file;
	if (r == 0)
		fill_stat(node, out);
	return r;
}

static int read_folder(const char *path, void *buffer, fuse_fill_dir_t fill, off_t offset,
	struct fuse_file_info *file, enum fuse_readdir_flags flags)
{
	struct node *node;
	int r = find(path, &node);

	(void)offset;
	(void)file;
	(void)flags;
	if (r == 0)
		r = node->is_folder ? answer(node_read(&mounted()->source, node), path)
				    : -ENOTDIR;
	if (r != 0)
		return r;
	fill(buffer, ".", NULL, 0, (enum fuse_fill_dir_flags)0);
	fill(buffer, "..", NULL, 0, (enum fuse_fill_dir_flags)0);
	for (size_t i = 0; i < node->count; i++) {
		struct stat stat;
		fill_stat(&node->children[i], &stat);
		fill(buffer, node->children[i].name, &stat, 0, FUSE_FILL_DIR_PLUS);
	}
	return 0;
}

static int open_file(const char *path, struct fuse_file_info *file)
{
	struct node *node;
	struct content *content;
	int r = find(path, &node);

	if (r != 0)
		return r;
	if ((file->flags & O_ACCMODE) != O_RDONLY)
		return -EROFS;
	if (!node->is_allowed)
		return -EACCES;
	r = answer(contents_open(mounted()->contents, &node->content, &content), path);
	if (r == 0)
		file->fh = (uint64_t)(uintptr_t)content;
	file->keep_cache = 1;
	return r;
}

static struct content *opened(const struct fuse_file_info *file)
{
	return (struct content *)(uintptr_t)file->fh; // NOLINT(performance-no-int-to-ptr)
}

static int read_file(
	const char *path, char *data, size_t size, off_t offset, struct fuse_file_info *file)
{
	size_t got = 0;
	int r = contents_read(opened(file), (uint64_t)offset, data, size, &got);

	return r < 0 ? answer(r, path) : (int)got;
}

static int release_file(const char *path, struct fuse_file_info *file)
{
	(void)path;
	contents_close(mounted()->contents, opened(file));
	return 0;
}

static void *begin(struct fuse_conn_info *connection, struct fuse_config *config)
{
	(void)connection;
	/* Nothing in a snapshot ever changes. */
	config->kernel_cache = 1;
	config->entry_timeout = config->attr_timeout = 3600;
	return mounted();
}

static const struct fuse_operations operations = {
	.getattr = get_attributes,
	.readdir = read_folder,
	.open = open_file,
	.read = read_file,
	.release = release_file,
	.init = begin,
};

/* Signals come through only while it waits, so that none is missed. */
static int serve(struct fuse_session *session, struct cancel *cancel)
{
	struct pollfd waits = {.fd = fuse_session_fd(session), .events = POLLIN};
	struct fuse_buf buffer = {0};
	sigset_t ending, before;
	int r = 0;

	sigemptyset(&ending);
	sigaddset(&ending, SIGINT);
	sigaddset(&ending, SIGTERM);
	pthread_sigmask(SIG_BLOCK, &ending, &before);
	while (r == 0 && !fuse_session_exited(session) && !cancel_is_wished(cancel)) {
		if (ppoll(&waits, 1, NULL, &before) < 0)
			continue;
		int size = fuse_session_receive_buf(session, &buffer);
		if (size == -EINTR || size == -EAGAIN)
			continue;
		if (size == 0 || size == -ENODEV)
			break; /* unmounted by somebody else */
		if (size < 0) {
			errno = -size;
			r = err_errno("cannot read from FUSE");
		} else {
			fuse_session_process_buf(session, &buffer);
		}
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	/* The buffer is libfuse's, made by its malloc, and meant to be freed so. */
	(free)(buffer.mem);
	return r;
}

static int run(struct mounted *at, const struct mount_options *options)
{
	char name[] = "garner", option[] = "-oro,fsname=garner,subtype=garner";
	char *words[] = {name, option, NULL};
	struct fuse_args arguments = FUSE_ARGS_INIT(2, words);
	struct fuse *fuse = fuse_new(&arguments, &operations, sizeof(operations), at);
	int r = 0;

	if (!fuse || fuse_mount(fuse, options->folder) != 0) {
		r = err_set(ERR_IO,
			"cannot mount on %s; it needs /dev/fuse, and who is not root also "
			"fusermount3 (package fuse3)",
			options->folder);
	} else {
		if (options->ready)
			options->ready(options->context);
		r = serve(fuse_get_session(fuse), options->cancel);
		fuse_unmount(fuse);
	}
	if (fuse)
		fuse_destroy(fuse);
	fuse_opt_free_args(&arguments);
	return r;
}

int mount_snapshot(
	struct repo *repo, const struct snapshot *snapshot, const struct mount_options *options)
{
	struct mounted at = {.source = {repo, snapshot, options}};
	struct repo_reading *reading = NULL;
	int r = io_is_folder(options->folder)
			? 0
			: err_set(ERR_NOTFOUND, "there is no folder %s", options->folder);

	if (r == 0)
		r = repo_reading_begin(repo, &reading);
	if (r == 0)
		r = node_top(&at.source, &at.top);
	if (r == 0) {
		at.contents = contents_new(repo);
		r = run(&at, options);
		contents_free(at.contents);
	}
	node_free(&at.top);
	repo_reading_end(reading);
	return r;
}
