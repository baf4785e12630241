/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast messages are taken apart and put together again (src/item/mime_split.h), beside
 * memcpy: made-up messages of one kind each, and those of the folders that are named. MB/s of
 * the message, best of some rounds, of one processor's time. What is stored as it is, is built
 * by handing it on, in no time that could be told.
 *
 * Use: mime [FOLDER…]
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "item/mime_build.h"

enum { ROUNDS = 7, MADE_SIZE = 32 << 20, BODY_MAX = 1 << 30, FILES_MOST = 100000 };

/* All bodies of a set of messages, as they would be stored. */
struct bodies {
	struct buf data;
	struct mime_facts *facts;
	size_t *sizes; /* decoded */
	size_t count, capacity, sizes_capacity;
	size_t size; /* in the messages */
};

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int nothing(void *context, const void *data, size_t size)
{
	(void)data;
	*(size_t *)context += size;
	return 0;
}

static int nothing_begins(void *context, enum mime_kind kind)
{
	(void)context;
	(void)kind;
	return 0;
}

static int nothing_ends(void *context, const struct mime_facts *facts)
{
	(void)context;
	(void)facts;
	return 0;
}

static int keep_begin(void *context, enum mime_kind kind)
{
	struct bodies *bodies = context;

	(void)kind;
	mem_grow(
		&bodies->facts, &bodies->capacity, bodies->count + 1, sizeof(bodies->facts[0]));
	mem_grow(&bodies->sizes, &bodies->sizes_capacity, bodies->count + 1,
		sizeof(bodies->sizes[0]));
	bodies->sizes[bodies->count] = 0;
	return 0;
}

static int keep_data(void *context, const void *data, size_t size)
{
	struct bodies *bodies = context;

	bodies->sizes[bodies->count] += size;
	return buf_append(&bodies->data, data, size);
}

static int keep_end(void *context, const struct mime_facts *facts)
{
	struct bodies *bodies = context;

	bodies->facts[bodies->count++] = *facts;
	return 0;
}

static int forget(void *context, const void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

static void split_all(const struct mime_sink *sink, const struct buf *messages, size_t count)
{
	struct mime_split *split = mime_split_new(sink);

	for (size_t i = 0; i < count; i++) {
		int r = mime_split_add(split, messages[i].data, messages[i].size);
		if (r == 0)
			r = mime_split_finish(split);
		ASSERT(r == 0);
	}
	mime_split_free(split);
}

static size_t build_all(const struct bodies *bodies)
{
	const unsigned char *at = bodies->data.data;
	size_t built = 0;

	for (size_t i = 0; i < bodies->count; at += bodies->sizes[i++]) {
		struct mime_encoder *encoder;
		int r = mime_encoder_new(&bodies->facts[i], nothing, &built, &encoder);
		if (r == 0)
			r = mime_encoder_add(encoder, at, bodies->sizes[i]);
		if (r == 0)
			r = mime_encoder_finish(encoder);
		ASSERT(r == 0);
		mime_encoder_free(encoder);
	}
	return built;
}

static void copy_all(const struct buf *messages, size_t count, unsigned char *to)
{
	for (size_t i = 0; i < count; to += messages[i++].size)
		memcpy(to, messages[i].data, messages[i].size);
	__asm__ volatile("" : : "r"(to) : "memory");
}

static void measure(const char *name, const struct buf *messages, size_t count)
{
	size_t given = 0, size = 0, built = 0;
	const struct mime_sink sink = {nothing, nothing_begins, nothing, nothing_ends, &given};
	struct bodies bodies = {.data = buf_init(BODY_MAX)};
	const struct mime_sink keeper = {forget, keep_begin, keep_data, keep_end, &bodies};
	double copying = 1e9, splitting = 1e9, building = 1e9;

	for (size_t i = 0; i < count; i++)
		size += messages[i].size;
	unsigned char *copy = mem_alloc(size);
	split_all(&keeper, messages, count);
	for (int i = 0; i < ROUNDS; i++) {
		double began = cpu_s();
		copy_all(messages, count, copy);
		double copied = cpu_s();
		split_all(&sink, messages, count);
		double split = cpu_s();
		built = build_all(&bodies);
		double done = cpu_s();
		copying = copied - began < copying ? copied - began : copying;
		splitting = split - copied < splitting ? split - copied : splitting;
		building = done - split < building ? done - split : building;
	}
	printf("%-28s %8.1f MB %8.0f memcpy %6.0f split %6.0f build (%5.1f MB of it bodies)\n",
		name, (double)size / 1e6, (double)size / copying / 1e6,
		(double)size / splitting / 1e6, built ? (double)built / building / 1e6 : 0,
		(double)built / 1e6);
	mem_free(copy);
	mem_free(bodies.facts);
	mem_free(bodies.sizes);
	buf_free(&bodies.data);
}

/* Lines as people write them, `special` in one of each sixteen. */
static void put_text(struct buf *out, const char *special)
{
	uint64_t random = 1;

	while (out->size < MADE_SIZE) {
		char line[80];
		random = random * 6364136223846793005u + 1442695040888963407u;
		int size =
			snprintf(line, sizeof(line), "%.*s%s\r\n", (int)(20 + (random >> 59)),
				"the quick brown fox jumps over the lazy dog and so on",
				random >> 40 & 15 ? "" : special);
		ASSERT(buf_append(out, line, (size_t)size) == 0);
	}
}

static void put_base64(struct buf *out)
{
	uint64_t random = 1;
	unsigned char bytes[57];

	while (out->size < MADE_SIZE) {
		for (size_t i = 0; i < sizeof(bytes); i++) {
			random = random * 6364136223846793005u + 1442695040888963407u;
			bytes[i] = (unsigned char)(random >> 56);
		}
		AUTO_TEXT line = text_to_base64(bytes, sizeof(bytes));
		ASSERT(buf_printf(out, "%s\r\n", line) == 0);
	}
}

static void measure_made(void)
{
	static const char *const names[] = {"text", "base64", "quoted-printable"};
	static const char *const encodings[] = {"8bit", "base64", "quoted-printable"};

	for (size_t i = 0; i < 3; i++) {
		struct buf message = buf_init(2 * MADE_SIZE);
		ASSERT(buf_printf(&message, "Content-Transfer-Encoding: %s\r\n\r\n",
			       encodings[i]) == 0);
		if (i == 1)
			put_base64(&message);
		else
			put_text(&message, i == 2 ? "=3D=C3=A4" : "=");
		measure(names[i], &message, 1);
		buf_free(&message);
	}
}

struct folder {
	struct buf *messages;
	size_t count, capacity;
};

static int load(struct folder *folder, const char *path)
{
	DIR *listing = opendir(path);
	int r = listing ? 0 : err_errno("cannot list %s", path);

	for (const struct dirent *entry; r == 0 && (entry = readdir(listing));) {
		AUTO_TEXT inside = io_join(path, entry->d_name);
		struct stat found;
		if (entry->d_name[0] == '.' || stat(inside, &found) < 0)
			continue;
		if (S_ISDIR(found.st_mode)) {
			r = load(folder, inside);
			continue;
		}
		mem_grow(&folder->messages, &folder->capacity, folder->count + 1,
			sizeof(folder->messages[0]));
		struct buf *message = &folder->messages[folder->count++];
		*message = buf_init(BODY_MAX);
		r = io_read_file(inside, message);
	}
	if (listing)
		closedir(listing);
	return r;
}

int main(int argc, char **argv)
{
	measure_made();
	for (int i = 1; i < argc; i++) {
		struct folder folder = {0};
		if (load(&folder, argv[i]) < 0) {
			fprintf(stderr, "%s\n", err_message());
			return EXIT_FAILURE;
		}
		measure(argv[i], folder.messages, folder.count);
		for (size_t at = 0; at < folder.count; at++)
			buf_free(&folder.messages[at]);
		mem_free(folder.messages);
	}
	return EXIT_SUCCESS;
}
