/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/sealed_file.h"

#include <string.h>
#include <zstd.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/armor.h"
#include "repo/seal.h"

enum { LEVEL = 3, PLAIN_MAX = 256 << 20 };

const struct sealed_kind sealed_snapshot = {"snapshots", SNAPSHOT_MAGIC, PIECE_SNAPSHOT, true};
const struct sealed_kind sealed_writer = {"writers", WRITER_MAGIC, PIECE_WRITER, false};

static char *path_of(const struct sealed_file *file)
{
	char digits[NAME_TEXT];

	text_to_hex(file->name, NAME_SIZE, digits);
	return mem_printf("%s/%s", file->kind->folder, digits);
}

/* Compresses into `out`; false where that does not help, or the kind is not compressed. */
static bool compress(const struct sealed_kind *kind, const struct buf *body, struct buf *out)
{
	if (!kind->is_compressed || body->size == 0)
		return false;
	uint8_t *at = buf_reserve(out, ZSTD_compressBound(body->size));
	if (!at)
		return false;
	size_t size = ZSTD_compress(
		at, ZSTD_compressBound(body->size), body->data, body->size, LEVEL);
	if (ZSTD_isError(size) || size >= body->size)
		return false;
	buf_commit(out, size);
	return true;
}

static int seal_into(const struct repo_keys *keys, const struct sealed_file *file,
	const struct buf *text, uint8_t codec, struct buf *out)
{
	const struct seal_place place = {.piece = file->kind->piece, .codec = codec};
	struct armor_trailer trailer = {.parity = ARMOR_PARITY};
	struct seal seal;
	uint8_t *at = buf_reserve(out, text->size + AEAD_TAG_SIZE);

	if (!at)
		return ERR_LIMIT;
	if (text->size)
		memcpy(at, text->data, text->size);
	seal_begin(&seal, keys, file->name);
	seal_close(&seal, &place, at, text->size);
	seal_commitment(&seal, trailer.commitment);
	seal_end(&seal);
	buf_commit(out, text->size + AEAD_TAG_SIZE);
	memcpy(trailer.magic, file->kind->magic, MAGIC_SIZE);
	return armor_close(out, &trailer);
}

int sealed_put(struct storage *storage, const struct repo_keys *keys,
	const struct sealed_file *file, const struct buf *body)
{
	AUTO_BUF smaller = buf_init(SEALED_FILE_MAX), whole = buf_init(SEALED_FILE_MAX);
	AUTO_TEXT path = path_of(file);
	bool is_smaller = compress(file->kind, body, &smaller);

	if (body->size > PLAIN_MAX)
		return err_set(ERR_LIMIT, "%s would be larger than such a file can be", path);
	int r = seal_into(keys, file, is_smaller ? &smaller : body,
		is_smaller ? CODEC_ZSTD : CODEC_RAW, &whole);
	return r < 0 ? r : storage_put(storage, path, whole.data, whole.size);
}

static int decompress(const void *data, size_t size, struct buf *out)
{
	unsigned long long plain = ZSTD_getFrameContentSize(data, size);

	if (plain == ZSTD_CONTENTSIZE_ERROR || plain == ZSTD_CONTENTSIZE_UNKNOWN ||
		plain == 0 || plain > PLAIN_MAX)
		return err_set(ERR_CORRUPT, "its size makes no sense");
	uint8_t *at = buf_reserve(out, plain);
	if (!at)
		return ERR_LIMIT;
	if (ZSTD_decompress(at, plain, data, size) != plain)
		return err_set(ERR_CORRUPT, "it cannot be decompressed");
	buf_commit(out, plain);
	return 0;
}

/* The codec is written nowhere: the seal opens with the right one alone. */
static int open_data(const struct seal *seal, const struct sealed_kind *kind,
	const struct buf *data, struct buf *body)
{
	for (int codec = kind->is_compressed ? CODEC_ZSTD : CODEC_RAW; codec >= CODEC_RAW;
		codec--) {
		const struct seal_place place = {.piece = kind->piece, .codec = (uint8_t)codec};
		AUTO_BUF copy = buf_init(SEALED_FILE_MAX);

		int r = buf_append(&copy, data->data, data->size);
		if (r < 0)
			return r;
		r = seal_open(seal, &place, copy.data, copy.size);
		if (r < 0)
			continue;
		size_t size = copy.size - AEAD_TAG_SIZE;
		return codec == CODEC_ZSTD ? decompress(copy.data, size, body)
					   : buf_append(body, copy.data, size);
	}
	return err_set(ERR_CORRUPT, "it is not what was written");
}

static int disarm(const struct repo_keys *keys, const struct sealed_file *file,
	const struct buf *whole, struct buf *body)
{
	uint8_t commitment[SEAL_COMMITMENT_SIZE];
	size_t end = whole->size < ARMOR_END_SIZE ? whole->size : ARMOR_END_SIZE;
	struct armor_trailer trailer;
	struct seal seal;
	int r = armor_trailer_read(
		whole->data + whole->size - end, end, whole->size, file->kind->magic, &trailer);

	if (r < 0)
		return r;
	seal_begin(&seal, keys, file->name);
	seal_commitment(&seal, commitment);
	if (!secret_equal(commitment, trailer.commitment, sizeof(commitment)))
		r = err_set(ERR_CORRUPT, "it is another file, or of another repository");
	const struct buf data = {.data = whole->data, .size = (size_t)trailer.data};
	if (r == 0)
		r = open_data(&seal, file->kind, &data, body);
	seal_end(&seal);
	return r;
}

int sealed_get(struct storage *storage, const struct repo_keys *keys,
	const struct sealed_file *file, struct buf *body)
{
	AUTO_BUF whole = buf_init(SEALED_FILE_MAX);
	AUTO_TEXT path = path_of(file);
	struct armor_report report;
	int r = storage_read_all(storage, path, &whole);

	if (r == ERR_LIMIT)
		return err_set(ERR_CORRUPT, "%s/%s is larger than such a file can be",
			storage_place(storage), path);
	if (r < 0)
		return r;
	if (whole.size == 0)
		return err_set(ERR_CORRUPT, "%s/%s is empty", storage_place(storage), path);
	r = disarm(keys, file, &whole, body);
	if (r == ERR_CORRUPT) {
		AUTO_TEXT cause = mem_strdup(err_message());
		r = armor_repair(whole.data, whole.size, file->kind->magic, &report);
		if (r == 0)
			r = disarm(keys, file, &whole, body);
		if (r == ERR_CORRUPT)
			r = err_set(ERR_CORRUPT, "%s", cause);
	}
	return err_wrap(r, "%s/%s", storage_place(storage), path);
}

struct each {
	sealed_visit_fn *visit;
	void *context;
};

static int visit_entry(void *context, const struct storage_entry *entry)
{
	const struct each *each = context;
	const char *name = strrchr(entry->name, '/');
	uint8_t bytes[NAME_SIZE];

	if (!name || strlen(name + 1) != NAME_TEXT - 1 ||
		text_from_hex(name + 1, bytes, sizeof(bytes)) < 0)
		return 0;
	return each->visit(each->context, bytes, entry->modified_s);
}

int sealed_each(struct storage *storage, const struct sealed_kind *kind, sealed_visit_fn *visit,
	void *context)
{
	struct each each = {visit, context};

	return storage_list(storage, kind->folder, visit_entry, &each);
}

int sealed_remove(struct storage *storage, const struct sealed_file *file)
{
	AUTO_TEXT path = path_of(file);

	return storage_remove(storage, path);
}
