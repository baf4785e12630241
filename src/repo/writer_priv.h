/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_WRITER_PRIV_H
#define REPO_WRITER_PRIV_H

#include "base/buf.h"
#include "repo/chunker.h"
#include "repo/idset.h"
#include "repo/pack.h"
#include "repo/record.h"
#include "repo/writer.h"

/*
 * What a writer is, for the files of this folder.
 */

/** A block that small chunks are still being put into. */
struct open_block {
	enum piece piece;
	struct buf plain;
	struct buf chunks; /* for the directory */
};

struct repo_writer {
	struct repo *repo; /* borrowed */
	struct pack *pack;
	struct open_block data, meta;
	struct idset fresh;    /* chunks written since the last commit */
	struct buf index_body; /* packs written since the last commit */
	struct buf cut;        /* the chunk that the content now being written has begun */
	bool content_is_open;
	uint64_t stored; /* bytes in packs that are written */
	int failed;      /* 0, or the error that ended it */
	char *failed_text;
};

/** Stores a chunk, or finds that it is there. After an error the writer is of no more use: what
 * it has may refer to what was lost. ERR_IO, ERR_CORRUPT. */
NODISCARD int writer_put_chunk(struct repo_writer *writer, enum piece piece,
	const struct buf *chunk, uint8_t out_id[REPO_ID_SIZE]);

/** The error that has ended the writer, its message set again; 0 where it is well. */
NODISCARD int writer_state(const struct repo_writer *writer);

/** As content_begin, for a content of the house's own. */
struct content_writer *content_writer_new(struct repo_writer *writer, enum piece piece);

#endif
