/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PACK_H
#define REPO_PACK_H

#include "repo/block.h"
#include "repo/index.h"

/*
 * Pack files: sealed blocks one behind the other, the sealed directory, and the armor. A pack
 * is built in memory and written whole.
 */

struct pack; /* one that is being built; one thread at a time */

struct pack *pack_new(const struct repo *repo);
void pack_free(struct pack *pack); /* NULL is fine; what was not written is lost */

/** Bytes of blocks in it so far; 0 where it is empty. */
size_t pack_size(const struct pack *pack);

/** Whether it is time to write it. */
bool pack_is_full(const struct pack *pack);

/** A block to be added: encoded, and what its directory has of it. */
struct pack_block {
	enum piece piece;
	struct block_code code;
	uint32_t plain;           /* bytes, decoded */
	const struct buf *chunks; /* as directory_put_chunk wrote them */
};

/** Seals a block into the pack, and opens it again and compares. ERR_CORRUPT where something
 * else comes back, ERR_LIMIT. */
NODISCARD int pack_add(struct pack *pack, const struct pack_block *block);

/** What the index is to know of a pack. */
struct pack_written {
	struct index_file_pack info;
	struct buf directory;
};

/** Writes it durably, says what was written (directory: freed by the caller with buf_free), and
 * empties it for the next one. ERR_IO and what else storage_put has. */
NODISCARD int pack_write(struct pack *pack, struct pack_written *out);

/** What several of them hold, and their array; NULL is fine. */
void pack_written_free(struct pack_written *packs, size_t count);

/** The name of the object that a pack is stored as. */
enum { PACK_PATH_SIZE = 48 };
void pack_path(const uint8_t name[NAME_SIZE], char out[PACK_PATH_SIZE]);

/** Reads the directory of a stored pack, of which name, size, data and directory are given,
 * into `directory`, everything about it verified. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. */
NODISCARD int pack_directory(
	struct repo *repo, const struct index_pack *pack, struct buf *directory);

/** The seal of the pack's data blocks; reads its directory where the key lies there. ERR_AUTH
 * where these keys only write, ERR_CORRUPT, ERR_IO. */
NODISCARD int pack_data_seal(
	struct repo *repo, const struct index_pack *pack, struct seal *out);

#endif
