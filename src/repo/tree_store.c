/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/content.h"
#include "repo/repo_priv.h"
#include "repo/tree_priv.h"
#include "repo/writer_priv.h"

/*
 * The chunks of a repository, and of one that is being written, as maps need them.
 */

static int get(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	struct chunk chunk;
	int r = chunk_hold(context, id, &chunk);

	if (r < 0)
		return r;
	r = buf_append(out, chunk.data, chunk.size);
	chunk_release(&chunk);
	return r;
}

static bool has(void *context, const uint8_t id[REPO_ID_SIZE])
{
	const struct repo *repo = context;

	return index_find(&repo->index, id) != NULL;
}

struct chunk_store chunk_store_of_repo(struct repo *repo)
{
	return (struct chunk_store){.get = get, .has = has, .context = repo};
}

static int put_new(void *context, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE])
{
	AUTO_BUF bytes = buf_init(CHUNK_MAX);
	int r = buf_append(&bytes, chunk->data, chunk->size);

	return r < 0 ? r : writer_put_chunk(context, chunk->piece, &bytes, out_id);
}

static bool has_new(void *context, const uint8_t id[REPO_ID_SIZE])
{
	struct repo_writer *writer = context;

	return has(writer->repo, id) || idset_find(&writer->fresh, id) >= 0;
}

/* What was put a moment ago can be read once it is committed. */
static int get_new(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	struct repo_writer *writer = context;
	int r = 0;

	if (!has(writer->repo, id) && idset_find(&writer->fresh, id) >= 0)
		r = repo_writer_commit(writer);
	return r < 0 ? r : get(writer->repo, id, out);
}

struct chunk_store chunk_store_of_writer(struct repo_writer *writer)
{
	return (struct chunk_store){put_new, get_new, has_new, writer};
}
