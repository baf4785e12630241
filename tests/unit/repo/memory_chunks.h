/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_REPO_MEMORY_CHUNKS_H
#define TESTS_REPO_MEMORY_CHUNKS_H

#include "repo/chunks.h"

/*
 * A store of chunks in memory that counts what is asked of it.
 */

struct memory_chunk;

struct memory_chunks {
	struct chunk_store store;
	struct memory_chunk *chunks;
	uint64_t puts;  /* calls */
	uint64_t added; /* of which were new */
	uint64_t added_bytes;
	uint64_t refs; /* that new ones gave */
	uint64_t gets;
	int fail_in; /* 0: never; else at the n-th call from now on, ERR_IO */
};

struct memory_chunks *memory_chunks_new(void);
void memory_chunks_free(struct memory_chunks *chunks);
void memory_chunks_reset(struct memory_chunks *chunks); /* the counts */

/** The bytes of a chunk, to be looked at or changed; NULL where there is none. */
struct buf *memory_chunks_find(struct memory_chunks *chunks, const uint8_t id[REPO_ID_SIZE]);

/** How many of a chunk's references are to this one. */
size_t memory_chunks_count_refs(struct memory_chunks *chunks, const uint8_t id[REPO_ID_SIZE],
	const uint8_t to[REPO_ID_SIZE]);

#endif
