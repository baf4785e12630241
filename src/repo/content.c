/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/content.h"

#include <string.h>

#include "base/text.h"
#include "repo/message_reader.h"
#include "repo/repo_priv.h"

enum {
	TEXT_LOOK = 256,     /* bytes that are looked at */
	TEXT_ODD_LEAST = 64, /* one in so many may be a control character */
};

int chunk_hold(struct repo *repo, const uint8_t id[REPO_ID_SIZE], struct chunk *out)
{
	struct index_place place;
	char digits[REPO_ID_TEXT];
	uint8_t actual[REPO_ID_SIZE];

	text_to_hex(id, REPO_ID_SIZE, digits);
	if (!index_find(&repo->index, id, &place))
		return err_set(ERR_CORRUPT, "chunk %.16s… is not in the repository", digits);
	int r = cache_hold(repo, place.block, &out->block);
	if (r < 0)
		return r;
	out->data = out->block->data + place.offset;
	out->size = place.size;
	repo_chunk_id(repo, out->data, out->size, actual);
	if (memcmp(actual, id, REPO_ID_SIZE) == 0)
		return 0;
	chunk_release(out);
	return err_set(ERR_CORRUPT, "chunk %.16s… is not what its id says", digits);
}

void chunk_release(struct chunk *chunk)
{
	cache_release(chunk->block);
	chunk->block = NULL;
}

int chunk_get(struct repo *repo, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	struct chunk chunk;
	int r = chunk_hold(repo, id, &chunk);

	if (r < 0)
		return r;
	r = buf_append(out, chunk.data, chunk.size);
	chunk_release(&chunk);
	return r;
}

static int put_nothing(
	void *context, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE])
{
	(void)context;
	(void)chunk;
	(void)out_id;
	return err_set(ERR_INVALID, "a repository that is only read takes no chunks");
}

static int get_chunk(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	return chunk_get(context, id, out);
}

static bool has_chunk(void *context, const uint8_t id[REPO_ID_SIZE])
{
	return repo_has_tree(context, id);
}

struct chunk_store repo_chunk_store(struct repo *repo)
{
	return (struct chunk_store){put_nothing, get_chunk, has_chunk, repo};
}

bool content_is_text(const uint8_t *data, size_t size)
{
	size_t odd = 0;

	size = size < TEXT_LOOK ? size : TEXT_LOOK;
	for (size_t i = 0; i < size; i++) {
		if (data[i] == 0)
			return false;
		odd += data[i] < ' ' && data[i] != '\n' && data[i] != '\r' && data[i] != '\t';
	}
	return odd * TEXT_ODD_LEAST <= size;
}

int list_put_head(struct buf *out, const struct list_head *head)
{
	int r = buf_append_text(out, LIST_MAGIC);

	if (r == 0)
		r = buf_put_u32(out, head->level);
	if (r == 0)
		r = buf_put_u32(out, head->count);
	if (r == 0)
		r = buf_put_u64(out, head->bytes);
	return r;
}

static bool is_list(const struct chunk *chunk)
{
	return chunk->size >= LIST_HEAD_SIZE &&
	       memcmp(chunk->data, LIST_MAGIC, MAGIC_SIZE) == 0;
}

static int take_head(struct reader *reader, struct list_head *head)
{
	const unsigned char *magic = NULL;
	int r = reader_bytes(reader, MAGIC_SIZE, &magic);

	if (r == 0)
		r = reader_u32(reader, &head->level);
	if (r == 0)
		r = reader_u32(reader, &head->count);
	if (r == 0)
		r = reader_u64(reader, &head->bytes);
	return r;
}

/* A copy of a list, so that the walk below it holds no block. */
static int read_list(struct repo *repo, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	struct chunk chunk;
	int r = chunk_hold(repo, id, &chunk);

	if (r < 0)
		return r;
	r = is_list(&chunk) ? buf_append(out, chunk.data, chunk.size)
			    : err_set(ERR_CORRUPT, "a chunk is not the list that it should be");
	chunk_release(&chunk);
	return r;
}

struct walk {
	struct repo *repo;
	content_chunk_fn *visit;
	void *context;
};

static int walk_list(const struct walk *walk, const struct repo_content *list, uint32_t levels);

static int walk_entries(
	const struct walk *walk, struct reader *reader, uint32_t level, uint64_t bytes)
{
	struct repo_content entry = {.kind = REPO_LIST};
	const unsigned char *id = NULL;

	while (reader->size > 0) {
		int r = reader_bytes(reader, REPO_ID_SIZE, &id);
		if (r == 0)
			r = reader_u64(reader, &entry.size);
		if (r < 0)
			return r;
		if (entry.size > bytes)
			return err_set(ERR_CORRUPT, "a list has more bytes than it says");
		bytes -= entry.size;
		memcpy(entry.id, id, REPO_ID_SIZE);
		r = level == 0 ? walk->visit(walk->context, entry.id, entry.size)
			       : walk_list(walk, &entry, level);
		if (r != 0)
			return r;
	}
	return bytes == 0 ? 0 : err_set(ERR_CORRUPT, "a list has fewer bytes than it says");
}

/* Walks a list whose level lies below `levels`, which bounds the recursion. */
static int walk_list(const struct walk *walk, const struct repo_content *list, uint32_t levels)
{
	AUTO_BUF copy = buf_init(LIST_HEAD_SIZE + (size_t)LIST_FANOUT * LIST_ENTRY_SIZE);
	struct list_head head = {0};
	int r = read_list(walk->repo, list->id, &copy);

	if (r < 0)
		return r == ERR_LIMIT ? err_set(ERR_CORRUPT, "a list is too long") : r;
	struct reader reader = {copy.data, copy.size};
	r = take_head(&reader, &head);
	if (r < 0)
		return r;
	if (head.level >= levels || head.bytes != list->size ||
		reader.size != (size_t)head.count * LIST_ENTRY_SIZE)
		return err_set(ERR_CORRUPT, "a list is not what its beginning says");
	return walk_entries(walk, &reader, head.level, head.bytes);
}

int content_walk(struct repo *repo, const struct repo_content *content, content_chunk_fn *visit,
	void *context)
{
	struct walk walk = {repo, visit, context};

	if (content->kind == REPO_MESSAGE)
		return message_walk(repo, content, visit, context);
	if (content->kind == REPO_LIST)
		return walk_list(&walk, content, LIST_LEVELS);
	return visit(context, content->id, content->size);
}

struct reading {
	struct repo *repo;
	repo_sink_fn *sink;
	void *context;
};

static int read_chunk(void *context, const uint8_t id[REPO_ID_SIZE], uint64_t size)
{
	const struct reading *reading = context;
	struct chunk chunk;
	int r = chunk_hold(reading->repo, id, &chunk);

	if (r < 0)
		return r;
	if (chunk.size != size)
		r = err_set(ERR_CORRUPT, "a chunk has another size than is said of it");
	else if (size > 0)
		r = reading->sink(reading->context, chunk.data, chunk.size);
	chunk_release(&chunk);
	return r;
}

int repo_read(struct repo *repo, const struct repo_content *content, repo_sink_fn *sink,
	void *context)
{
	struct reading reading = {repo, sink, context};

	if (content->kind == REPO_MESSAGE)
		return message_read(repo, content, sink, context);
	return content_walk(repo, content, read_chunk, &reading);
}

static int look_up(void *context, const uint8_t id[REPO_ID_SIZE], uint64_t size)
{
	struct repo *repo = context;
	struct index_place place;

	return index_find(&repo->index, id, &place) && place.size == size
		       ? 0
		       : err_set(ERR_CORRUPT, "a chunk is missing");
}

bool repo_has(struct repo *repo, const struct repo_content *content)
{
	return content_walk(repo, content, look_up, repo) == 0;
}

bool repo_has_tree(struct repo *repo, const uint8_t tree[REPO_ID_SIZE])
{
	return index_has(&repo->index, tree);
}
