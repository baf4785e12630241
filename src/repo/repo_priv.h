/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPO_PRIV_H
#define REPO_REPO_PRIV_H

#include "crypto/hash.h"
#include "repo/block.h"
#include "repo/cache.h"
#include "repo/chunker.h"
#include "repo/chunks.h"
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
	struct repo_options options;
	struct hash_hmac_key *id_key; /* makes the ids of chunks */
	struct chunker_table chunker;
	struct index index;
	struct block_coder *coder; /* for reading */
	struct cache cache;
	struct seal file_seal, data_seal; /* of the packs that were read last */
};

/** The id of a chunk of these bytes. */
void repo_chunk_id(struct repo *repo, const void *data, size_t size, uint8_t out[REPO_ID_SIZE]);

/** How many shards of parity new files get. */
uint16_t repo_parity(const struct repo *repo);

/** The chunks of a repository that is only read, for maps. */
struct chunk_store repo_chunk_store(struct repo *repo);

#endif
