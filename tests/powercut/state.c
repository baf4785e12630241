/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "powercut_priv.h"

/* A file or folder as the events up to a point have made it. */
struct node {
	size_t *events; /* of its writes, or of its names */
	size_t count, capacity;
	size_t durable; /* how many of them are for sure */
};

struct making {
	const struct powercut *record;
	struct node *nodes;
	uint64_t seed, random;
};

/* splitmix64 */
static uint64_t next_random(struct making *making)
{
	uint64_t z = making->random += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static uint64_t below(struct making *making, uint64_t limit)
{
	return next_random(making) % limit;
}

static void note(struct node *node, size_t event)
{
	mem_grow(&node->events, &node->capacity, node->count + 1, sizeof(*node->events));
	node->events[node->count++] = event;
}

static void replay(struct making *making, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct event *event = &making->record->events[i];
		if (event->kind == EVENT_NAME)
			note(&making->nodes[event->folder], i);
		else if (event->kind == EVENT_WRITE)
			note(&making->nodes[event->file], i);
		else if (event->kind == EVENT_SYNC)
			making->nodes[event->file].durable = making->nodes[event->file].count;
		if (i + 1 == making->record->initial)
			for (size_t n = 0; n < making->record->file_count; n++)
				making->nodes[n].durable = making->nodes[n].count;
	}
}

/* Puts bytes at a place of a file that may grow by it. */
static void put_bytes(
	struct buf *file, uint64_t offset, const unsigned char *data, size_t from, size_t size)
{
	size_t end = (size_t)offset + from + size;

	if (end > file->size) {
		unsigned char *at = buf_reserve(file, end - file->size);
		ASSERT(at);
		memset(at, 0, end - file->size);
		buf_commit(file, end - file->size);
	}
	if (size)
		memcpy(file->data + offset + from, data + from, size);
}

/* One write that is not for sure. */
static void put_unsure(struct making *making, struct buf *file, const struct event *event)
{
	uint64_t what = making->seed == 1 ? 0 : below(making, 5);
	size_t cut = event->size ? (size_t)below(making, event->size) : 0;

	switch (what) {
	case 0: /* all of it */
		put_bytes(file, event->offset, event->data, 0, event->size);
		break;
	case 1: /* its beginning */
		put_bytes(file, event->offset, event->data, 0, cut);
		break;
	case 2: /* its end, with zeros before */
		put_bytes(file, event->offset, event->data, cut, event->size - cut);
		break;
	case 3: /* its size alone, and its beginning */
		put_bytes(file, event->offset, event->data, event->size, 0);
		put_bytes(file, event->offset, event->data, 0, cut);
		break;
	default: /* nothing */
		break;
	}
}

static void make_file(struct making *making, const struct node *node, const char *path)
{
	AUTO_BUF file = buf_init(SIZE_MAX / 2);
	size_t unsure = node->count - node->durable;
	size_t *order = mem_array(unsure + 1, sizeof(*order));
	int fd;

	for (size_t i = 0; i < node->durable; i++) {
		const struct event *event = &making->record->events[node->events[i]];
		put_bytes(&file, event->offset, event->data, 0, event->size);
	}
	for (size_t i = 0; i < unsure; i++)
		order[i] = node->events[node->durable + i];
	for (size_t i = unsure; making->seed > 1 && i > 1; i--) {
		size_t other = (size_t)below(making, i);
		size_t event = order[i - 1];
		order[i - 1] = order[other];
		order[other] = event;
	}
	for (size_t i = 0; making->seed > 0 && i < unsure; i++)
		put_unsure(making, &file, &making->record->events[order[i]]);
	int r = io_create(path, 0600, &fd);
	if (r == 0)
		r = io_write(fd, file.data, file.size);
	ASSERT(r == 0);
	io_close(fd);
	mem_free(order);
}

/* What a name of a folder is, of all that it was: for sure, at last, or at some moment since.
 */
static int choose(struct making *making, const struct node *node, const char *name)
{
	int file = NO_FILE;
	size_t seen = 0;

	for (size_t i = 0; i < node->count; i++) {
		const struct event *event = &making->record->events[node->events[i]];
		if (!text_equal(event->name, name))
			continue;
		if (i < node->durable || making->seed == 1)
			file = event->file;
		else if (making->seed > 1 && below(making, ++seen + 1) > 0)
			file = event->file;
	}
	return file;
}

static bool came_before(const struct making *making, const struct node *node, size_t at)
{
	const char *name = making->record->events[node->events[at]].name;

	for (size_t i = 0; i < at; i++)
		if (text_equal(making->record->events[node->events[i]].name, name))
			return true;
	return false;
}

static void make_folder(struct making *making, const struct node *node, const char *path)
{
	int r = io_make_folders(path, 0700);

	ASSERT(r == 0);
	for (size_t i = 0; i < node->count; i++) {
		const char *name = making->record->events[node->events[i]].name;
		if (came_before(making, node, i))
			continue;
		int file = choose(making, node, name);
		if (file == NO_FILE)
			continue;
		AUTO_TEXT at = io_join(path, name);
		if (making->record->files[file].is_folder)
			make_folder(making, &making->nodes[file], at);
		else
			make_file(making, &making->nodes[file], at);
	}
}

void powercut_state(const struct powercut *record, size_t at, uint64_t seed, const char *to)
{
	struct making making = {
		.record = record,
		.nodes = mem_array(record->file_count, sizeof(struct node)),
		.seed = seed,
		.random = seed * 1000003 + at,
	};

	ASSERT(at <= powercut_events(record) && !io_exists(to));
	replay(&making, record->initial + at);
	make_folder(&making, &making.nodes[0], to);
	for (size_t i = 0; i < record->file_count; i++)
		mem_free(making.nodes[i].events);
	mem_free(making.nodes);
}

size_t powercut_events(const struct powercut *record)
{
	return record->count - record->initial;
}

size_t powercut_marks(const struct powercut *record, size_t at)
{
	size_t marks = 0;

	for (size_t i = record->initial; i < record->initial + at; i++)
		marks += record->events[i].kind == EVENT_MARK;
	return marks;
}

char *powercut_describe(const struct powercut *record, size_t at)
{
	if (at == 0)
		return mem_strdup("nothing yet");
	const struct event *event = &record->events[record->initial + at - 1];
	switch (event->kind) {
	case EVENT_WRITE:
		return mem_printf("%zu bytes at %" PRIu64 " written to file %d", event->size,
			event->offset, event->file);
	case EVENT_SYNC:
		return mem_printf("file %d synced", event->file);
	case EVENT_NAME:
		return mem_printf("%s in folder %d is %s %d", event->name, event->folder,
			event->file == NO_FILE ? "gone" : "file", event->file);
	default:
		return mem_strdup("a mark");
	}
}
