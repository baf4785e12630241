/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/pack.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/armor.h"
#include "repo/repo_priv.h"
#include "storage/storage.h"

enum { DIRECTORY_TARGET = DIRECTORY_MAX / 2 }; /* a pack of so many chunks is closed too */

struct pack {
	const struct repo *repo; /* borrowed */
	struct seal file, data;  /* of meta blocks and the directory; of data blocks */
	struct directory_head head;
	struct buf bytes;
	struct buf directory; /* the blocks, without the head */
	struct buf trial;     /* for the look at what was sealed */
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

/* Who cannot read makes a key of his own, which only the owner of the data box takes out. */
static void make_boxed_key(struct pack *pack, const uint8_t name[NAME_SIZE])
{
	const struct repo_keys *keys = &pack->repo->keys;
	uint8_t key[AEAD_KEY_SIZE];

	secret_random(key, sizeof(key));
	pack->head.key_kind = DIRECTORY_KEY_BOX;
	int r = box_seal(keys->box_public, key, sizeof(key), pack->head.box);
	ASSERT(r == 0); /* the key was checked when it was read */
	seal_begin_key(&pack->data, keys, name, key);
	secret_wipe(key, sizeof(key));
}

static void begin(struct pack *pack)
{
	const struct repo_keys *keys = &pack->repo->keys;
	uint8_t name[NAME_SIZE];

	secret_random(name, sizeof(name));
	seal_begin(&pack->file, keys, name);
	pack->head = (struct directory_head){.key_kind = DIRECTORY_KEY_DERIVED};
	if (keys->can_read)
		seal_begin_data(&pack->data, keys, name);
	else
		make_boxed_key(pack, name);
	seal_data_commitment(&pack->data, pack->head.commitment);
	buf_clear(&pack->bytes);
	buf_clear(&pack->directory);
}

struct pack *pack_new(const struct repo *repo)
{
	struct pack *pack = mem_alloc(sizeof(*pack));

	pack->repo = repo;
	pack->bytes = buf_init(PACK_MAX);
	pack->directory = buf_init(DIRECTORY_MAX);
	pack->trial = buf_init(CHUNK_MAX + 1); /* and a byte, so that none is no room */
	begin(pack);
	return pack;
}

void pack_free(struct pack *pack)
{
	if (!pack)
		return;
	seal_end(&pack->file);
	seal_end(&pack->data);
	buf_free(&pack->bytes);
	buf_free(&pack->directory);
	buf_free(&pack->trial);
	mem_free(pack);
}

size_t pack_size(const struct pack *pack)
{
	return pack->bytes.size;
}

bool pack_is_full(const struct pack *pack)
{
	return pack->bytes.size >= PACK_TARGET || pack->head.blocks == PACK_BLOCKS_MAX ||
	       pack->directory.size >= DIRECTORY_TARGET;
}

static int verify(struct pack *pack, const struct seal *seal,
	const struct directory_block *head, const struct block_code *code)
{
	struct seal_place place = block_place(head);
	const uint8_t *sealed = pack->bytes.data + pack->bytes.size;

	buf_clear(&pack->trial);
	uint8_t *trial = buf_reserve(&pack->trial, code->size + 1);
	if (!trial)
		return ERR_LIMIT;
	int r = seal_open_into(seal, &place, sealed, head->sealed, trial);
	if (r == 0 && code->size > 0 && memcmp(trial, code->data, code->size) != 0)
		r = err_set(ERR_CORRUPT, "other bytes come back than were sealed");
	return err_wrap(r, "a block could not be read back before it was written; "
			   "this machine's memory or processor may be failing");
}

int pack_add(struct pack *pack, const struct pack_block *block)
{
	struct directory_block head = {
		.number = pack->head.blocks,
		.piece = (uint8_t)block->piece,
		.codec = block->code.codec,
		.sealed = (uint32_t)(block->code.size + AEAD_TAG_SIZE),
		.plain = block->plain,
		.chunks = (uint32_t)(block->chunks->size / DIRECTORY_CHUNK_SIZE),
	};
	const struct seal *seal = block->piece == PIECE_META ? &pack->file : &pack->data;
	struct seal_place place = block_place(&head);
	uint8_t *at = buf_reserve(&pack->bytes, head.sealed);

	if (!at)
		return ERR_LIMIT;
	if (block->code.size > 0)
		memcpy(at, block->code.data, block->code.size);
	seal_close(seal, &place, at, block->code.size);
	int r = verify(pack, seal, &head, &block->code);
	if (r == 0)
		r = directory_put_block(&pack->directory, &head, block->chunks);
	if (r < 0)
		return r;
	buf_commit(&pack->bytes, head.sealed);
	pack->head.blocks++;
	return 0;
}

/* Puts the sealed directory behind the blocks, and the armor around it all. */
static int close_pack(struct pack *pack, struct pack_written *out)
{
	struct armor_trailer trailer = {.parity = repo_parity(pack->repo)};
	int r = directory_put_head(&out->directory, &pack->head);

	if (r == 0)
		r = buf_append(&out->directory, pack->directory.data, pack->directory.size);
	size_t size = out->directory.size;
	uint8_t *at = r == 0 ? buf_reserve(&pack->bytes, size + AEAD_TAG_SIZE) : NULL;
	if (!at)
		return ERR_LIMIT;
	memcpy(at, out->directory.data, size);
	seal_close(&pack->file, &directory_place, at, size);
	buf_commit(&pack->bytes, size + AEAD_TAG_SIZE);

	memcpy(trailer.magic, PACK_MAGIC, MAGIC_SIZE);
	trailer.directory = (uint32_t)(size + AEAD_TAG_SIZE);
	seal_commitment(&pack->file, trailer.commitment);
	out->info.data = (uint32_t)pack->bytes.size;
	out->info.directory = trailer.directory;
	r = armor_close(&pack->bytes, &trailer);
	out->info.size = (uint32_t)pack->bytes.size;
	return r;
}

int pack_write(struct pack *pack, struct pack_written *out)
{
	char path[PACK_PATH_SIZE];

	*out = (struct pack_written){.directory = buf_init(DIRECTORY_MAX)};
	memcpy(out->info.name, pack->file.name, NAME_SIZE);
	out->info.key_kind = pack->head.key_kind;
	out->info.block_count = pack->head.blocks;
	pack_path(pack->file.name, path);
	int r = close_pack(pack, out);
	if (r == 0)
		r = storage_put(pack->repo->storage, path, pack->bytes.data, pack->bytes.size);
	if (r < 0)
		buf_free(&out->directory);
	else
		begin(pack);
	return r;
}

/* The trailer says where the directory is, and that the key is the right one. */
static int read_trailer(struct repo *repo, const struct index_pack *pack, const char *path,
	const struct seal *seal)
{
	uint8_t end[ARMOR_END_SIZE], commitment[SEAL_COMMITMENT_SIZE];
	struct armor_trailer trailer = {0};

	if (pack->size < sizeof(end))
		return err_set(ERR_CORRUPT, "it is too short for a pack");
	struct storage_range range = {pack->size - sizeof(end), sizeof(end)};
	int r = storage_read(repo->storage, path, &range, end);
	if (r == 0)
		r = armor_trailer_read(end, sizeof(end), pack->size, PACK_MAGIC, &trailer);
	if (r < 0)
		return r;
	seal_commitment(seal, commitment);
	if (!secret_equal(trailer.commitment, commitment, sizeof(commitment)))
		return err_set(ERR_CORRUPT, "its end is not that of a pack of this repository");
	if (trailer.data != pack->data || trailer.directory != pack->directory)
		return err_set(ERR_CORRUPT, "its end says otherwise than the index");
	return 0;
}

static int read_directory(struct repo *repo, const struct index_pack *pack,
	const struct seal *seal, struct buf *directory)
{
	char path[PACK_PATH_SIZE];

	pack_path(pack->name, path);
	int r = read_trailer(repo, pack, path, seal);
	if (r < 0)
		return r;
	if (pack->directory < AEAD_TAG_SIZE || pack->directory > pack->data)
		return err_set(ERR_CORRUPT, "its directory has an impossible size");
	uint8_t *at = buf_reserve(directory, pack->directory);
	if (!at)
		return ERR_LIMIT;
	struct storage_range range = {pack->data - pack->directory, pack->directory};
	r = storage_read(repo->storage, path, &range, at);
	if (r == 0)
		r = seal_open(seal, &directory_place, at, pack->directory);
	if (r == 0)
		buf_commit(directory, pack->directory - AEAD_TAG_SIZE);
	return r;
}

int pack_directory(struct repo *repo, const struct index_pack *pack, struct buf *directory)
{
	struct directory_visitor nothing = {NULL, NULL, NULL};
	struct seal seal;

	seal_begin(&seal, &repo->keys, pack->name);
	int r = read_directory(repo, pack, &seal, directory);
	seal_end(&seal);
	return r < 0 ? r : directory_walk(directory, pack->data, &nothing);
}

static int open_box(struct repo *repo, const struct index_pack *pack, struct seal *out)
{
	AUTO_BUF directory = buf_init(DIRECTORY_MAX);
	uint8_t key[AEAD_KEY_SIZE], commitment[SEAL_COMMITMENT_SIZE];
	struct directory_head head;
	int r = pack_directory(repo, pack, &directory);

	if (r == 0)
		r = directory_head_read(&directory, &head);
	if (r == 0 && head.key_kind != DIRECTORY_KEY_BOX)
		r = err_set(ERR_CORRUPT, "its directory has no key for its data");
	if (r == 0)
		r = box_open(repo->keys.box_private, head.box, sizeof(head.box), key);
	if (r < 0)
		return r;
	seal_begin_key(out, &repo->keys, pack->name, key);
	secret_wipe(key, sizeof(key));
	seal_data_commitment(out, commitment);
	return secret_equal(commitment, head.commitment, sizeof(commitment))
		       ? 0
		       : err_set(ERR_CORRUPT, "the key for its data is another one");
}

int pack_data_seal(struct repo *repo, const struct index_pack *pack, struct seal *out)
{
	if (!repo->keys.can_read)
		return err_set(ERR_AUTH, "this key adds to the repository and cannot read what "
					 "is in it; use its "
					 "password or key file");
	if (pack->key_kind == DIRECTORY_KEY_BOX)
		return open_box(repo, pack, out);
	seal_begin_data(out, &repo->keys, pack->name);
	return 0;
}

void pack_written_free(struct pack_written *packs, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buf_free(&packs[i].directory);
	mem_free(packs);
}
