/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/index_file.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/armor.h"
#include "repo/directory.h"
#include "repo/mend.h"
#include "repo/repo_priv.h"

enum {
	SEALED_PAGE = INDEX_PAGE_SIZE + AEAD_TAG_SIZE,
	PATH_SIZE = 48,
	WHOLE_MAX = 4 * SEALED_PAGE, /* a file that is read at once */
};

struct index_reader {
	struct repo *repo; /* borrowed */
	struct seal seal;
	char path[PATH_SIZE];
	struct index_head head;
	uint8_t *whole; /* the file where it is short or was damaged, else NULL */
	size_t whole_size;
	uint64_t data; /* bytes of it */
	uint32_t page; /* the next one to be opened */
	uint8_t *sealed, *plain;
	size_t at, size; /* in the plain text of the page */
};

static void path_of(const uint8_t name[NAME_SIZE], char out[PATH_SIZE])
{
	char digits[NAME_TEXT];

	text_to_hex(name, NAME_SIZE, digits);
	snprintf(out, PATH_SIZE, "index/%s", digits);
}

void index_reader_free(struct index_reader *reader)
{
	if (!reader)
		return;
	seal_end(&reader->seal);
	mem_free(reader->whole);
	mem_free(reader->sealed);
	mem_free(reader->plain);
	mem_free(reader);
}

const struct index_head *index_reader_head(const struct index_reader *reader)
{
	return &reader->head;
}

static bool has_page(const struct index_reader *reader)
{
	return (uint64_t)reader->page * SEALED_PAGE < reader->data;
}

/* What a damaged file's parity gives back is as good as what was written. */
static bool mend_whole(struct index_reader *reader)
{
	struct mend_file file = {.kind = MEND_INDEX};
	AUTO_TEXT why = mem_strdup(err_message());
	struct mended found;
	size_t size;

	memcpy(file.name, reader->seal.name, NAME_SIZE);
	bool given_back =
		mend_look(reader->repo, &file, &found) == 0 && found.state == MEND_MENDABLE;
	if (given_back) {
		log_warning("index_mended_in_memory", "file", found.path, "reason", found.why,
			"help", "run garner repair", NULL);
		mem_free(reader->whole);
		reader->whole = buf_steal(&found.bytes, &size);
		reader->whole_size = size;
	} else {
		(void)!err_set(ERR_CORRUPT, "%s", why);
	}
	buf_free(&found.bytes);
	return given_back;
}

static int open_page(struct index_reader *reader)
{
	uint64_t begin = (uint64_t)reader->page * SEALED_PAGE;
	uint64_t left = reader->data - begin;
	size_t size = left < SEALED_PAGE ? (size_t)left : SEALED_PAGE;
	struct storage_range range = {begin, size};
	struct seal_place place = {reader->page, PIECE_INDEX, left == size};
	const uint8_t *sealed = reader->whole + begin;

	if (!reader->whole) {
		int r = storage_read(
			reader->repo->storage, reader->path, &range, reader->sealed);
		if (r < 0)
			return r;
		sealed = reader->sealed;
	}
	int r = seal_open_into(&reader->seal, &place, sealed, size, reader->plain);
	if (r == ERR_CORRUPT && mend_whole(reader))
		r = seal_open_into(
			&reader->seal, &place, reader->whole + begin, size, reader->plain);
	if (r < 0)
		return err_wrap(r, "page %u", reader->page);
	reader->page++;
	reader->at = 0;
	reader->size = size - AEAD_TAG_SIZE;
	return 0;
}

static int take(struct index_reader *reader, uint8_t *out, size_t size)
{
	while (size > 0) {
		if (reader->at == reader->size) {
			int r = has_page(reader) ? open_page(reader)
						 : err_set(ERR_CORRUPT, "it ends too early");
			if (r < 0)
				return r;
		}
		size_t piece = reader->size - reader->at;
		piece = piece < size ? piece : size;
		memcpy(out, reader->plain + reader->at, piece);
		reader->at += piece;
		out += piece;
		size -= piece;
	}
	return 0;
}

int index_reader_take(struct index_reader *reader, void *out, size_t size)
{
	return err_wrap(take(reader, out, size), "%s", reader->path);
}

static int take_head(struct index_reader *reader)
{
	uint8_t bytes[INDEX_HEAD_SIZE] = {0};
	struct index_head *head = &reader->head;
	int r = index_reader_take(reader, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	memcpy(head->group, bytes, NAME_SIZE);
	head->part = bytes_get_u16(bytes + NAME_SIZE);
	head->parts = bytes_get_u16(bytes + NAME_SIZE + 2);
	const uint8_t *counts = bytes + NAME_SIZE + 4;
	head->replaced = bytes_get_u32(counts);
	head->condemned = bytes_get_u32(counts + 4);
	head->dropped = bytes_get_u32(counts + 8);
	head->packs = bytes_get_u32(counts + 12);
	head->entries = bytes_get_u32(counts + 16);
	head->references = bytes_get_u32(counts + 20);
	if (head->parts == 0 || head->parts > INDEX_PARTS_MAX || head->part >= head->parts ||
		head->replaced > INDEX_FILE_REPLACED_MAX ||
		head->condemned > INDEX_FILE_PACKS_MAX ||
		head->dropped > INDEX_FILE_PACKS_MAX || head->packs > INDEX_FILE_PACKS_MAX ||
		head->entries > INDEX_ENTRIES_MAX || head->references > INDEX_ENTRIES_MAX)
		return err_set(ERR_CORRUPT, "%s: its counts make no sense", reader->path);
	return 0;
}

/* The end of the file says where its data ends, and that the key is the right one. */
static int take_trailer(
	struct index_reader *reader, const uint8_t *end, size_t size, uint64_t file_size)
{
	uint8_t commitment[SEAL_COMMITMENT_SIZE];
	struct armor_trailer trailer;
	int r = armor_trailer_read(end, size, file_size, INDEX_MAGIC, &trailer);

	if (r < 0)
		return r;
	seal_commitment(&reader->seal, commitment);
	if (!secret_equal(commitment, trailer.commitment, sizeof(commitment)))
		return err_set(ERR_CORRUPT, "it is not of this repository");
	if (trailer.data == 0 || trailer.data % SEALED_PAGE == 0 ||
		trailer.data % SEALED_PAGE > AEAD_TAG_SIZE) {
		reader->data = trailer.data;
		reader->plain = mem_alloc(
			trailer.data < INDEX_PAGE_SIZE ? trailer.data + 1 : INDEX_PAGE_SIZE);
		return 0;
	}
	return err_set(ERR_CORRUPT, "it has an impossible size");
}

static int read_end(struct index_reader *reader, const struct index_file_entry *file)
{
	uint8_t end[ARMOR_END_SIZE];

	if (file->size < ARMOR_END_SIZE || file->size > SEALED_FILE_MAX)
		return err_set(ERR_CORRUPT, "it has an impossible size");
	if (file->size > WHOLE_MAX) {
		struct storage_range range = {file->size - sizeof(end), sizeof(end)};
		int r = storage_read(reader->repo->storage, reader->path, &range, end);
		if (r < 0)
			return r;
		reader->sealed = mem_alloc(SEALED_PAGE);
		return take_trailer(reader, end, sizeof(end), file->size);
	}
	struct storage_range range = {0, (size_t)file->size};
	reader->whole = mem_alloc(range.size);
	int r = storage_read(reader->repo->storage, reader->path, &range, reader->whole);
	return r < 0 ? r
		     : take_trailer(reader, reader->whole + range.size - ARMOR_END_SIZE,
			       ARMOR_END_SIZE, file->size);
}

static int read_end_or_mend(struct index_reader *reader, const struct index_file_entry *file)
{
	int r = read_end(reader, file);

	if (r != ERR_CORRUPT || !mend_whole(reader))
		return r;
	return take_trailer(reader, reader->whole + reader->whole_size - ARMOR_END_SIZE,
		ARMOR_END_SIZE, reader->whole_size);
}

int index_reader_open(
	struct repo *repo, const struct index_file_entry *file, struct index_reader **out)
{
	struct index_reader *reader = mem_alloc(sizeof(*reader));

	reader->repo = repo;
	path_of(file->name, reader->path);
	seal_begin(&reader->seal, &repo->keys, file->name);
	int r = err_wrap(read_end_or_mend(reader, file), "%s", reader->path);
	if (r == 0)
		r = take_head(reader);
	if (r < 0) {
		index_reader_free(reader);
		return r;
	}
	*out = reader;
	return 0;
}

int index_reader_pack(struct index_reader *reader, struct index_file_pack *out)
{
	uint8_t bytes[NAME_SIZE + 12 + REPO_ID_SIZE + 5] = {0};
	int r = index_reader_take(reader, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	const uint8_t *at = bytes + NAME_SIZE;
	memcpy(out->name, bytes, NAME_SIZE);
	out->size = bytes_get_u32(at);
	out->data = bytes_get_u32(at + 4);
	out->directory = bytes_get_u32(at + 8);
	memcpy(out->dictionary, at + 12, REPO_ID_SIZE);
	out->key_kind = at[12 + REPO_ID_SIZE];
	out->block_count = bytes_get_u32(at + 13 + REPO_ID_SIZE);
	if (out->size > PACK_MAX || out->data > out->size || out->directory > out->data ||
		out->key_kind > DIRECTORY_KEY_BOX || out->block_count > PACK_BLOCKS_MAX)
		return err_set(ERR_CORRUPT, "%s: a pack of impossible size", reader->path);
	return 0;
}

int index_reader_block(struct index_reader *reader, struct directory_block *out)
{
	uint8_t bytes[10] = {0};
	int r = index_reader_take(reader, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	*out = (struct directory_block){
		.sealed = bytes_get_u32(bytes),
		.plain = bytes_get_u32(bytes + 4),
		.piece = bytes[8],
		.codec = bytes[9],
	};
	return err_wrap(directory_judge_block(out), "%s", reader->path);
}

int index_reader_entry(struct index_reader *reader, struct index_entry *out)
{
	uint8_t bytes[INDEX_ENTRY_SIZE] = {0};
	int r = index_reader_take(reader, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	memcpy(out->id, bytes, REPO_ID_SIZE);
	out->pack = bytes_get_u32(bytes + REPO_ID_SIZE);
	out->place = bytes_get_u32(bytes + REPO_ID_SIZE + 4);
	out->size = bytes_get_u32(bytes + REPO_ID_SIZE + 8);
	return 0;
}

int index_reader_reference(struct index_reader *reader, struct index_reference *out)
{
	uint8_t bytes[INDEX_REFERENCE_SIZE] = {0};
	int r = index_reader_take(reader, bytes, sizeof(bytes));

	if (r < 0)
		return r;
	memcpy(out->id, bytes, REPO_ID_SIZE);
	out->delta = (int32_t)bytes_get_u32(bytes + REPO_ID_SIZE);
	return 0;
}

int index_reader_end(const struct index_reader *reader)
{
	if (reader->at == reader->size && !has_page(reader))
		return 0;
	return err_set(ERR_CORRUPT, "%s: it has more than it says", reader->path);
}
