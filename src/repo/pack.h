/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PACK_H
#define REPO_PACK_H

#include "repo/block.h"
#include "repo/index.h"

/*
 * Pack files: sealed blocks one behind the other, the sealed directory, a trailer of fixed
 * size. A pack is built in memory and written whole.
 */

struct pack; /* one that is being built */

struct pack *pack_new(struct repo *repo);
void pack_free(struct pack *pack); /* NULL is fine; what was not written is lost */

/** Bytes in it so far; 0 where it is empty. */
size_t pack_size(const struct pack *pack);

/** Adds a block of `plain`, whose chunks are as directory_put_chunk wrote them. ERR_CORRUPT as
 * block_close has it, ERR_LIMIT. */
NODISCARD int pack_add(
	struct pack *pack, enum piece piece, const struct buf *plain, const struct buf *chunks);

/** Writes it durably, appends its entry for an index file to `index_body`, and empties it for
 * the next one. ERR_IO. */
NODISCARD int pack_write(struct pack *pack, struct buf *index_body);

/** The name of the object that a pack is stored as. */
enum { PACK_PATH_SIZE = 48 };
void pack_path(const uint8_t name[NAME_SIZE], char out[PACK_PATH_SIZE]);

/** Reads the directory of a stored pack of that size into `directory`, everything about it
 * verified. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. */
NODISCARD int pack_directory(
	struct repo *repo, const struct index_pack *pack, struct buf *directory);

#endif
