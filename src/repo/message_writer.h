/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_MESSAGE_WRITER_H
#define REPO_MESSAGE_WRITER_H

#include "repo/content_stream.h"

/*
 * Writing a message: it is taken apart while it comes, what is worth it becomes a content of
 * its own, and a recipe says how the message is made again. Every step is tried and compared
 * with the message itself before it counts; what would not come back is kept as it is.
 */

struct message_writer;

/** The stream is borrowed; bodies go through it, one at a time. */
struct message_writer *message_writer_new(
	struct repo_writer *writer, struct content_stream *stream);
void message_writer_free(struct message_writer *message); /* NULL is fine */

/** Begins a message; one that was begun is forgotten. */
void message_writer_begin(struct message_writer *message);
NODISCARD int message_writer_add(struct message_writer *message, const void *data, size_t size);
NODISCARD int message_writer_finish(struct message_writer *message, struct repo_content *out);

/** Whether a file that begins so looks like a message: for sources that know no better. */
bool message_is_likely(const void *data, size_t size);

#endif
