/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "powercut_priv.h"

static struct powercut *current; /* io_calls have no context */

static struct event *add_event(struct powercut *record, enum event_kind kind)
{
	mem_grow(
		&record->events, &record->capacity, record->count + 1, sizeof(*record->events));
	struct event *event = &record->events[record->count++];
	event->kind = kind;
	event->folder = event->file = NO_FILE;
	return event;
}

static int add_file(struct powercut *record, bool is_folder)
{
	mem_grow(&record->files, &record->file_capacity, record->file_count + 1,
		sizeof(*record->files));
	record->files[record->file_count].is_folder = is_folder;
	return (int)record->file_count++;
}

static struct known_name *find_name(struct powercut *record, int folder, const char *name)
{
	for (size_t i = 0; i < record->name_count; i++)
		if (record->names[i].folder == folder &&
			text_equal(record->names[i].name, name))
			return &record->names[i];
	return NULL;
}

/* The file that a name in a folder is now; NO_FILE. */
static int file_of(struct powercut *record, int folder, const char *name)
{
	const struct known_name *known = find_name(record, folder, name);

	return known ? known->file : NO_FILE;
}

static void set_name(struct powercut *record, int folder, const char *name, int file)
{
	struct known_name *known = find_name(record, folder, name);

	if (!known) {
		mem_grow(&record->names, &record->name_capacity, record->name_count + 1,
			sizeof(*record->names));
		known = &record->names[record->name_count++];
		known->folder = folder;
		known->name = mem_strdup(name);
	}
	known->file = file;
	struct event *event = add_event(record, EVENT_NAME);
	event->folder = folder;
	event->file = file;
	event->name = mem_strdup(name);
}

static void add_write(struct powercut *record, int file, const void *data, size_t size)
{
	struct event *event = add_event(record, EVENT_WRITE);

	event->file = file;
	event->offset = record->files[file].size;
	event->data = (unsigned char *)mem_strndup(data, size);
	event->size = size;
	record->files[file].size += size;
}

/* Where a path leads: the number of its folder and the name in it. False outside of what is
 * recorded. `name` is freed by the caller. */
static bool locate(struct powercut *record, const char *path, int *folder, char **name)
{
	AUTO_TEXT whole = io_absolute(path);
	size_t size = strlen(record->folder);
	char *at = whole + size;

	*folder = 0;
	*name = NULL;
	if (!text_starts_with(whole, record->folder) || (*at && *at != '/'))
		return false;
	while (*at == '/')
		at++;
	for (char *slash; (slash = strchr(at, '/')); at = slash + 1) {
		*slash = 0;
		if (*at)
			*folder = file_of(record, *folder, at);
		if (*folder == NO_FILE)
			return false;
	}
	*name = mem_strdup(at);
	return true;
}

static int recorded_open(const char *path, int flags, mode_t mode)
{
	int folder;
	AUTO_TEXT name = NULL;

	pthread_mutex_lock(&current->lock);
	int fd = open(path, flags, mode);
	int error = errno;
	ASSERT(fd < FDS_MAX && !(flags & (O_TRUNC | O_APPEND)));
	if (fd >= 0)
		current->fds[fd] = NO_FILE;
	if (fd >= 0 && locate(current, path, &folder, &name)) {
		int file = *name ? file_of(current, folder, name) : folder;
		if (file == NO_FILE && (flags & O_CREAT)) {
			file = add_file(current, false);
			set_name(current, folder, name, file);
		}
		current->fds[fd] = file;
	}
	pthread_mutex_unlock(&current->lock);
	errno = error;
	return fd;
}

static ssize_t recorded_write(int fd, const void *data, size_t size)
{
	pthread_mutex_lock(&current->lock);
	ssize_t done = write(fd, data, size);
	int error = errno;
	if (done > 0 && current->fds[fd] != NO_FILE)
		add_write(current, current->fds[fd], data, (size_t)done);
	pthread_mutex_unlock(&current->lock);
	errno = error;
	return done;
}

/* The machine's own disk need not be waited for: nobody cuts its power. */
static int recorded_sync(int fd)
{
	pthread_mutex_lock(&current->lock);
	if (current->fds[fd] != NO_FILE)
		add_event(current, EVENT_SYNC)->file = current->fds[fd];
	pthread_mutex_unlock(&current->lock);
	return 0;
}

/* Gives what `from` is the name `to`, and takes the first away where `moves` is set. */
static void note_move(const char *from, const char *to, bool moves)
{
	int from_folder, to_folder;
	AUTO_TEXT from_name = NULL;
	AUTO_TEXT to_name = NULL;
	bool from_inside = locate(current, from, &from_folder, &from_name);
	bool to_inside = locate(current, to, &to_folder, &to_name);

	ASSERT(from_inside == to_inside); /* else the record would miss the contents */
	if (!from_inside)
		return;
	int file = file_of(current, from_folder, from_name);
	ASSERT(file != NO_FILE);
	set_name(current, to_folder, to_name, file);
	if (moves)
		set_name(current, from_folder, from_name, NO_FILE);
}

static int move(const char *from, const char *to, unsigned flags)
{
	pthread_mutex_lock(&current->lock);
	int r = renameat2(AT_FDCWD, from, AT_FDCWD, to, flags);
	int error = errno;
	if (r == 0)
		note_move(from, to, true);
	pthread_mutex_unlock(&current->lock);
	errno = error;
	return r;
}

static int recorded_rename(const char *from, const char *to)
{
	return move(from, to, 0);
}

static int recorded_rename_new(const char *from, const char *to)
{
	return move(from, to, RENAME_NOREPLACE);
}

static int recorded_link(const char *from, const char *to)
{
	pthread_mutex_lock(&current->lock);
	int r = link(from, to);
	int error = errno;
	if (r == 0)
		note_move(from, to, false);
	pthread_mutex_unlock(&current->lock);
	errno = error;
	return r;
}

static int recorded_unlink(const char *path)
{
	int folder;
	AUTO_TEXT name = NULL;

	pthread_mutex_lock(&current->lock);
	int r = unlink(path);
	int error = errno;
	if (r == 0 && locate(current, path, &folder, &name))
		set_name(current, folder, name, NO_FILE);
	pthread_mutex_unlock(&current->lock);
	errno = error;
	return r;
}

static int recorded_mkdir(const char *path, mode_t mode)
{
	int folder;
	AUTO_TEXT name = NULL;

	pthread_mutex_lock(&current->lock);
	int r = mkdir(path, mode);
	int error = errno;
	if (r == 0 && locate(current, path, &folder, &name))
		set_name(current, folder, name, add_file(current, true));
	pthread_mutex_unlock(&current->lock);
	errno = error;
	return r;
}

static const struct io_calls recorded = {
	.open = recorded_open,
	.write = recorded_write,
	.fdatasync = recorded_sync,
	.fsync = recorded_sync,
	.rename = recorded_rename,
	.rename_new = recorded_rename_new,
	.link = recorded_link,
	.unlink = recorded_unlink,
	.mkdir = recorded_mkdir,
};

struct taking {
	struct powercut *record;
	const char *path;
	int folder;
};

enum { INITIAL_FILE_MAX = 256 << 20 };

/* Takes up what is there at the beginning. */
static int take_entry(void *context, const struct io_entry *entry)
{
	const struct taking *taking = context;
	struct powercut *record = taking->record;
	AUTO_TEXT path = io_join(taking->path, entry->name);
	AUTO_BUF data = buf_init(INITIAL_FILE_MAX);
	int file = add_file(record, entry->is_folder);

	set_name(record, taking->folder, entry->name, file);
	if (entry->is_folder) {
		struct taking below = {record, path, file};
		return io_list(path, take_entry, &below);
	}
	int r = io_read_file(path, &data);
	if (r == 0)
		add_write(record, file, data.size ? (const void *)data.data : "", data.size);
	return r;
}

struct powercut *powercut_begin(const char *folder)
{
	struct powercut *record = mem_alloc(sizeof(*record));

	ASSERT(!current);
	record->folder = io_absolute(folder);
	pthread_mutex_init(&record->lock, NULL);
	for (size_t i = 0; i < FDS_MAX; i++)
		record->fds[i] = NO_FILE;
	struct taking taking = {record, record->folder, add_file(record, true)};
	int r = io_list(record->folder, take_entry, &taking);
	ASSERT(r == 0);
	record->initial = record->count;
	current = record;
	io_use(&recorded);
	return record;
}

void powercut_mark(struct powercut *record)
{
	pthread_mutex_lock(&record->lock);
	add_event(record, EVENT_MARK);
	pthread_mutex_unlock(&record->lock);
}

void powercut_end(struct powercut *record)
{
	ASSERT(current == record);
	io_use(NULL);
	current = NULL;
}

void powercut_free(struct powercut *record)
{
	for (size_t i = 0; i < record->count; i++) {
		mem_free(record->events[i].name);
		mem_free(record->events[i].data);
	}
	for (size_t i = 0; i < record->name_count; i++)
		mem_free(record->names[i].name);
	mem_free(record->events);
	mem_free(record->files);
	mem_free(record->names);
	mem_free(record->folder);
	pthread_mutex_destroy(&record->lock);
	mem_free(record);
}
