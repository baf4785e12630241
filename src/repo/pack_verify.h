/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PACK_VERIFY_H
#define REPO_PACK_VERIFY_H

#include "repo/armor.h"
#include "repo/directory.h"
#include "repo/pack.h"

/*
 * Packs looked at as a whole, by what they say of themselves: for check and repair. Reading of
 * single chunks is cache.h.
 */

/** What is wanted of a pack. Not 0 ends it and is returned. */
struct pack_visitor {
	/** Whether a block is to be opened; NULL: each. */
	bool (*wants)(void *context, const struct directory_block *block);
	/** A block that was wanted; `why` is NULL where it is whole. */
	int (*block)(void *context, const struct directory_block *block, const char *why);
	/** A chunk of a block that is whole: its bytes are what its id says. */
	int (*chunk)(void *context, const struct directory_chunk *chunk, const uint8_t *data);
	/** A chunk of one that is not; may be NULL. */
	int (*lost)(void *context, const struct directory_chunk *chunk);
	void *context;
};

/** A pack file that is in memory, whole. */
struct pack_file {
	uint8_t name[NAME_SIZE];
	struct buf bytes;
	struct armor_trailer trailer;
	struct armor_report report;
};

/** Reads a pack file; its armor is looked at, and told in `file`. ERR_NOTFOUND, ERR_IO;
 * ERR_CORRUPT where its end says nothing: then the bytes are there. The caller frees the bytes
 * with buf_free in any case. */
NODISCARD int pack_file_read(
	struct repo *repo, const uint8_t name[NAME_SIZE], struct pack_file *out);

/** Looks at what is in the file, without changing it. ERR_CORRUPT where the directory cannot be
 * read, or it is no pack of this repository under this name; ERR_AUTH where data is wanted and
 * the keys only write. */
NODISCARD int pack_file_verify(
	struct repo *repo, const struct pack_file *file, const struct pack_visitor *visitor);

/** What its directory begins with. Errors as of pack_file_verify. */
NODISCARD int pack_file_head(
	struct repo *repo, const struct pack_file *file, struct directory_head *out);

/** The same of a pack in the storage, of which only the directory and the wanted blocks are
 * read. */
NODISCARD int pack_verify(
	struct repo *repo, const struct index_pack *pack, const struct pack_visitor *visitor);

/** Opens one block of a file in memory into `out`, which has room for its plain bytes. Errors
 * as of pack_file_verify. */
NODISCARD int pack_file_open(struct repo *repo, const struct pack_file *file,
	const struct directory_block *block, uint8_t *out);

/** Whether all of a file in memory is right: each block and chunk. */
NODISCARD int pack_file_is_whole(struct repo *repo, const struct pack_file *file, bool *out);

#endif
