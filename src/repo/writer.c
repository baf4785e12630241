/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/writer.h"

#include "base/clock.h"
#include "base/mem.h"
#include "repo/repo_priv.h"
#include "repo/sealed_file.h"
#include "repo/snapshot_file.h"
#include "repo/writer_priv.h"

enum {
	TEMPORARY_AGE_S = 24 * 60 * 60, /* of what a crash has left behind */
	/* What is not committed is kept in memory; this many chunks are enough. */
	FRESH_CHUNKS_MAX = 100 * 1000,
};

int repo_writer_open(struct repo *repo, struct repo_writer **out)
{
	int r = storage_clean(repo->storage, clock_now_s() - TEMPORARY_AGE_S);

	if (r < 0)
		return r;
	struct repo_writer *writer = mem_alloc(sizeof(*writer));
	writer->repo = repo;
	writer->pack = pack_new(repo);
	writer->data =
		(struct open_block){PIECE_DATA, buf_init(CHUNK_MAX), buf_init(DIRECTORY_MAX)};
	writer->meta =
		(struct open_block){PIECE_META, buf_init(CHUNK_MAX), buf_init(DIRECTORY_MAX)};
	writer->index_body = buf_init(SEALED_FILE_MAX / 2);
	writer->cut = buf_init(CHUNK_MAX);
	*out = writer;
	return 0;
}

void repo_writer_close(struct repo_writer *writer)
{
	if (!writer)
		return;
	pack_free(writer->pack);
	buf_free(&writer->data.plain);
	buf_free(&writer->data.chunks);
	buf_free(&writer->meta.plain);
	buf_free(&writer->meta.chunks);
	buf_free(&writer->index_body);
	buf_free(&writer->cut);
	idset_free(&writer->fresh);
	mem_free(writer->failed_text);
	mem_free(writer);
}

uint64_t repo_writer_stored(const struct repo_writer *writer)
{
	return writer->stored + pack_size(writer->pack) + writer->data.plain.size +
	       writer->meta.plain.size;
}

int writer_state(const struct repo_writer *writer)
{
	if (writer->failed == 0)
		return 0;
	return err_set((enum err)writer->failed, "%s", writer->failed_text);
}

/* Remembers a failure for good. */
static int fail(struct repo_writer *writer, int r)
{
	if (r < 0 && writer->failed == 0) {
		writer->failed = r;
		mem_replace(&writer->failed_text, mem_strdup(err_message()));
	}
	return r;
}

static int write_pack(struct repo_writer *writer)
{
	size_t size = pack_size(writer->pack);

	if (size == 0)
		return 0;
	int r = pack_write(writer->pack, &writer->index_body);
	if (r == 0)
		writer->stored += size;
	return r;
}

static int add_block(struct repo_writer *writer, enum piece piece, const struct buf *plain,
	const struct buf *chunks)
{
	int r = pack_add(writer->pack, piece, plain, chunks);

	if (r == 0 && pack_size(writer->pack) >= PACK_TARGET)
		r = write_pack(writer);
	return r;
}

static int close_block(struct repo_writer *writer, struct open_block *block)
{
	if (block->chunks.size == 0)
		return 0;
	int r = add_block(writer, block->piece, &block->plain, &block->chunks);
	buf_clear(&block->plain);
	buf_clear(&block->chunks);
	return r;
}

/* A small chunk goes in with others of its kind. */
static int add_to_block(struct repo_writer *writer, struct open_block *block,
	const struct buf *chunk, const uint8_t id[REPO_ID_SIZE])
{
	int r = 0;

	if (block->plain.size + chunk->size > BLOCK_TARGET)
		r = close_block(writer, block);
	if (r == 0)
		r = buf_append(&block->plain, chunk->data, chunk->size);
	if (r == 0)
		r = directory_put_chunk(&block->chunks, id, (uint32_t)chunk->size);
	return r;
}

static int add_alone(struct repo_writer *writer, enum piece piece, const struct buf *chunk,
	const uint8_t id[REPO_ID_SIZE])
{
	AUTO_BUF entry = buf_init(DIRECTORY_CHUNK_SIZE);
	int r = directory_put_chunk(&entry, id, (uint32_t)chunk->size);

	return r < 0 ? r : add_block(writer, piece, chunk, &entry);
}

int writer_put_chunk(struct repo_writer *writer, enum piece piece, const struct buf *chunk,
	uint8_t out_id[REPO_ID_SIZE])
{
	int r = writer_state(writer);

	if (r < 0)
		return r;
	repo_chunk_id(writer->repo, chunk->data, chunk->size, out_id);
	if (index_find(&writer->repo->index, out_id) || !idset_add(&writer->fresh, out_id))
		return 0;
	if (chunk->size >= SOLID_LIMIT)
		r = add_alone(writer, piece, chunk, out_id);
	else
		r = add_to_block(writer, piece == PIECE_DATA ? &writer->data : &writer->meta,
			chunk, out_id);
	if (r == 0 && writer->fresh.count >= FRESH_CHUNKS_MAX)
		r = repo_writer_commit(writer);
	return fail(writer, r);
}

static int write_index(struct repo_writer *writer)
{
	char name[NAME_TEXT];

	if (writer->index_body.size == 0)
		return 0;
	int r = sealed_write(writer->repo, &sealed_index, &writer->index_body, name);
	if (r == 0)
		r = repo_adopt_index(writer->repo, name, &writer->index_body);
	buf_clear(&writer->index_body);
	idset_free(&writer->fresh);
	return r;
}

int repo_writer_commit(struct repo_writer *writer)
{
	int r = writer_state(writer);

	if (r < 0)
		return r;
	r = close_block(writer, &writer->data);
	if (r == 0)
		r = close_block(writer, &writer->meta);
	if (r == 0)
		r = write_pack(writer);
	if (r == 0)
		r = write_index(writer);
	return fail(writer, r);
}

/* What a snapshot refers to must be there: by now, all of it is in the index. */
static int check_trees(struct repo *repo, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->object_count; i++) {
		const struct repo_object *object = &snapshot->objects[i];
		if (!repo_has(repo, &object->tree))
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
	if (r == 0)
		r = snapshot_write(writer->repo, snapshot);
	return r;
}
