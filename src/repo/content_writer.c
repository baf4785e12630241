/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/content_stream.h"
#include "repo/message_writer.h"
#include "repo/repo_priv.h"

/*
 * Writing a content. A message is taken apart (message_writer.c); all else is cut as it comes.
 */

struct content_writer {
	struct repo_writer *writer; /* borrowed */
	struct content_stream *stream;
	struct message_writer *message; /* made at the first use */
	bool is_classed;                /* its first bytes have said what lies with what */
	bool is_message;
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
	content->is_message = false;
	content_stream_begin(content->stream, piece);
	return content;
}

void content_writer_free(struct content_writer *content)
{
	if (!content)
		return;
	message_writer_free(content->message);
	content_stream_free(content->stream);
	mem_free(content);
}

static void begin_message(struct content_writer *content)
{
	if (!content->message)
		content->message = message_writer_new(content->writer, content->stream);
	message_writer_begin(content->message);
	content->is_message = content->is_classed = true;
}

/* What kind of content it is, its beginning says. */
static void classify(struct content_writer *content, const void *data, size_t size)
{
	content->is_classed = true;
	if (message_is_likely(data, size))
		begin_message(content);
	else if (content_is_text(data, size))
		content->stream->piece = PIECE_TEXT;
}

int content_begin(
	struct repo_writer *writer, enum content_kind kind, struct content_writer **out)
{
	int r = writer_state(writer);

	if (r < 0)
		return r;
	*out = content_writer_new(writer, PIECE_DOCUMENT);
	if (kind == CONTENT_MESSAGE)
		begin_message(*out);
	return 0;
}

void content_drop(struct content_writer *content)
{
	if (content)
		content->writer->content_is_open = false;
}

int content_add(struct content_writer *content, const void *data, size_t size)
{
	if (!content->is_classed && size > 0)
		classify(content, data, size);
	if (content->is_message)
		return message_writer_add(content->message, data, size);
	return content_stream_add(content->stream, data, size);
}

int content_finish(struct content_writer *content, struct repo_content *out)
{
	int r = content->is_message ? message_writer_finish(content->message, out)
				    : content_stream_finish(content->stream, out);

	content_drop(content);
	return r;
}
