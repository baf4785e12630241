/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/armor.h"
#include "repo/directory.h"
#include "repo/index_file.h"
#include "repo/repo_priv.h"

/*
 * Writing an index file: its pages are sealed where they lie in the file that is being made.
 */

struct index_file_writer {
	struct repo *repo; /* borrowed */
	struct seal seal;
	struct buf file; /* sealed pages, then the one that is being filled */
	size_t begin;    /* of that one */
	uint32_t page;
};

static void put_u16(uint8_t *out, uint16_t value)
{
	out[0] = (uint8_t)value;
	out[1] = (uint8_t)(value >> 8);
}

static void put_u32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static void head_bytes(const struct index_head *head, uint8_t out[INDEX_HEAD_SIZE])
{
	const uint32_t counts[] = {head->replaced, head->condemned, head->dropped, head->packs,
		head->entries, head->references};

	memcpy(out, head->group, NAME_SIZE);
	put_u16(out + NAME_SIZE, head->part);
	put_u16(out + NAME_SIZE + 2, head->parts);
	for (size_t i = 0; i < 6; i++)
		put_u32(out + NAME_SIZE + 4 + 4 * i, counts[i]);
}

struct index_file_writer *index_file_writer_new(struct repo *repo, struct index_head *head)
{
	static const uint8_t zeros[NAME_SIZE];
	struct index_file_writer *writer = mem_alloc(sizeof(*writer));
	uint8_t name[NAME_SIZE], bytes[INDEX_HEAD_SIZE];

	writer->repo = repo;
	writer->file = buf_init(SEALED_FILE_MAX);
	secret_random(name, sizeof(name));
	if (memcmp(head->group, zeros, NAME_SIZE) == 0)
		memcpy(head->group, name, NAME_SIZE);
	seal_begin(&writer->seal, &repo->keys, name);
	head_bytes(head, bytes);
	int r = buf_append(&writer->file, bytes, sizeof(bytes));
	ASSERT(r == 0);
	return writer;
}

void index_file_writer_free(struct index_file_writer *writer)
{
	if (!writer)
		return;
	seal_end(&writer->seal);
	buf_free(&writer->file);
	mem_free(writer);
}

static int close_page(struct index_file_writer *writer, bool last)
{
	struct seal_place place = {writer->page++, PIECE_INDEX, last};
	size_t size = writer->file.size - writer->begin;

	if (!buf_reserve(&writer->file, AEAD_TAG_SIZE))
		return ERR_LIMIT;
	seal_close(&writer->seal, &place, writer->file.data + writer->begin, size);
	buf_commit(&writer->file, AEAD_TAG_SIZE);
	writer->begin = writer->file.size;
	return 0;
}

int index_file_put(struct index_file_writer *writer, const void *data, size_t size)
{
	const uint8_t *at = data;

	while (size > 0) {
		size_t used = writer->file.size - writer->begin;
		int r = used == INDEX_PAGE_SIZE ? close_page(writer, false) : 0;
		used = writer->file.size - writer->begin;
		size_t piece = INDEX_PAGE_SIZE - used;
		piece = piece < size ? piece : size;
		if (r == 0)
			r = buf_append(&writer->file, at, piece);
		if (r < 0)
			return r;
		at += piece;
		size -= piece;
	}
	return 0;
}

int index_file_put_pack(struct index_file_writer *writer, const struct index_file_pack *pack)
{
	uint8_t bytes[NAME_SIZE + 12 + REPO_ID_SIZE + 5];
	uint8_t *at = bytes + NAME_SIZE;

	memcpy(bytes, pack->name, NAME_SIZE);
	put_u32(at, pack->size);
	put_u32(at + 4, pack->data);
	put_u32(at + 8, pack->directory);
	memcpy(at + 12, pack->dictionary, REPO_ID_SIZE);
	at[12 + REPO_ID_SIZE] = pack->key_kind;
	put_u32(at + 13 + REPO_ID_SIZE, pack->block_count);
	return index_file_put(writer, bytes, sizeof(bytes));
}

int index_file_put_block(struct index_file_writer *writer, const struct directory_block *block)
{
	uint8_t bytes[10];

	put_u32(bytes, block->sealed);
	put_u32(bytes + 4, block->plain);
	bytes[8] = block->piece;
	bytes[9] = block->codec;
	return index_file_put(writer, bytes, sizeof(bytes));
}

int index_file_put_entry(struct index_file_writer *writer, const struct index_entry *entry)
{
	uint8_t bytes[INDEX_ENTRY_SIZE];

	memcpy(bytes, entry->id, REPO_ID_SIZE);
	put_u32(bytes + REPO_ID_SIZE, entry->pack);
	put_u32(bytes + REPO_ID_SIZE + 4, entry->place);
	put_u32(bytes + REPO_ID_SIZE + 8, entry->size);
	return index_file_put(writer, bytes, sizeof(bytes));
}

int index_file_put_reference(
	struct index_file_writer *writer, const struct index_reference *reference)
{
	uint8_t bytes[INDEX_REFERENCE_SIZE];

	memcpy(bytes, reference->id, REPO_ID_SIZE);
	put_u32(bytes + REPO_ID_SIZE, (uint32_t)reference->delta);
	return index_file_put(writer, bytes, sizeof(bytes));
}

int index_file_finish(struct index_file_writer *writer, struct index_file_entry *out_file)
{
	struct armor_trailer trailer = {.parity = repo_parity(writer->repo)};
	char digits[NAME_TEXT];
	int r = close_page(writer, true);

	memcpy(trailer.magic, INDEX_MAGIC, MAGIC_SIZE);
	seal_commitment(&writer->seal, trailer.commitment);
	if (r == 0)
		r = armor_close(&writer->file, &trailer);
	if (r < 0)
		return r;
	text_to_hex(writer->seal.name, NAME_SIZE, digits);
	AUTO_TEXT path = mem_printf("index/%s", digits);
	memcpy(out_file->name, writer->seal.name, NAME_SIZE);
	out_file->size = writer->file.size;
	return storage_put(writer->repo->storage, path, writer->file.data, writer->file.size);
}
