/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/content.h"
#include "repo/repo_priv.h"
#include "repo/writer_priv.h"

/*
 * Writing a content: it is cut into chunks as it comes, and where there are several, their ids
 * go into lists.
 */

/* What is looked at before a cut is searched: little to move after one. */
enum { PIECE_SIZE = 64 << 10 };

struct level {
	struct buf entries;
	uint32_t count;
	uint64_t bytes;
};

struct content_writer {
	struct repo_writer *writer; /* borrowed */
	enum piece piece;
	struct chunker chunker;
	struct level levels[LIST_LEVELS];
	uint64_t size;
	uint64_t chunks;
	uint8_t last_id[REPO_ID_SIZE];
};

struct content_writer *content_writer_new(struct repo_writer *writer, enum piece piece)
{
	ASSERT(!writer->content_is_open);
	struct content_writer *content = mem_alloc(sizeof(*content));

	writer->content_is_open = true;
	content->writer = writer;
	content->piece = piece;
	for (size_t i = 0; i < LIST_LEVELS; i++)
		content->levels[i].entries = buf_init((size_t)LIST_FANOUT * LIST_ENTRY_SIZE);
	chunker_init(&content->chunker, &writer->repo->chunker,
		piece == PIECE_DATA ? CHUNKER_DATA : CHUNKER_LISTS);
	buf_clear(&writer->cut);
	return content;
}

int content_begin(struct repo_writer *writer, struct content_writer **out)
{
	int r = writer_state(writer);

	if (r == 0)
		*out = content_writer_new(writer, PIECE_DATA);
	return r;
}

void content_drop(struct content_writer *content)
{
	if (!content)
		return;
	content->writer->content_is_open = false;
	for (size_t i = 0; i < LIST_LEVELS; i++)
		buf_free(&content->levels[i].entries);
	mem_free(content);
}

/* Stores the list of a level and empties it. */
static int store_list(
	struct content_writer *content, uint32_t level, uint8_t out_id[REPO_ID_SIZE])
{
	struct level *at = &content->levels[level];
	struct list_head head = {level, at->count, at->bytes};
	AUTO_BUF list = buf_init(LIST_HEAD_SIZE + (size_t)LIST_FANOUT * LIST_ENTRY_SIZE);
	int r = list_put_head(&list, &head);

	if (r == 0)
		r = buf_append(&list, at->entries.data, at->entries.size);
	if (r == 0)
		r = writer_put_chunk(content->writer, PIECE_META, &list, out_id);
	buf_clear(&at->entries);
	at->count = 0;
	at->bytes = 0;
	return r;
}

static int add_entry(struct content_writer *content, uint32_t level,
	const uint8_t id[REPO_ID_SIZE], uint64_t size);

static int store_full(struct content_writer *content, uint32_t level)
{
	uint8_t id[REPO_ID_SIZE];
	uint64_t bytes = content->levels[level].bytes;
	int r = store_list(content, level, id);

	return r < 0 ? r : add_entry(content, level + 1, id, bytes);
}

static int add_entry(struct content_writer *content, uint32_t level,
	const uint8_t id[REPO_ID_SIZE], uint64_t size)
{
	int r = 0;

	if (level >= LIST_LEVELS)
		return err_set(ERR_LIMIT, "a content is too large for this format");
	struct level *at = &content->levels[level];
	if (at->count == LIST_FANOUT)
		r = store_full(content, level);
	if (r == 0)
		r = buf_append(&at->entries, id, REPO_ID_SIZE);
	if (r == 0)
		r = buf_put_u64(&at->entries, size);
	at->count++;
	at->bytes += size;
	return r;
}

/* Stores the first `size` bytes of what has come as a chunk, and keeps the others. */
static int store_chunk(struct content_writer *content, size_t size)
{
	struct buf *cut = &content->writer->cut;
	struct buf chunk = *cut;

	chunk.size = size;
	int r = writer_put_chunk(content->writer, content->piece, &chunk, content->last_id);
	if (r == 0)
		r = add_entry(content, 0, content->last_id, size);
	content->chunks++;
	cut->size -= size;
	if (cut->size > 0)
		memmove(cut->data, cut->data + size, cut->size);
	return r;
}

static int add_piece(struct content_writer *content, const uint8_t *data, size_t size)
{
	struct buf *cut = &content->writer->cut;
	size_t end = 0;
	int r = buf_append(cut, data, size);

	do {
		if (r == 0)
			end = chunker_cut(&content->chunker, cut->data, cut->size);
		if (r == 0 && end > 0)
			r = store_chunk(content, end);
	} while (r == 0 && end > 0 && cut->size > 0);
	return r;
}

int content_add(struct content_writer *content, const void *data, size_t size)
{
	const uint8_t *at = data;

	content->size += size;
	while (size > 0) {
		size_t room = CHUNK_MAX - content->writer->cut.size;
		size_t piece = size < PIECE_SIZE ? size : PIECE_SIZE;
		if (piece > room)
			piece = room;
		int r = add_piece(content, at, piece);
		if (r < 0)
			return r;
		at += piece;
		size -= piece;
	}
	return 0;
}

/* Stores the lists from the lowest up; the one that has none above it is the content. */
static int store_lists(struct content_writer *content, uint8_t out_id[REPO_ID_SIZE])
{
	for (uint32_t level = 0;; level++) {
		bool top = true;
		for (uint32_t above = level + 1; above < LIST_LEVELS; above++)
			top = top && content->levels[above].count == 0;
		int r = top ? store_list(content, level, out_id) : store_full(content, level);
		if (r < 0 || top)
			return r;
	}
}

static int finish(struct content_writer *content, struct repo_content *out)
{
	int r = 0;

	if (content->writer->cut.size > 0 || content->chunks == 0)
		r = store_chunk(content, content->writer->cut.size);
	if (r < 0)
		return r;
	*out = (struct repo_content){.size = content->size, .is_list = content->chunks > 1};
	if (out->is_list)
		return store_lists(content, out->id);
	memcpy(out->id, content->last_id, REPO_ID_SIZE);
	return 0;
}

int content_finish(struct content_writer *content, struct repo_content *out)
{
	int r = finish(content, out);

	content_drop(content);
	return r;
}
