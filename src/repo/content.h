/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CONTENT_H
#define REPO_CONTENT_H

#include "base/buf.h"
#include "repo/cache.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * Contents as they lie: a chunk, or a list of chunks, which may be a list of lists.
 */

/** A chunk, verified; its bytes lie in a cached block until chunk_release. */
struct chunk {
	const uint8_t *data;
	size_t size;
	struct cached *block;
};

/** ERR_CORRUPT where it is not in the index or not what its id says, ERR_IO. */
NODISCARD int chunk_hold(struct repo *repo, const uint8_t id[REPO_ID_SIZE], struct chunk *out);
void chunk_release(struct chunk *chunk);

/** Appends a chunk to `out`. Errors as of chunk_hold, ERR_LIMIT. */
NODISCARD int chunk_get(struct repo *repo, const uint8_t id[REPO_ID_SIZE], struct buf *out);

/** Called for each chunk of a content that is no list, in order. Not 0 ends the walk. */
typedef int content_chunk_fn(void *context, const uint8_t id[REPO_ID_SIZE], uint64_t size);

/** Walks the chunks of a content, reading its lists and no more, and checks that the sizes add
 * up. ERR_CORRUPT, ERR_IO. */
NODISCARD int content_walk(struct repo *repo, const struct repo_content *content,
	content_chunk_fn *visit, void *context);

/** Whether data that begins so looks like text: it has no NUL, and few bytes that text has not.
 */
bool content_is_text(const uint8_t *data, size_t size);

enum {
	LIST_HEAD_SIZE = MAGIC_SIZE + 4 + 4 + 8, /* magic, level, count, bytes */
	LIST_ENTRY_SIZE = REPO_ID_SIZE + 8,
};

/** Appends the head of a list to `out`. */
struct list_head {
	uint32_t level; /* 0: of chunks; n: of lists of level n - 1 */
	uint32_t count;
	uint64_t bytes; /* of content below it */
};
NODISCARD int list_put_head(struct buf *out, const struct list_head *head);

#endif
