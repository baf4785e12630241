/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "base/mem.h"
#include "source/folder/folder_priv.h"

enum { PIECE = 256 * 1024 };

static int fail(int r, enum source_retry retry, const char *code)
{
	return source_fail(r, SOURCE_ITEM, retry, code);
}

static int changed(const struct folder_source *source, const char *path)
{
	return fail(err_set(ERR_IO, "%s/%s changed while it was read", source->root, path),
		SOURCE_RETRY_NOW, "changed");
}

static int stat_file(
	const struct folder_source *source, const char *path, int fd, struct stat *out)
{
	if (fstat(fd, out) < 0)
		return fail(err_errno("cannot look at %s/%s", source->root, path),
			SOURCE_RETRY_LATER, "io");
	if (!S_ISREG(out->st_mode))
		return fail(err_set(ERR_IO, "%s/%s is no longer a file", source->root, path),
			SOURCE_RETRY_LATER, "no_file");
	return 0;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	       a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

struct reading {
	struct folder_source *source;
	const char *path;
	int fd;
	source_sink_fn *sink;
	void *context;
};

/* Hands on the file as far as it went when it was opened; whether it has grown since, its size
 * says afterwards. */
static int stream_file(const struct reading *reading, uint64_t size, uint64_t *out_total)
{
	struct folder_source *source = reading->source;
	uint64_t total = 0;

	*out_total = 0;
	while (total < size) {
		size_t wanted = size - total < PIECE ? (size_t)(size - total) : PIECE;
		size_t got;
		if (cancel_is_wished(source->cancel))
			return fail(err_set(ERR_CANCELLED, "stopped as asked"),
				SOURCE_RETRY_LATER, "cancelled");
		int r = io_read_some(reading->fd, total, source->piece, wanted, &got);
		if (r < 0)
			return fail(err_wrap(r, "%s/%s", source->root, reading->path),
				SOURCE_RETRY_LATER, err_name(r));
		if (got == 0)
			break;
		r = reading->sink(reading->context, source->piece, got);
		if (r != 0)
			return r;
		total += got;
	}
	*out_total = total;
	return 0;
}

static int read_open_file(const struct reading *reading)
{
	struct stat before, after;
	uint64_t total;
	int r = stat_file(reading->source, reading->path, reading->fd, &before);

	if (r < 0)
		return r;
	if (!reading->source->piece)
		reading->source->piece = mem_alloc(PIECE);
	r = stream_file(reading, (uint64_t)before.st_size, &total);
	if (r == 0)
		r = stat_file(reading->source, reading->path, reading->fd, &after);
	if (r == 0 && (!is_same(&before, &after) || total != (uint64_t)after.st_size))
		r = changed(reading->source, reading->path);
	return r;
}

int folder_read(void *self, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context)
{
	struct reading reading = {
		.source = self, .path = item_id, .sink = sink, .context = context};

	(void)object;
	int r = folder_open_file(self, item_id, &reading.fd);
	if (r < 0)
		return fail(r, SOURCE_RETRY_LATER, err_name(r));
	r = read_open_file(&reading);
	io_close(reading.fd);
	return r;
}
