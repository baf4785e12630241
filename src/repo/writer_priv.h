/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_WRITER_PRIV_H
#define REPO_WRITER_PRIV_H

#include "base/buf.h"
#include "repo/chunker.h"
#include "repo/chunks.h"
#include "repo/idset.h"
#include "repo/lease.h"
#include "repo/pipeline.h"
#include "repo/writer.h"

/*
 * What a writer is, for the files of this folder.
 */

/* Small chunks that share a block: those of a piece, and recipes apart from other texts, for
 * they are more like each other. */
enum { WRITER_RECIPES = 0, WRITER_SLOTS = PIECE_META + 1 };

struct repo_writer {
	struct repo *repo; /* borrowed */
	struct pipeline *pipeline;
	struct lease lease; /* says to those who remove data that this one is at work */
	int64_t ticked_us;
	struct pipeline_block *open[WRITER_SLOTS]; /* blocks that are still being filled */
	struct idset fresh;                        /* chunks written since the last commit */
	uint8_t (*refs)[REPO_ID_SIZE]; /* that they hold, each as often as it was named */
	size_t ref_count, ref_capacity;
	struct content_writer *content; /* made at the first use */
	bool content_is_open;
	uint64_t taken;  /* bytes of chunks that were new, as they came */
	uint64_t stored; /* what repo_writer_stored has said */
	int failed;      /* 0, or the error that ended it */
	char *failed_text;
};

/** Stores a chunk, or finds that it is there. After an error the writer is of no more use: what
 * it has may refer to what was lost. ERR_IO, ERR_CORRUPT. */
NODISCARD int writer_put_chunk(struct repo_writer *writer, const struct chunk_put *chunk,
	uint8_t out_id[REPO_ID_SIZE]);

/** The same for a recipe. */
NODISCARD int writer_put_recipe(struct repo_writer *writer, const struct chunk_put *chunk,
	uint8_t out_id[REPO_ID_SIZE]);

/** The same for a chunk that is a whole buffer, which is empty afterwards: a large one is not
 * copied. */
NODISCARD int writer_put_buf(struct repo_writer *writer, enum piece piece, struct buf *chunk,
	uint8_t out_id[REPO_ID_SIZE]);

/** Appends a chunk that this writer has put, or that was there before, verified. */
NODISCARD int writer_get_chunk(
	struct repo_writer *writer, const uint8_t id[REPO_ID_SIZE], struct buf *out);

/** Whether this writer has put a chunk, or one is there that will stay. */
bool writer_has_chunk(struct repo_writer *writer, const uint8_t id[REPO_ID_SIZE]);

/** A writer as a store of chunks, for maps; borrowed. */
struct chunk_store writer_chunk_store(struct repo_writer *writer);

/** The error that has ended the writer, its message set again; 0 where it is well. */
NODISCARD int writer_state(const struct repo_writer *writer);

/** Remembers a failure for good, and returns it. */
NODISCARD int writer_fail(struct repo_writer *writer, int r);

/** Writes the index file of packs that were written, and takes them into the index; what was
 * handed over is freed. */
NODISCARD int writer_write_index(
	struct repo_writer *writer, struct pack_written *packs, size_t count);

/** As content_begin, for a content of the house's own. */
struct content_writer *content_writer_new(struct repo_writer *writer, enum piece piece);
void content_writer_free(struct content_writer *content); /* NULL is fine */

#endif
