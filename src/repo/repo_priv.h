/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPO_PRIV_H
#define REPO_REPO_PRIV_H

#include "crypto/hash.h"
#include "repo/block.h"
#include "repo/cache.h"
#include "repo/chunker.h"
#include "repo/derived.h"
#include "repo/format.h"
#include "repo/index.h"
#include "repo/repo.h"
#include "storage/storage.h"

/*
 * What an open repository is, for the files of this folder.
 */

struct repo {
	struct storage *storage;
	struct repo_keys keys;
	uint8_t id[NAME_SIZE];
	uint8_t master[REPO_KEY_SIZE];
	struct hash_hmac_key *id_key; /* makes the ids of chunks */
	struct chunker_table chunker;
	struct index index;
	char (*index_files)[NAME_TEXT]; /* that are in the index, sorted */
	size_t index_file_count, index_file_capacity;
	struct block_coder *coder; /* for reading */
	struct cache cache;
	struct seal seal; /* of the pack that was read last */
};

/** The id of a chunk of these bytes. */
void repo_chunk_id(struct repo *repo, const void *data, size_t size, uint8_t out[REPO_ID_SIZE]);

/** Takes an index file that a writer of this process has just written into the index. */
NODISCARD int repo_adopt_index(struct repo *repo, const char *name, const struct buf *body);

#endif
