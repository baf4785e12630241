/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/pack.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/repo_priv.h"
#include "storage/storage.h"

struct pack {
	struct repo *repo; /* borrowed */
	struct block_coder *coder;
	struct seal seal;
	struct buf bytes;
	struct buf directory;
	uint32_t blocks;
};

static const struct seal_place directory_place = {
	.number = SEAL_DIRECTORY_NUMBER,
	.piece = PIECE_DIRECTORY,
};

void pack_path(const uint8_t name[NAME_SIZE], char out[PACK_PATH_SIZE])
{
	char digits[NAME_TEXT];

	text_to_hex(name, NAME_SIZE, digits);
	snprintf(out, PACK_PATH_SIZE, "packs/%.2s/%s", digits, digits);
}

static void begin(struct pack *pack)
{
	uint8_t name[NAME_SIZE];

	secret_random(name, sizeof(name));
	seal_begin(&pack->seal, pack->repo, name);
	buf_clear(&pack->bytes);
	buf_clear(&pack->directory);
	pack->blocks = 0;
}

struct pack *pack_new(struct repo *repo)
{
	struct pack *pack = mem_alloc(sizeof(*pack));

	pack->repo = repo;
	pack->coder = block_coder_new();
	pack->bytes = buf_init(PACK_MAX);
	pack->directory = buf_init(DIRECTORY_MAX);
	begin(pack);
	return pack;
}

void pack_free(struct pack *pack)
{
	if (!pack)
		return;
	block_coder_free(pack->coder);
	seal_end(&pack->seal);
	buf_free(&pack->bytes);
	buf_free(&pack->directory);
	mem_free(pack);
}

size_t pack_size(const struct pack *pack)
{
	return pack->bytes.size;
}

int pack_add(
	struct pack *pack, enum piece piece, const struct buf *plain, const struct buf *chunks)
{
	struct directory_block head = {
		.number = pack->blocks,
		.piece = (uint8_t)piece,
		.chunks = (uint32_t)(chunks->size / DIRECTORY_CHUNK_SIZE),
	};
	int r = block_close(pack->coder, &pack->seal, &head, plain, &pack->bytes);

	if (r == 0)
		r = directory_put_block(&pack->directory, &head, chunks);
	if (r == 0)
		pack->blocks++;
	return r;
}

/* Puts the sealed directory and the trailer behind the blocks. */
static int close_pack(struct pack *pack)
{
	uint8_t commitment[SEAL_COMMITMENT_SIZE];
	size_t size = pack->directory.size;
	uint8_t *at = buf_reserve(&pack->bytes, size + AEAD_TAG_SIZE);

	if (!at)
		return ERR_LIMIT;
	memcpy(at, pack->directory.data, size);
	seal_close(&pack->seal, &directory_place, at, size);
	buf_commit(&pack->bytes, size + AEAD_TAG_SIZE);

	seal_commitment(&pack->seal, commitment);
	int r = buf_put_u32(&pack->bytes, (uint32_t)(size + AEAD_TAG_SIZE));
	if (r == 0)
		r = buf_put_u32(&pack->bytes, FORMAT_VERSION);
	if (r == 0)
		r = buf_append(&pack->bytes, commitment, sizeof(commitment));
	if (r == 0)
		r = buf_append_text(&pack->bytes, PACK_MAGIC);
	return r;
}

/* What an index file has of a pack: its name, its size, its directory. */
static int put_entry(const struct pack *pack, struct buf *index_body)
{
	int r = buf_append(index_body, pack->seal.name, NAME_SIZE);

	if (r == 0)
		r = buf_put_u32(index_body, (uint32_t)pack->bytes.size);
	if (r == 0)
		r = buf_put_u32(index_body, (uint32_t)pack->directory.size);
	if (r == 0)
		r = buf_append(index_body, pack->directory.data, pack->directory.size);
	return r;
}

int pack_write(struct pack *pack, struct buf *index_body)
{
	char path[PACK_PATH_SIZE];
	int r = close_pack(pack);

	pack_path(pack->seal.name, path);
	if (r == 0)
		r = storage_put(pack->repo->storage, path, pack->bytes.data, pack->bytes.size);
	if (r == 0)
		r = put_entry(pack, index_body);
	if (r == 0)
		begin(pack);
	return r;
}

/* The trailer says how long the directory is, and that the key is the right one. */
static int judge_trailer(const uint8_t *trailer, uint64_t pack_size, const struct seal *seal,
	uint32_t *out_directory_size)
{
	struct reader reader = {trailer, PACK_TRAILER_SIZE};
	uint8_t commitment[SEAL_COMMITMENT_SIZE];
	const unsigned char *rest = NULL;
	uint32_t version = 0;
	int r = reader_u32(&reader, out_directory_size);

	if (r == 0)
		r = reader_u32(&reader, &version);
	if (r == 0)
		r = reader_bytes(&reader, sizeof(commitment) + MAGIC_SIZE, &rest);
	if (r != 0)
		return r;
	seal_commitment(seal, commitment);
	if (version != FORMAT_VERSION ||
		memcmp(rest + sizeof(commitment), PACK_MAGIC, MAGIC_SIZE) != 0 ||
		!secret_equal(rest, commitment, sizeof(commitment)))
		return err_set(ERR_CORRUPT, "its end is not that of a pack of this repository");
	if (*out_directory_size < AEAD_TAG_SIZE || *out_directory_size > DIRECTORY_MAX ||
		*out_directory_size > pack_size - PACK_TRAILER_SIZE)
		return err_set(ERR_CORRUPT, "its directory has an impossible size");
	return 0;
}

static int read_directory(struct repo *repo, const struct index_pack *pack,
	const struct seal *seal, struct buf *directory)
{
	char path[PACK_PATH_SIZE];
	uint8_t trailer[PACK_TRAILER_SIZE];
	uint32_t size;

	if (pack->size < PACK_TRAILER_SIZE)
		return err_set(ERR_CORRUPT, "it is too short for a pack");
	pack_path(pack->name, path);
	struct storage_range range = {pack->size - sizeof(trailer), sizeof(trailer)};
	int r = storage_read(repo->storage, path, &range, trailer);
	if (r == 0)
		r = judge_trailer(trailer, pack->size, seal, &size);
	if (r != 0)
		return r;
	uint8_t *at = buf_reserve(directory, size);
	if (!at)
		return ERR_LIMIT;
	range = (struct storage_range){pack->size - sizeof(trailer) - size, size};
	r = storage_read(repo->storage, path, &range, at);
	if (r == 0)
		r = seal_open(seal, &directory_place, at, size);
	if (r == 0)
		buf_commit(directory, size - AEAD_TAG_SIZE);
	return r;
}

int pack_directory(struct repo *repo, const struct index_pack *pack, struct buf *directory)
{
	struct directory_visitor nothing = {NULL, NULL, NULL};
	struct seal seal;

	seal_begin(&seal, repo, pack->name);
	int r = read_directory(repo, pack, &seal, directory);
	seal_end(&seal);
	return r < 0 ? r : directory_walk(directory, pack->size, &nothing);
}
