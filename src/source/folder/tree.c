/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "source/folder/folder_priv.h"

char *folder_join(const char *path, const char *name)
{
	return text_equal(path, FOLDER_ROOT) ? mem_strdup(name)
					     : mem_printf("%s/%s", path, name);
}

static bool is_plain_name(const char *name)
{
	return name[0] != '\0' && !text_equal(name, ".") && !text_equal(name, "..");
}

/* One step down. O_NONBLOCK, so that a pipe put in a file's place does not hold us up. */
static int step(int folder_fd, const char *name, bool is_folder)
{
	int flags = O_RDONLY | O_CLOEXEC | O_NOFOLLOW | (is_folder ? O_DIRECTORY : O_NONBLOCK);

	return openat(folder_fd, name, flags);
}

/* Walks down from the root's descriptor, which it closes. */
static int walk_down(const struct folder_source *source, const char *path, bool is_folder,
	int root_fd, int *out_fd)
{
	int fd = root_fd;

	for (const char *at = path; at;) {
		const char *slash = strchr(at, '/');
		AUTO_TEXT name = mem_strndup(at, slash ? (size_t)(slash - at) : strlen(at));
		if (!is_plain_name(name)) {
			io_close(fd);
			return err_set(ERR_INVALID, "%s is no path in a folder", path);
		}
		int next = step(fd, name, slash || is_folder);
		int r = next < 0 ? err_errno("cannot open %s/%s", source->root, path) : 0;
		io_close(fd);
		if (r < 0)
			return r;
		fd = next;
		at = slash ? slash + 1 : NULL;
	}
	*out_fd = fd;
	return 0;
}

/* A file or a folder below the root; the caller closes it. */
static int open_below(
	const struct folder_source *source, const char *path, bool is_folder, int *out_fd)
{
	/* The root is the administrator's own word: it may be a link. */
	int fd = open(source->root, O_RDONLY | O_CLOEXEC | O_DIRECTORY);

	if (fd < 0)
		return err_errno("cannot open %s", source->root);
	if (text_equal(path, FOLDER_ROOT)) {
		*out_fd = fd;
		return 0;
	}
	return walk_down(source, path, is_folder, fd, out_fd);
}

void folder_close_kept(struct folder_source *source)
{
	if (source->open_path)
		io_close(source->open_fd);
	mem_replace(&source->open_path, NULL);
}

static bool is_kept(const struct folder_source *source, const char *path, size_t size)
{
	return source->open_path && strncmp(source->open_path, path, size) == 0 &&
	       source->open_path[size] == '\0';
}

int folder_open_file(struct folder_source *source, const char *path, int *out_fd)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	const char *folder = slash ? path : FOLDER_ROOT;
	size_t size = slash ? (size_t)(slash - path) : strlen(FOLDER_ROOT);

	if (!is_plain_name(name))
		return err_set(ERR_INVALID, "%s is no path in a folder", path);
	if (!is_kept(source, folder, size)) {
		AUTO_TEXT wanted = mem_strndup(folder, size);
		folder_close_kept(source);
		int r = open_below(source, wanted, true, &source->open_fd);
		if (r < 0)
			return r;
		source->open_path = STEAL(wanted);
	}
	*out_fd = step(source->open_fd, name, false);
	return *out_fd < 0 ? err_errno("cannot open %s/%s", source->root, path) : 0;
}

/* A name with its type, as far as the file system tells it with the names. */
struct name {
	char *text;
	unsigned char type; /* DT_… */
};

struct names {
	struct name *list;
	size_t count;
	size_t capacity;
};

static void free_names(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		mem_free(names->list[i].text);
	mem_free(names->list);
}

static int compare_names(const void *a, const void *b)
{
	const struct name *first = a;
	const struct name *second = b;

	return strcmp(first->text, second->text);
}

static int read_names(
	const struct folder_source *source, const char *path, DIR *stream, struct names *names)
{
	for (;;) {
		errno = 0;
		const struct dirent *entry = readdir(stream);
		if (!entry && errno != 0)
			return err_errno("cannot list %s/%s", source->root, path);
		if (!entry)
			break;
		if (!is_plain_name(entry->d_name))
			continue;
		mem_grow(
			&names->list, &names->capacity, names->count + 1, sizeof(*names->list));
		names->list[names->count++] =
			(struct name){mem_strdup(entry->d_name), entry->d_type};
	}
	if (names->count > 0)
		qsort(names->list, names->count, sizeof(*names->list), compare_names);
	return 0;
}

static const char *why_skipped(mode_t mode)
{
	return S_ISLNK(mode) ? "a symbolic link" : "neither a file nor a folder";
}

/* Looks at one name: 1 where it is to be visited. One that has vanished since it was listed is
 * as if it had not been. */
static int look_at(const struct folder_source *source, int folder_fd,
	struct folder_entry *entry, enum folder_flags flags)
{
	if (fstatat(folder_fd, entry->name, &entry->stat, AT_SYMLINK_NOFOLLOW) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_errno("cannot look at %s/%s", source->root, entry->path);
	}
	entry->is_folder = S_ISDIR(entry->stat.st_mode);
	if (entry->is_folder || S_ISREG(entry->stat.st_mode))
		return 1;
	if (flags & FOLDER_TELL)
		log_warning("source_skipped", "folder", source->root, "path", entry->path, "is",
			why_skipped(entry->stat.st_mode), NULL);
	return 0;
}

static int visit_name(const struct folder_source *source, int folder_fd,
	const struct name *name, struct folder_entry *entry, enum folder_flags flags)
{
	if (name->type == DT_DIR || (name->type == DT_REG && !(flags & FOLDER_STAT))) {
		entry->is_folder = name->type == DT_DIR;
		return 1;
	}
	return look_at(source, folder_fd, entry, flags);
}

static int visit_names(const struct folder_source *source, int folder_fd, const char *path,
	const struct names *names, const struct folder_visitor *visitor)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < names->count; i++) {
		AUTO_TEXT below = folder_join(path, names->list[i].text);
		struct folder_entry entry = {.name = names->list[i].text, .path = below};
		r = visit_name(source, folder_fd, &names->list[i], &entry, visitor->flags);
		if (r == 1)
			r = visitor->visit(visitor->context, &entry);
	}
	return r;
}

int folder_list(const struct folder_source *source, const char *path,
	const struct folder_visitor *visitor)
{
	struct names names = {0};
	int fd = -1;
	int r = open_below(source, path, true, &fd);

	if (r != 0)
		return r;
	DIR *stream = fdopendir(fd);
	if (!stream) {
		r = err_errno("cannot list %s/%s", source->root, path);
		io_close(fd);
		return r;
	}
	r = read_names(source, path, stream, &names);
	if (r == 0)
		r = visit_names(source, fd, path, &names, visitor); /* fd: the stream's */
	closedir(stream);
	free_names(&names);
	return r;
}
