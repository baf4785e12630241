/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "repo/check_priv.h"
#include "repo/pack.h"

/*
 * Checking pack files.
 */

/* One pack, as its own directory has it. */
struct pack_check {
	struct check *check;
	const struct index_pack *pack;
	char path[PACK_PATH_SIZE];
	struct seal file, data;
	uint8_t *sealed, *plain; /* CHUNK_MAX and room for the seal */
	bool block_is_whole;     /* the one that is being looked at */
	uint32_t block;          /* its number in the index */
};

static void hit_block(struct pack_check *at)
{
	at->block_is_whole = false;
	at->check->damaged[at->block] = true;
}

static void hit_pack(struct check *check, const struct index_pack *pack)
{
	for (uint32_t i = 0; i < pack->block_count; i++)
		check->damaged[pack->first_block + i] = true;
}

/* The index and the pack's own directory say the same of a block. */
static bool is_as_indexed(const struct pack_check *at, const struct directory_block *block)
{
	const struct index_block *indexed = &at->check->repo->index.blocks[at->block];

	return indexed->offset == block->offset && indexed->sealed == block->sealed &&
	       indexed->plain == block->plain && indexed->piece == block->piece &&
	       indexed->codec == block->codec;
}

static int check_block(void *context, const struct directory_block *block)
{
	struct pack_check *at = context;
	struct check *check = at->check;
	struct storage_range range = {block->offset, block->sealed};

	if (block->number >= at->pack->block_count)
		return err_set(ERR_CORRUPT, "it has more blocks than the index knows");
	at->block = at->pack->first_block + block->number;
	at->block_is_whole = true;
	int r = check_cancelled(check);
	if (r == 0)
		r = storage_read(check->repo->storage, at->path, &range, at->sealed);
	if (r == 0 && !is_as_indexed(at, block))
		r = err_set(ERR_CORRUPT, "the index says otherwise of it");
	if (r == 0)
		r = block_open(check->repo->coder,
			block->piece == PIECE_META ? &at->file : &at->data, block, at->sealed,
			at->plain);
	check->result->bytes_read += block->sealed;
	check->done += block->sealed;
	if (check->options->progress)
		check->options->progress(check->options->context, check->done, check->total);
	if (r == 0 || r == ERR_CANCELLED)
		return r;
	hit_block(at);
	check_fault(check, "%s, block %" PRIu32 " is damaged: %s", at->path, block->number,
		err_message());
	return 0;
}

static int check_chunk(void *context, const struct directory_chunk *chunk)
{
	struct pack_check *at = context;
	struct repo *repo = at->check->repo;
	struct index_place place;
	uint8_t id[REPO_ID_SIZE];

	if (!at->block_is_whole)
		return 0;
	repo_chunk_id(repo, at->plain + chunk->offset, chunk->size, id);
	bool is_right = memcmp(id, chunk->id, REPO_ID_SIZE) == 0;
	/* A chunk that two writers have stored at the same time is in the index once. */
	bool is_indexed = index_find(&repo->index, chunk->id, &place) &&
			  (place.block != at->block ||
				  (place.offset == chunk->offset && place.size == chunk->size));
	if (is_right && is_indexed)
		return 0;
	hit_block(at);
	check_fault(at->check, "%s, block %" PRIu32 ": a chunk is not what %s", at->path,
		index_block_number(&repo->index, at->block),
		is_right ? "the index says" : "its id says");
	return 0;
}

static int fail_pack(struct pack_check *at)
{
	hit_pack(at->check, at->pack);
	check_fault(at->check, "%s is damaged: %s", at->path, err_message());
	return 0;
}

static int read_pack(struct pack_check *at)
{
	struct directory_visitor visitor = {check_block, check_chunk, at};
	AUTO_BUF directory = buf_init(DIRECTORY_MAX);
	int r = pack_directory(at->check->repo, at->pack, &directory);

	if (r == 0)
		r = directory_walk(&directory, at->pack->data, &visitor);
	if (r == 0 || r == ERR_CANCELLED)
		return r;
	return fail_pack(at);
}

/* Every byte of a pack: its end, its directory, its blocks, its chunks. */
static int check_data(struct check *check, const struct index_pack *pack)
{
	struct pack_check at = {.check = check, .pack = pack};

	pack_path(pack->name, at.path);
	seal_begin(&at.file, &check->repo->keys, pack->name);
	int r = pack_data_seal(check->repo, pack, &at.data);
	at.sealed = mem_alloc(CHUNK_MAX + AEAD_TAG_SIZE);
	at.plain = mem_alloc(CHUNK_MAX);
	r = r < 0 ? fail_pack(&at) : read_pack(&at);
	mem_free(at.sealed);
	mem_free(at.plain);
	seal_end(&at.file);
	seal_end(&at.data);
	return r;
}

static bool check_size(struct check *check, const struct index_pack *pack)
{
	char path[PACK_PATH_SIZE];
	uint64_t size = 0;

	pack_path(pack->name, path);
	int r = storage_size(check->repo->storage, path, &size);
	if (r == 0 && size == pack->size)
		return true;
	hit_pack(check, pack);
	if (r == 0)
		check_fault(check, "%s has %" PRIu64 " bytes and should have %" PRIu32, path,
			size, pack->size);
	else
		check_fault(check, "%s cannot be read: %s", path, err_message());
	return false;
}

/* Chooses that many of the packs, each as likely as the next. */
static void choose(const struct check *check, bool *chosen)
{
	size_t count = check->repo->index.pack_count;
	size_t percent = (size_t)check->options->data_percent;
	size_t wanted = (count * percent + 99) / 100;

	for (size_t left = count; left > 0 && wanted > 0; left--) {
		uint64_t random;
		secret_random(&random, sizeof(random));
		if (random % left >= wanted)
			continue;
		chosen[left - 1] = true;
		wanted--;
	}
}

static uint64_t payload(const struct index *index, const struct index_pack *pack)
{
	uint64_t bytes = 0;

	for (uint32_t i = 0; i < pack->block_count; i++)
		bytes += index->blocks[pack->first_block + i].sealed;
	return bytes;
}

int check_packs(struct check *check)
{
	const struct index *index = &check->repo->index;
	bool *chosen = mem_array(index->pack_count + 1, sizeof(*chosen));
	int r = 0;

	choose(check, chosen);
	for (size_t i = 0; i < index->pack_count; i++)
		check->total += chosen[i] ? payload(index, &index->packs[i]) : 0;
	for (size_t i = 0; i < index->pack_count && r == 0; i++) {
		r = check_cancelled(check);
		if (r == 0 && check_size(check, &index->packs[i]) && chosen[i])
			r = check_data(check, &index->packs[i]);
	}
	mem_free(chosen);
	return r;
}
