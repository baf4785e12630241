/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_MESSAGE_READER_H
#define REPO_MESSAGE_READER_H

#include "repo/content.h"

/*
 * Reading a message that a recipe makes again.
 */

/** As repo_read, for a content of kind REPO_MESSAGE. */
NODISCARD int message_read(struct repo *repo, const struct repo_content *content,
	repo_sink_fn *sink, void *context);

/** Walks the chunks of the bodies of a message, reading its recipe and their lists. */
NODISCARD int message_walk(struct repo *repo, const struct repo_content *content,
	content_chunk_fn *visit, void *context);

#endif
