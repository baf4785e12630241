/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/content_stream.h"

#include <string.h>

#include "base/mem.h"
#include "repo/repo_priv.h"

enum {
	FORM_LOOK = 4,       /* bytes that tell a ZIP file */
	HELD_MAX = 64 << 10, /* of one, looked at together */
};

struct content_stream *content_stream_new(struct repo_writer *writer)
{
	struct content_stream *stream = mem_alloc(sizeof(*stream));

	stream->writer = writer;
	stream->cut = buf_init(CHUNK_MAX);
	stream->held = buf_init(HELD_MAX);
	for (size_t i = 0; i < LIST_LEVELS; i++)
		stream->levels[i].entries = buf_init((size_t)LIST_FANOUT * LIST_ENTRY_SIZE);
	return stream;
}

void content_stream_free(struct content_stream *stream)
{
	if (!stream)
		return;
	buf_free(&stream->cut);
	buf_free(&stream->held);
	for (size_t i = 0; i < LIST_LEVELS; i++)
		buf_free(&stream->levels[i].entries);
	mem_free(stream);
}

static void empty_level(struct content_level *level)
{
	buf_clear(&level->entries);
	level->count = 0;
	level->bytes = 0;
}

void content_stream_begin(struct content_stream *stream, enum piece piece)
{
	stream->piece = piece;
	stream->size = stream->chunks = 0;
	stream->form = piece == PIECE_META ? FORM_PLAIN : FORM_UNKNOWN;
	buf_clear(&stream->cut);
	buf_clear(&stream->held);
	for (size_t i = 0; i < LIST_LEVELS; i++)
		empty_level(&stream->levels[i]);
	chunker_init(&stream->chunker, &stream->writer->repo->chunker,
		piece == PIECE_META ? CHUNKER_LISTS : CHUNKER_DATA);
}

/* Stores the list of a level and empties it. */
static int store_list(
	struct content_stream *stream, uint32_t level, uint8_t out_id[REPO_ID_SIZE])
{
	struct content_level *at = &stream->levels[level];
	struct list_head head = {level, at->count, at->bytes};
	uint8_t(*refs)[REPO_ID_SIZE] = mem_array((size_t)at->count + 1, REPO_ID_SIZE);
	AUTO_BUF list = buf_init(LIST_HEAD_SIZE + (size_t)LIST_FANOUT * LIST_ENTRY_SIZE);
	int r = list_put_head(&list, &head);

	if (r == 0)
		r = buf_append(&list, at->entries.data, at->entries.size);
	for (size_t i = 0; i < at->count; i++)
		memcpy(refs[i], at->entries.data + i * LIST_ENTRY_SIZE, REPO_ID_SIZE);
	struct chunk_put chunk = {.piece = PIECE_META,
		.data = list.data,
		.size = list.size,
		.refs = (const uint8_t(*)[REPO_ID_SIZE])refs,
		.ref_count = at->count};
	if (r == 0)
		r = writer_put_chunk(stream->writer, &chunk, out_id);
	mem_free(refs);
	empty_level(at);
	return r;
}

static int add_entry(struct content_stream *stream, uint32_t level,
	const uint8_t id[REPO_ID_SIZE], uint64_t size);

static int store_full(struct content_stream *stream, uint32_t level)
{
	uint8_t id[REPO_ID_SIZE];
	uint64_t bytes = stream->levels[level].bytes;
	int r = store_list(stream, level, id);

	return r < 0 ? r : add_entry(stream, level + 1, id, bytes);
}

static int add_entry(struct content_stream *stream, uint32_t level,
	const uint8_t id[REPO_ID_SIZE], uint64_t size)
{
	int r = 0;

	if (level >= LIST_LEVELS)
		return err_set(ERR_LIMIT, "a content is too large for this format");
	struct content_level *at = &stream->levels[level];
	if (at->count == LIST_FANOUT)
		r = store_full(stream, level);
	if (r == 0)
		r = buf_append(&at->entries, id, REPO_ID_SIZE);
	if (r == 0)
		r = buf_put_u64(&at->entries, size);
	at->count++;
	at->bytes += size;
	return r;
}

/* A content of one chunk needs no list, so its entry waits until there is a second one. */
static int store_chunk(struct content_stream *stream)
{
	uint64_t size = stream->cut.size;
	int r = writer_put_buf(stream->writer, stream->piece, &stream->cut, stream->last_id);

	if (r == 0)
		r = add_entry(stream, 0, stream->last_id, size);
	stream->chunks++;
	return r;
}

static int add_bytes(struct content_stream *stream, const uint8_t *data, size_t size)
{
	while (size > 0) {
		bool ends;
		size_t piece = chunker_next(&stream->chunker, data, size, &ends);
		int r = buf_append(&stream->cut, data, piece);
		if (r == 0 && ends)
			r = store_chunk(stream);
		if (r < 0)
			return r;
		data += piece;
		size -= piece;
	}
	return 0;
}

static int end_member(struct content_stream *stream)
{
	if (stream->cut.size == 0)
		return 0;
	chunker_restart(&stream->chunker);
	return store_chunk(stream);
}

/* Cuts what is held between members, and goes on holding the few bytes that say nothing yet. */
static int add_held(struct content_stream *stream)
{
	struct buf *held = &stream->held;
	size_t at = 0;
	int r = 0;

	while (r == 0 && at < held->size) {
		bool is_cut;
		size_t size = zip_members_next(
			&stream->members, held->data + at, held->size - at, &is_cut);
		if (size == 0 && !is_cut)
			break;
		r = add_bytes(stream, held->data + at, size);
		if (r == 0 && is_cut)
			r = end_member(stream);
		at += size;
	}
	if (at > 0 && held->size > at)
		memmove(held->data, held->data + at, held->size - at);
	held->size -= at;
	return r;
}

static int add_zip(struct content_stream *stream, const uint8_t *data, size_t size)
{
	int r = 0;

	while (r == 0 && size > 0) {
		size_t piece = HELD_MAX - stream->held.size;
		if (piece > size)
			piece = size;
		r = buf_append(&stream->held, data, piece);
		if (r == 0)
			r = add_held(stream);
		data += piece;
		size -= piece;
	}
	return r;
}

/* The first bytes say whether it is a ZIP file. */
static int add_first(struct content_stream *stream, const uint8_t *data, size_t size)
{
	uint8_t first[FORM_LOOK];
	size_t held = stream->held.size;
	size_t more = size < FORM_LOOK - held ? size : FORM_LOOK - held;

	if (held > 0)
		memcpy(first, stream->held.data, held);
	memcpy(first + held, data, more);
	if (held + more < FORM_LOOK)
		return buf_append(&stream->held, data, size);
	stream->form = zip_members_begin(first, FORM_LOOK) ? FORM_ZIP : FORM_PLAIN;
	if (stream->form == FORM_ZIP) {
		zip_members_init(&stream->members);
		return add_zip(stream, data, size);
	}
	buf_clear(&stream->held);
	int r = add_bytes(stream, first, held);
	return r < 0 ? r : add_bytes(stream, data, size);
}

int content_stream_add(struct content_stream *stream, const uint8_t *data, size_t size)
{
	stream->size += size;
	if (size == 0)
		return 0;
	if (stream->form == FORM_UNKNOWN)
		return add_first(stream, data, size);
	return stream->form == FORM_ZIP ? add_zip(stream, data, size)
					: add_bytes(stream, data, size);
}

/* Stores the lists from the lowest up; the one that has none above it is the content. */
static int store_lists(struct content_stream *stream, uint8_t out_id[REPO_ID_SIZE])
{
	for (uint32_t level = 0;; level++) {
		bool top = true;
		for (uint32_t above = level + 1; above < LIST_LEVELS; above++)
			top = top && stream->levels[above].count == 0;
		int r = top ? store_list(stream, level, out_id) : store_full(stream, level);
		if (r < 0 || top)
			return r;
	}
}

int content_stream_finish(struct content_stream *stream, struct repo_content *out)
{
	int r = add_bytes(stream, stream->held.data, stream->held.size);

	buf_clear(&stream->held);
	if (r == 0 && (stream->cut.size > 0 || stream->chunks == 0))
		r = store_chunk(stream);
	if (r < 0)
		return r;
	*out = (struct repo_content){
		.size = stream->size, .kind = stream->chunks > 1 ? REPO_LIST : REPO_CHUNK};
	if (out->kind == REPO_LIST)
		return store_lists(stream, out->id);
	memcpy(out->id, stream->last_id, REPO_ID_SIZE);
	return 0;
}
