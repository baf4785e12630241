/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/pack_verify.h"

#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "repo/repo_priv.h"

/* Where the bytes of a pack come from. */
struct source {
	const uint8_t *memory; /* the file's data, or NULL */
	const char *path;      /* else in the storage */
};

struct looking {
	struct repo *repo;
	const struct pack_visitor *visitor;
	struct source source;
	struct seal file, data;
	bool has_data_key;
	uint8_t *sealed, *plain;
	bool is_whole, is_lost; /* the block that is being looked at */
};

static int fetch(struct looking *looking, uint64_t offset, size_t size, uint8_t *out)
{
	struct storage_range range = {offset, size};

	if (!looking->source.memory)
		return storage_read(looking->repo->storage, looking->source.path, &range, out);
	if (size > 0)
		memcpy(out, looking->source.memory + offset, size);
	return 0;
}

static int take_data_key(
	struct looking *looking, const struct directory_head *head, const uint8_t *name)
{
	const struct repo_keys *keys = &looking->repo->keys;
	uint8_t key[AEAD_KEY_SIZE], commitment[SEAL_COMMITMENT_SIZE];
	int r = 0;

	if (!keys->can_read)
		return 0; /* told only where data is wanted */
	if (head->key_kind == DIRECTORY_KEY_BOX) {
		r = box_open(keys->box_private, head->box, sizeof(head->box), key);
		if (r < 0)
			return r;
		seal_begin_key(&looking->data, keys, name, key);
		secret_wipe(key, sizeof(key));
	} else {
		seal_begin_data(&looking->data, keys, name);
	}
	looking->has_data_key = true;
	seal_data_commitment(&looking->data, commitment);
	if (!secret_equal(commitment, head->commitment, sizeof(commitment)))
		return err_set(ERR_CORRUPT, "the key of its data is another one");
	return 0;
}

static int open_block(struct looking *looking, const struct directory_block *block)
{
	bool is_meta = block->piece == PIECE_META;
	int r = fetch(looking, block->offset, block->sealed, looking->sealed);

	if (r < 0)
		return r;
	if (!is_meta && !looking->has_data_key)
		return err_set(ERR_AUTH, "this key adds to the repository and cannot read what "
					 "is in it; use its password or key file");
	return block_open(looking->repo->coder, is_meta ? &looking->file : &looking->data,
		block, looking->sealed, looking->plain);
}

static int take_block(void *context, const struct directory_block *block)
{
	struct looking *looking = context;
	const struct pack_visitor *visitor = looking->visitor;

	looking->is_whole = looking->is_lost = false;
	if (visitor->wants && !visitor->wants(visitor->context, block))
		return 0;
	int r = open_block(looking, block);
	if (r < 0 && r != ERR_CORRUPT)
		return r;
	looking->is_whole = r == 0;
	looking->is_lost = r != 0;
	AUTO_TEXT why = r == 0 ? NULL : mem_strdup(err_message());
	return visitor->block ? visitor->block(visitor->context, block, why) : 0;
}

static int take_chunk(void *context, const struct directory_chunk *chunk)
{
	struct looking *looking = context;
	const struct pack_visitor *visitor = looking->visitor;
	uint8_t id[REPO_ID_SIZE];

	if (looking->is_lost && visitor->lost)
		return visitor->lost(visitor->context, chunk);
	if (!looking->is_whole)
		return 0;
	const uint8_t *data = looking->plain + chunk->offset;
	repo_chunk_id(looking->repo, data, chunk->size, id);
	if (memcmp(id, chunk->id, REPO_ID_SIZE) != 0)
		return err_set(ERR_CORRUPT, "a chunk is not what its id says, though its seal "
					    "is right: who wrote it had a fault");
	return visitor->chunk ? visitor->chunk(visitor->context, chunk, data) : 0;
}

static int read_directory(
	struct looking *looking, const struct armor_trailer *trailer, struct buf *directory)
{
	static const struct seal_place place = {SEAL_DIRECTORY_NUMBER, PIECE_DIRECTORY, 0};
	uint8_t commitment[SEAL_COMMITMENT_SIZE];
	size_t size = trailer->directory;

	seal_commitment(&looking->file, commitment);
	if (!secret_equal(commitment, trailer->commitment, sizeof(commitment)))
		return err_set(ERR_CORRUPT, "it is of another repository, or has another name");
	if (size < AEAD_TAG_SIZE || size > DIRECTORY_MAX)
		return err_set(ERR_CORRUPT, "its directory has an impossible size");
	uint8_t *at = buf_reserve(directory, size);
	if (!at)
		return ERR_LIMIT;
	int r = fetch(looking, trailer->data - size, size, at);
	if (r == 0)
		r = err_wrap(seal_open(&looking->file, &place, at, size), "its directory");
	if (r == 0)
		buf_commit(directory, size - AEAD_TAG_SIZE);
	return r;
}

static int look(
	struct looking *looking, const uint8_t *name, const struct armor_trailer *trailer)
{
	const struct directory_visitor steps = {take_block, take_chunk, looking};
	struct directory_head head;
	AUTO_BUF directory = buf_init(DIRECTORY_MAX);

	seal_begin(&looking->file, &looking->repo->keys, name);
	int r = read_directory(looking, trailer, &directory);
	if (r == 0)
		r = directory_head_read(&directory, &head);
	if (r == 0)
		r = take_data_key(looking, &head, name);
	if (r == 0) {
		looking->sealed = mem_alloc(CHUNK_MAX + AEAD_TAG_SIZE);
		looking->plain = mem_alloc(CHUNK_MAX);
		r = directory_walk(&directory, trailer->data, &steps);
		mem_free(looking->sealed);
		mem_free(looking->plain);
	}
	seal_end(&looking->file);
	seal_end(&looking->data);
	return r;
}

int pack_file_read(struct repo *repo, const uint8_t name[NAME_SIZE], struct pack_file *out)
{
	char path[PACK_PATH_SIZE];

	*out = (struct pack_file){.bytes = buf_init(PACK_MAX)};
	memcpy(out->name, name, NAME_SIZE);
	pack_path(name, path);
	int r = storage_read_all(repo->storage, path, &out->bytes);
	if (r == ERR_LIMIT)
		return err_set(ERR_CORRUPT, "it is larger than a pack can be");
	if (r < 0)
		return r;
	r = armor_check(out->bytes.data, out->bytes.size, PACK_MAGIC, &out->report);
	out->trailer = out->report.trailer;
	return r;
}

int pack_file_verify(
	struct repo *repo, const struct pack_file *file, const struct pack_visitor *visitor)
{
	struct looking looking = {
		.repo = repo, .visitor = visitor, .source = {file->bytes.data, NULL}};

	return look(&looking, file->name, &file->trailer);
}

int pack_file_head(struct repo *repo, const struct pack_file *file, struct directory_head *out)
{
	struct looking looking = {.repo = repo, .source = {file->bytes.data, NULL}};
	AUTO_BUF directory = buf_init(DIRECTORY_MAX);

	seal_begin(&looking.file, &repo->keys, file->name);
	int r = read_directory(&looking, &file->trailer, &directory);
	if (r == 0)
		r = directory_head_read(&directory, out);
	seal_end(&looking.file);
	return r;
}

static int read_trailer(struct repo *repo, const struct index_pack *pack, const char *path,
	struct armor_trailer *out)
{
	uint8_t end[ARMOR_END_SIZE];

	if (pack->size < sizeof(end))
		return err_set(ERR_CORRUPT, "it is too short for a pack");
	struct storage_range range = {pack->size - sizeof(end), sizeof(end)};
	int r = storage_read(repo->storage, path, &range, end);
	if (r == 0)
		r = armor_trailer_read(end, sizeof(end), pack->size, PACK_MAGIC, out);
	return r;
}

int pack_verify(
	struct repo *repo, const struct index_pack *pack, const struct pack_visitor *visitor)
{
	char path[PACK_PATH_SIZE];
	struct looking looking = {.repo = repo, .visitor = visitor, .source = {NULL, path}};
	struct armor_trailer trailer = {0};

	pack_path(pack->name, path);
	int r = read_trailer(repo, pack, path, &trailer);
	return r < 0 ? r : look(&looking, pack->name, &trailer);
}

/* One block of those that the directory has. */
struct wanted {
	const struct directory_block *block;
	uint8_t *out;
	bool found;
};

static bool is_the_wanted(void *context, const struct directory_block *block)
{
	const struct wanted *wanted = context;

	return block->number == wanted->block->number && block->plain == wanted->block->plain;
}

static int note_found(void *context, const struct directory_block *block, const char *why)
{
	struct wanted *wanted = context;

	(void)block;
	wanted->found = why == NULL;
	return 0;
}

static int copy_chunk(void *context, const struct directory_chunk *chunk, const uint8_t *data)
{
	struct wanted *wanted = context;

	if (chunk->size > 0)
		memcpy(wanted->out + chunk->offset, data, chunk->size);
	return 0;
}

int pack_file_open(struct repo *repo, const struct pack_file *file,
	const struct directory_block *block, uint8_t *out)
{
	struct wanted wanted = {block, out, false};
	const struct pack_visitor visitor = {.wants = is_the_wanted,
		.block = note_found,
		.chunk = copy_chunk,
		.context = &wanted};
	int r = pack_file_verify(repo, file, &visitor);

	return r == 0 && !wanted.found ? err_set(ERR_CORRUPT, "it does not open") : r;
}

static int note_block(void *context, const struct directory_block *block, const char *why)
{
	bool *is_whole = context;

	(void)block;
	if (why)
		*is_whole = false;
	return 0;
}

int pack_file_is_whole(struct repo *repo, const struct pack_file *file, bool *out)
{
	const struct pack_visitor visitor = {.block = note_block, .context = out};

	*out = true;
	int r = pack_file_verify(repo, file, &visitor);
	if (r == ERR_CORRUPT)
		*out = false;
	return r == ERR_CORRUPT ? 0 : r;
}
