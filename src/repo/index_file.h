/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_INDEX_FILE_H
#define REPO_INDEX_FILE_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/index_table.h"

/*
 * Index files as bytes (docs/format.md, section 6): sealed pages that are read, or written, one
 * behind the other. What they say of the whole repository is index.h's matter.
 */

enum {
	INDEX_HEAD_SIZE = NAME_SIZE + 2 + 2 + 6 * 4,
	INDEX_ENTRY_SIZE = REPO_ID_SIZE + 12,
	INDEX_REFERENCE_SIZE = REPO_ID_SIZE + 4,
	INDEX_FILE_REPLACED_MAX = 1 << 20,
	INDEX_FILE_PACKS_MAX = 1 << 20,
};

/** What an index file begins with. */
struct index_head {
	uint8_t group[NAME_SIZE];
	uint16_t part, parts;
	uint32_t replaced, condemned, dropped, packs, entries, references;
};

/** What an index file has of a pack; block_count blocks follow. */
struct index_file_pack {
	uint8_t name[NAME_SIZE];
	uint32_t size, data, directory;
	uint8_t dictionary[REPO_ID_SIZE];
	uint8_t key_kind; /* enum directory_key */
	uint32_t block_count;
};

/** How the references of a chunk have changed. */
struct index_reference {
	uint8_t id[REPO_ID_SIZE];
	int32_t delta;
};

/** A file of the storage, as its list has it. */
struct index_file_entry {
	uint8_t name[NAME_SIZE];
	uint64_t size;
};

/* Reading: everything in the order in which it stands. */
struct index_reader;

/** Opens a file and reads its head. ERR_NOTFOUND, ERR_CORRUPT, ERR_IO. */
NODISCARD int index_reader_open(
	struct repo *repo, const struct index_file_entry *file, struct index_reader **out);
void index_reader_free(struct index_reader *reader); /* NULL is fine */
const struct index_head *index_reader_head(const struct index_reader *reader);

/** The next bytes. ERR_CORRUPT where the file ends before, ERR_IO. */
NODISCARD int index_reader_take(struct index_reader *reader, void *out, size_t size);
/** The same, in shapes. Every number is checked that can be by itself. */
NODISCARD int index_reader_pack(struct index_reader *reader, struct index_file_pack *out);
struct directory_block;
NODISCARD int index_reader_block(struct index_reader *reader, struct directory_block *out);
NODISCARD int index_reader_entry(struct index_reader *reader, struct index_entry *out);
NODISCARD int index_reader_reference(struct index_reader *reader, struct index_reference *out);

/** ERR_CORRUPT unless all of the file has been taken. */
NODISCARD int index_reader_end(const struct index_reader *reader);

/* Writing: everything is put in the order in which it stands. */
struct index_file_writer;

/** Begins a file. A zero group in `head` becomes the file's own name, and is filled in. */
struct index_file_writer *index_file_writer_new(struct repo *repo, struct index_head *head);
void index_file_writer_free(struct index_file_writer *writer); /* NULL is fine */
NODISCARD int index_file_put(struct index_file_writer *writer, const void *data, size_t size);
NODISCARD int index_file_put_pack(
	struct index_file_writer *writer, const struct index_file_pack *pack);
NODISCARD int index_file_put_block(
	struct index_file_writer *writer, const struct directory_block *block);
NODISCARD int index_file_put_entry(
	struct index_file_writer *writer, const struct index_entry *entry);
NODISCARD int index_file_put_reference(
	struct index_file_writer *writer, const struct index_reference *reference);

/** Writes the file durably. ERR_LIMIT, ERR_IO. */
NODISCARD int index_file_finish(
	struct index_file_writer *writer, struct index_file_entry *out_file);

#endif
