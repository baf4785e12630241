/* SPDX-License-Identifier: Apache-2.0 */
#include "job/restore_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

enum { FOLDER_MODE = 0700, FILE_MODE = 0600 };

struct restore_place {
	char *made;         /* the folder that was made last; NULL: none. Nothing lies in it yet
			       but what we have put there */
	char *folder;       /* the one that is open; NULL: none */
	int fd;             /* of it */
	bool is_new;        /* as it is `made` */
	char temporary[40]; /* the name of what is being written */
};

struct restore_place *restore_place_new(void)
{
	struct restore_place *place = mem_alloc(sizeof(*place));

	snprintf(place->temporary, sizeof(place->temporary), ".garner-restore-%ld",
		(long)gettid());
	return place;
}

static void close_folder(struct restore_place *place)
{
	if (place->folder)
		io_close(place->fd);
	mem_replace(&place->folder, NULL);
}

void restore_place_free(struct restore_place *place)
{
	if (!place)
		return;
	close_folder(place);
	mem_free(place->made);
	mem_free(place);
}

int restore_place_folder(struct restore_place *place, const char *path)
{
	bool is_new = mkdir(path, FOLDER_MODE) == 0;

	if (!is_new && errno == EEXIST) {
		if (!io_is_folder(path))
			return err_set(ERR_EXISTS, "%s is a file", path);
		return 0;
	}
	int r = is_new ? 0 : io_make_folders(path, FOLDER_MODE);
	if (r == 0)
		mem_replace(&place->made, mem_strdup(path));
	return r;
}

/* Opens the folder of a file, and gives the file's own name. */
static int open_folder(struct restore_place *place, const char *path, const char **out_name)
{
	const char *slash = strrchr(path, '/');
	size_t size = (size_t)(slash - path);

	ASSERT(slash);
	*out_name = slash + 1;
	if (place->folder && strncmp(place->folder, path, size) == 0 &&
		place->folder[size] == '\0')
		return 0;
	close_folder(place);
	AUTO_TEXT folder = size ? mem_strndup(path, size) : mem_strdup("/");
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_errno("cannot open %s", folder);
	place->is_new = place->made && text_equal(place->made, folder);
	place->fd = fd;
	place->folder = STEAL(folder);
	return 0;
}

int restore_place_look(struct restore_place *place, const char *path, enum restore_there *out)
{
	struct stat stat;
	const char *name;
	int r = open_folder(place, path, &name);

	*out = RESTORE_NOTHING;
	if (r < 0 || place->is_new)
		return r;
	if (fstatat(place->fd, name, &stat, AT_SYMLINK_NOFOLLOW) == 0)
		*out = S_ISDIR(stat.st_mode) ? RESTORE_FOLDER : RESTORE_FILE;
	else if (errno != ENOENT)
		return err_errno("cannot look at %s", path);
	return 0;
}

/* What a restore that was killed has left under the temporary name is removed. */
static int create(const struct restore_place *place, int *out_fd)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(place->fd, place->temporary, flags, FILE_MODE);

	if (fd < 0 && errno == EEXIST && unlinkat(place->fd, place->temporary, 0) == 0)
		fd = openat(place->fd, place->temporary, flags, FILE_MODE);
	if (fd < 0)
		return err_errno("cannot write into %s", place->folder);
	*out_fd = fd;
	return 0;
}

static void set_time(int fd, int64_t modified_s)
{
	const struct timespec times[2] = {{.tv_sec = modified_s}, {.tv_sec = modified_s}};

	if (modified_s && futimens(fd, times) < 0)
		return; /* a file system without times loses nothing that was stored */
}

static int give_name(
	const struct restore_place *place, const struct restore_file *file, const char *name)
{
	unsigned flags = file->replace ? 0 : RENAME_NOREPLACE;

	if (renameat2(place->fd, place->temporary, place->fd, name, flags) == 0)
		return 0;
	/* A file system that cannot refuse to replace: it was looked at before. */
	if (flags && errno == EINVAL &&
		renameat(place->fd, place->temporary, place->fd, name) == 0)
		return 0;
	return err_errno("cannot give the restored file its name %s", file->path);
}

int restore_place_file(struct restore_place *place, const struct restore_file *file)
{
	const char *name;
	int fd = -1;
	int r = open_folder(place, file->path, &name);

	if (r == 0)
		r = create(place, &fd);
	if (r < 0)
		return r;
	r = file->write(file->context, fd);
	if (r == 0)
		set_time(fd, file->modified_s);
	io_close(fd);
	if (r == 0)
		r = give_name(place, file, name);
	if (r < 0)
		unlinkat(place->fd, place->temporary, 0);
	return err_wrap(r, "%s", file->path);
}
