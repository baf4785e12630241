/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_FORMAT_H
#define REPO_FORMAT_H

/*
 * The numbers and names of docs/format.md that more than one file needs. A change here is a
 * change of the format.
 */

enum {
	FORMAT_VERSION = 2,
	NAME_SIZE = 16, /* random bytes that name a file, and the repository itself */
	NAME_TEXT = 2 * NAME_SIZE + 1,

	CHUNK_MAX = 4 << 20,
	SOLID_LIMIT = 256 << 10, /* a chunk below it shares a block with others */
	BLOCK_TARGET = 1 << 20,  /* a shared block is closed before it would pass this */
	PACK_TARGET = 16 << 20,  /* a pack is closed once it has reached this */
	PACK_MAX = 28 << 20,
	PACK_BLOCKS_MAX = 4096,
	DIRECTORY_MAX = 8 << 20,
	SEALED_FILE_MAX = 64 << 20, /* an index or snapshot file */

	INDEX_PAGE_SIZE = 64 << 10, /* plain text of a page of an index file */
	INDEX_ENTRIES_MAX = 1 << 20,
	INDEX_PARTS_MAX = 4096,

	TEXT_MAX = 65535, /* bytes of an id, name, type or tag */
	LIST_FANOUT = 4096,
	LIST_LEVELS = 3,
	RECIPE_MAX = 1 << 20,
	DEPTH_MAX = 512, /* folders in folders */

	CODEC_RAW = 0,
	CODEC_ZSTD = 1,
	CODEC_ZSTD_DICTIONARY = 2,
};

/** What a sealed piece is; bound to it by its seal. */
enum piece {
	PIECE_TEXT = 1,      /* block of messages and texts */
	PIECE_DOCUMENT = 2,  /* block of small attachments and files */
	PIECE_LARGE = 3,     /* block of one large chunk */
	PIECE_META = 4,      /* block of lists and pages of trees */
	PIECE_DIRECTORY = 5, /* of a pack */
	PIECE_INDEX = 6,     /* page of an index file */
	PIECE_SNAPSHOT = 7,
	PIECE_WRITER = 8,
};

#define PACK_MAGIC "GRNPACK2"
#define INDEX_MAGIC "GRNINDX2"
#define SNAPSHOT_MAGIC "GRNSNAP2"
#define WRITER_MAGIC "GRNWRTR2"
#define KEY_MAGIC "GRNKEYS2"
#define WRITER_SET_MAGIC "GRNWSET2"
#define LIST_MAGIC "GRNLIST2"
#define RECIPE_MAGIC "GRNRCPE2"
#define ITEMS_MAGIC "GRNITEM1"
#define TREE_MAGIC "GRNTREE1"
enum { MAGIC_SIZE = 8 };

#endif
