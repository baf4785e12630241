/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_chunks.h"

#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "crypto/hash.h"

struct memory_chunk {
	uint8_t id[REPO_ID_SIZE];
	struct buf data;
	struct buf refs;
	UT_hash_handle hh;
};

static struct memory_chunk *find(struct memory_chunks *chunks, const uint8_t id[REPO_ID_SIZE])
{
	struct memory_chunk *chunk = NULL;

	HASH_FIND(hh, chunks->chunks, id, REPO_ID_SIZE, chunk);
	return chunk;
}

static int fails(struct memory_chunks *chunks)
{
	if (chunks->fail_in > 0 && --chunks->fail_in == 0)
		return err_set(ERR_IO, "the store failed");
	return 0;
}

static int put(void *context, const struct chunk_put *given, uint8_t out_id[REPO_ID_SIZE])
{
	struct memory_chunks *chunks = context;
	uint8_t hash[HASH_SIZE];
	int r = fails(chunks);

	if (r < 0)
		return r;
	hash_sha256(given->data, given->size, hash);
	memcpy(out_id, hash, REPO_ID_SIZE);
	chunks->puts++;
	if (find(chunks, out_id))
		return 0;
	struct memory_chunk *chunk = mem_alloc(sizeof(*chunk));
	memcpy(chunk->id, out_id, REPO_ID_SIZE);
	chunk->data = buf_init(CHUNK_MAX);
	chunk->refs = buf_init(CHUNK_MAX);
	ASSERT(buf_append(&chunk->data, given->data, given->size) == 0);
	ASSERT(buf_append(&chunk->refs, given->refs, given->ref_count * REPO_ID_SIZE) == 0);
	HASH_ADD(hh, chunks->chunks, id, REPO_ID_SIZE, chunk);
	chunks->added++;
	chunks->added_bytes += given->size;
	chunks->refs += given->ref_count;
	return 0;
}

static int get(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	struct memory_chunks *chunks = context;
	struct memory_chunk *chunk = find(chunks, id);
	int r = fails(chunks);

	if (r < 0)
		return r;
	chunks->gets++;
	if (!chunk)
		return err_set(ERR_CORRUPT, "a chunk is not there");
	return buf_append(out, chunk->data.data, chunk->data.size);
}

static bool has(void *context, const uint8_t id[REPO_ID_SIZE])
{
	return find(context, id) != NULL;
}

struct memory_chunks *memory_chunks_new(void)
{
	struct memory_chunks *chunks = mem_alloc(sizeof(*chunks));

	chunks->store = (struct chunk_store){put, get, has, chunks};
	return chunks;
}

void memory_chunks_free(struct memory_chunks *chunks)
{
	struct memory_chunk *chunk, *next;

	HASH_ITER(hh, chunks->chunks, chunk, next)
	{
		HASH_DEL(chunks->chunks, chunk);
		buf_free(&chunk->data);
		buf_free(&chunk->refs);
		mem_free(chunk);
	}
	mem_free(chunks);
}

void memory_chunks_reset(struct memory_chunks *chunks)
{
	chunks->puts = chunks->added = chunks->added_bytes = chunks->refs = chunks->gets = 0;
}

struct buf *memory_chunks_find(struct memory_chunks *chunks, const uint8_t id[REPO_ID_SIZE])
{
	struct memory_chunk *chunk = find(chunks, id);

	return chunk ? &chunk->data : NULL;
}

size_t memory_chunks_count_refs(struct memory_chunks *chunks, const uint8_t id[REPO_ID_SIZE],
	const uint8_t to[REPO_ID_SIZE])
{
	struct memory_chunk *chunk = find(chunks, id);
	size_t count = 0;

	for (size_t at = 0; chunk && at < chunk->refs.size; at += REPO_ID_SIZE)
		count += memcmp(chunk->refs.data + at, to, REPO_ID_SIZE) == 0;
	return count;
}
