/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/writer.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "repo/content.h"
#include "repo/repo_priv.h"
#include "repo/snapshot_file.h"
#include "repo/writer_priv.h"

enum {
	TEMPORARY_AGE_S = 24 * 60 * 60, /* of what a crash has left behind */
	/* What is not committed is kept in memory; so much is enough. */
	FRESH_CHUNKS_MAX = 100 * 1000,
	REFS_MAX = 500 * 1000,
	TICK_EVERY_US = 60 * 1000 * 1000,
	GROUPS_MAX = 32, /* of index files, before they are merged */
	RATIO_FIRST = 2, /* how much smaller data becomes, as long as nothing is known of it */
};

/* One that cannot be removed ends by itself. */
static void end_lease(const struct repo_writer *writer)
{
	if (writer->lease.process != 0 && lease_end(writer->repo->storage, &writer->lease) < 0)
		log_debug("lease_not_removed", "reason", err_message(), NULL);
}

int repo_writer_open(struct repo *repo, struct repo_writer **out)
{
	int64_t now_s = 0;
	int r = storage_now(repo->storage, &now_s);

	if (r == 0)
		r = storage_clean(repo->storage, now_s - TEMPORARY_AGE_S);
	if (r < 0)
		return r;
	struct repo_writer *writer = mem_alloc(sizeof(*writer));
	writer->repo = repo;
	r = lease_begin(repo->storage, &repo->keys, &writer->lease);
	/* Read anew: what was pruned before the lease stood is no part of it any more. */
	if (r == 0)
		r = index_load(repo);
	if (r == 0)
		r = index_merge(repo, GROUPS_MAX);
	if (r < 0) {
		end_lease(writer);
		mem_free(writer);
		return r;
	}
	writer->pipeline = pipeline_new(repo);
	*out = writer;
	return 0;
}

void repo_writer_close(struct repo_writer *writer)
{
	if (!writer)
		return;
	pipeline_free(writer->pipeline);
	end_lease(writer);
	content_writer_free(writer->content);
	idset_free(&writer->fresh);
	mem_free(writer->refs);
	mem_free(writer->failed_text);
	mem_free(writer);
}

/* What is not compressed yet counts as what was before it, and no number is ever taken back. */
uint64_t repo_writer_stored(struct repo_writer *writer)
{
	struct pipeline_counts counts = pipeline_counts(writer->pipeline);
	uint64_t waiting = writer->taken - counts.plain;
	uint64_t stored = counts.sealed;

	if (counts.plain > 0)
		stored += (uint64_t)((double)waiting * (double)counts.sealed /
				     (double)counts.plain);
	else
		stored += waiting / RATIO_FIRST;
	if (stored > writer->stored)
		writer->stored = stored;
	return writer->stored;
}

int writer_state(const struct repo_writer *writer)
{
	if (writer->failed == 0)
		return 0;
	return err_set((enum err)writer->failed, "%s", writer->failed_text);
}

int writer_fail(struct repo_writer *writer, int r)
{
	if (r < 0 && writer->failed == 0) {
		writer->failed = r;
		mem_replace(&writer->failed_text, mem_strdup(err_message()));
	}
	return r;
}

static int close_block(struct repo_writer *writer, size_t slot)
{
	struct pipeline_block *block = STEAL(writer->open[slot]);

	return block ? pipeline_send(writer->pipeline, block) : 0;
}

static bool has_room(const struct pipeline_block *block, size_t size)
{
	return block->plain.size < BLOCK_TARGET && size <= BLOCK_TARGET - block->plain.size &&
	       block->chunks.size < (size_t)DIRECTORY_BLOCK_CHUNKS_MAX * DIRECTORY_CHUNK_SIZE;
}

/* A small chunk goes in with others of its kind. */
static int add_to_block(struct repo_writer *writer, const struct chunk_put *chunk, size_t slot,
	const uint8_t id[REPO_ID_SIZE])
{
	struct pipeline_block **open = &writer->open[slot];
	int r = *open && !has_room(*open, chunk->size) ? close_block(writer, slot) : 0;

	if (r < 0)
		return r;
	if (!*open)
		*open = pipeline_take(writer->pipeline, chunk->piece);
	r = buf_append(&(*open)->plain, chunk->data, chunk->size);
	return r < 0 ? r : directory_put_chunk(&(*open)->chunks, id, (uint32_t)chunk->size);
}

/* A large one lies alone; `whole`, where not NULL, is a buffer of it alone that may be emptied.
 */
static int add_alone(struct repo_writer *writer, const struct chunk_put *chunk,
	struct buf *whole, const uint8_t id[REPO_ID_SIZE])
{
	enum piece piece = chunk->piece == PIECE_META ? PIECE_META : PIECE_LARGE;
	struct pipeline_block *block = pipeline_take(writer->pipeline, piece);
	int r = directory_put_chunk(&block->chunks, id, (uint32_t)chunk->size);

	if (whole) {
		struct buf empty = block->plain;
		block->plain = *whole;
		*whole = empty;
	} else if (r == 0) {
		r = buf_append(&block->plain, chunk->data, chunk->size);
	}
	int sent = pipeline_send(writer->pipeline, block);
	return r < 0 ? r : sent;
}

static void add_refs(struct repo_writer *writer, const struct chunk_put *chunk)
{
	mem_grow(&writer->refs, &writer->ref_capacity, writer->ref_count + chunk->ref_count,
		REPO_ID_SIZE);
	memcpy(writer->refs + writer->ref_count, chunk->refs, chunk->ref_count * REPO_ID_SIZE);
	writer->ref_count += chunk->ref_count;
}

struct putting {
	const struct chunk_put *chunk;
	struct buf *whole; /* NULL, or a buffer of it alone that may be emptied */
	size_t slot;
};

static int put(
	struct repo_writer *writer, const struct putting *putting, uint8_t out_id[REPO_ID_SIZE])
{
	const struct chunk_put *chunk = putting->chunk;
	int r = writer_state(writer);

	if (r < 0)
		return r;
	repo_chunk_id(writer->repo, chunk->data, chunk->size, out_id);
	if (index_has(&writer->repo->index, out_id) || !idset_add(&writer->fresh, out_id))
		return 0;
	writer->taken += chunk->size;
	if (chunk->ref_count > 0)
		add_refs(writer, chunk);
	if (chunk->size >= SOLID_LIMIT)
		r = add_alone(writer, chunk, putting->whole, out_id);
	else
		r = add_to_block(writer, chunk, putting->slot, out_id);
	if (r == 0 &&
		(writer->fresh.count >= FRESH_CHUNKS_MAX || writer->ref_count >= REFS_MAX))
		r = repo_writer_commit(writer);
	return writer_fail(writer, r);
}

int writer_put_chunk(
	struct repo_writer *writer, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE])
{
	return put(writer, &(struct putting){chunk, NULL, chunk->piece}, out_id);
}

int writer_put_recipe(
	struct repo_writer *writer, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE])
{
	return put(writer, &(struct putting){chunk, NULL, WRITER_RECIPES}, out_id);
}

int writer_put_buf(struct repo_writer *writer, enum piece piece, struct buf *chunk,
	uint8_t out_id[REPO_ID_SIZE])
{
	struct chunk_put given = {.piece = piece, .data = chunk->data, .size = chunk->size};
	int r = put(writer, &(struct putting){&given, chunk, piece}, out_id);

	buf_clear(chunk);
	return r;
}

/* A chunk in a block that is still open; false where it has gone on its way. */
static bool find_open(const struct repo_writer *writer, const uint8_t id[REPO_ID_SIZE],
	const uint8_t **out, size_t *out_size)
{
	for (size_t i = 0; i < WRITER_SLOTS; i++) {
		const struct pipeline_block *block = writer->open[i];
		size_t end = block ? block->plain.size : 0;
		for (size_t at = block ? block->chunks.size : 0; at > 0;) {
			uint32_t size;
			at -= DIRECTORY_CHUNK_SIZE;
			struct reader reader = {block->chunks.data + at + REPO_ID_SIZE, 4};
			int r = reader_u32(&reader, &size);
			ASSERT(r == 0 && size <= end);
			end -= size;
			if (memcmp(block->chunks.data + at, id, REPO_ID_SIZE) != 0)
				continue;
			*out = block->plain.data + end;
			*out_size = size;
			return true;
		}
	}
	return false;
}

int writer_get_chunk(
	struct repo_writer *writer, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	const uint8_t *data;
	size_t size;
	int r = writer_state(writer);

	if (r < 0)
		return r;
	if (idset_find(&writer->fresh, id) == IDSET_NONE)
		return chunk_get(writer->repo, id, out);
	if (find_open(writer, id, &data, &size))
		return buf_append(out, data, size);
	r = repo_writer_commit(writer);
	return r < 0 ? r : chunk_get(writer->repo, id, out);
}

static int store_put(void *context, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE])
{
	return writer_put_chunk(context, chunk, out_id);
}

static int store_get(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	return writer_get_chunk(context, id, out);
}

static bool store_has(void *context, const uint8_t id[REPO_ID_SIZE])
{
	return writer_has_chunk(context, id);
}

bool writer_has_chunk(struct repo_writer *writer, const uint8_t id[REPO_ID_SIZE])
{
	return idset_find(&writer->fresh, id) != IDSET_NONE ||
	       index_has(&writer->repo->index, id);
}

struct chunk_store writer_chunk_store(struct repo_writer *writer)
{
	return (struct chunk_store){store_put, store_get, store_has, writer};
}

/* A writer that has slept too long to be counted on may have lost what it found: it ends, and
 * the next run stores what is missing. */
static int check_lease(struct repo_writer *writer)
{
	struct repo *repo = writer->repo;
	bool may = false;
	int r = lease_may_commit_now(repo->storage, &repo->keys, &writer->lease, &may);

	if (r == 0 && !may)
		r = err_set(ERR_LOCKED, "this writer was silent for more than half an hour, "
					"and others may have "
					"removed what it counts on; start the job again");
	return r;
}

int repo_writer_tick(struct repo_writer *writer)
{
	struct repo *repo = writer->repo;
	int64_t now_us = clock_monotonic_us();

	if (now_us - writer->ticked_us < TICK_EVERY_US)
		return 0;
	writer->ticked_us = now_us;
	/* The last word has the commit. */
	if (lease_tick(repo->storage, &repo->keys, &writer->lease) < 0)
		log_warning("lease_not_renewed", "reason", err_message(), NULL);
	return writer_state(writer);
}

static int commit(struct repo_writer *writer)
{
	struct pack_written *packs = NULL;
	size_t count = 0;
	int r = 0;

	for (size_t slot = 0; slot < WRITER_SLOTS && r == 0; slot++)
		r = close_block(writer, slot);
	if (r == 0)
		r = pipeline_drain(writer->pipeline, &packs, &count);
	if (r == 0)
		r = check_lease(writer);
	if (r < 0 || count == 0) {
		pack_written_free(packs, count);
		return r;
	}
	return writer_write_index(writer, packs, count);
}

int repo_writer_commit(struct repo_writer *writer)
{
	int r = writer_state(writer);

	return r < 0 ? r : writer_fail(writer, commit(writer));
}

/* What a snapshot refers to must be there: by now, all of it is in the index. */
static int check_trees(struct repo *repo, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->object_count; i++) {
		const struct repo_object *object = &snapshot->objects[i];
		if (!repo_has_tree(repo, object->tree))
			return err_set(ERR_CORRUPT,
				"the tree of %s:%s is not in the repository; no snapshot was "
				"made",
				object->kind, object->name);
	}
	return 0;
}

int repo_writer_snapshot(struct repo_writer *writer, struct snapshot *snapshot)
{
	int r = repo_writer_commit(writer);

	if (r == 0)
		r = check_trees(writer->repo, snapshot);
	memcpy(snapshot->writer, writer->lease.name, NAME_SIZE);
	/* The index files of others, on which this one counts, go before it. */
	if (r == 0)
		r = storage_settle(writer->repo->storage, "index");
	if (r == 0)
		r = snapshot_write(writer->repo, snapshot);
	return r;
}
