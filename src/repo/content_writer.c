/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/content_stream.h"
#include "repo/repo_priv.h"

/*
 * Writing a content. A message is taken apart (message_writer.c); all else is cut as it comes.
 */

struct content_writer {
	struct repo_writer *writer; /* borrowed */
	struct content_stream *stream;
	bool is_classed; /* its first bytes have said what lies with what */
};

struct content_writer *content_writer_new(struct repo_writer *writer, enum piece piece)
{
	ASSERT(!writer->content_is_open);
	writer->content_is_open = true;
	if (!writer->content) {
		writer->content = mem_alloc(sizeof(*writer->content));
		writer->content->writer = writer;
		writer->content->stream = content_stream_new(writer);
	}
	struct content_writer *content = writer->content;
	content->is_classed = piece == PIECE_META;
	content_stream_begin(content->stream, piece);
	return content;
}

void content_writer_free(struct content_writer *content)
{
	if (!content)
		return;
	content_stream_free(content->stream);
	mem_free(content);
}

int content_begin(
	struct repo_writer *writer, enum content_kind kind, struct content_writer **out)
{
	int r = writer_state(writer);

	if (r == 0)
		*out = content_writer_new(
			writer, kind == CONTENT_MESSAGE ? PIECE_TEXT : PIECE_DOCUMENT);
	if (r == 0 && kind == CONTENT_MESSAGE)
		(*out)->is_classed = true;
	return r;
}

void content_drop(struct content_writer *content)
{
	if (content)
		content->writer->content_is_open = false;
}

int content_add(struct content_writer *content, const void *data, size_t size)
{
	if (!content->is_classed && size > 0) {
		content->is_classed = true;
		if (content_is_text(data, size))
			content->stream->piece = PIECE_TEXT;
	}
	return content_stream_add(content->stream, data, size);
}

int content_finish(struct content_writer *content, struct repo_content *out)
{
	int r = content_stream_finish(content->stream, out);

	content_drop(content);
	return r;
}
