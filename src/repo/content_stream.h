/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CONTENT_STREAM_H
#define REPO_CONTENT_STREAM_H

#include "item/zip_members.h"
#include "repo/content.h"
#include "repo/writer_priv.h"

/*
 * Bytes on their way into chunks: cut as they come, and where there are several chunks, their
 * ids go into lists. A ZIP file is also cut between its members, whoever sends it and in
 * whatever pieces, so that it lies there once as an attachment and as a file. What else the
 * bytes are is the caller's matter (content_writer.c).
 */

struct content_level {
	struct buf entries;
	uint32_t count;
	uint64_t bytes;
};

struct content_stream {
	struct repo_writer *writer; /* borrowed */
	enum piece piece;           /* of its small chunks */
	struct chunker chunker;
	struct buf cut; /* the chunk that has begun */
	enum content_form { FORM_UNKNOWN, FORM_PLAIN, FORM_ZIP } form;
	struct zip_members members; /* of FORM_ZIP: where it is cut besides */
	struct buf held; /* its beginning, while the form is unknown; of FORM_ZIP, what is not
			    looked at yet */
	struct content_level levels[LIST_LEVELS];
	uint64_t size, chunks;
	uint8_t last_id[REPO_ID_SIZE];
};

struct content_stream *content_stream_new(struct repo_writer *writer);
void content_stream_free(struct content_stream *stream); /* NULL is fine */

/** Begins a content; one that was begun is forgotten. PIECE_META: a list of the house's own. */
void content_stream_begin(struct content_stream *stream, enum piece piece);

NODISCARD int content_stream_add(
	struct content_stream *stream, const uint8_t *data, size_t size);

/** Ends the content. ERR_LIMIT where it is too large for the format. */
NODISCARD int content_stream_finish(struct content_stream *stream, struct repo_content *out);

#endif
