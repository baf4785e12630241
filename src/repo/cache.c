/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/cache.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "repo/mend.h"
#include "repo/pack.h"
#include "repo/repo_priv.h"

enum { BYTES_MAX = 16 << 20, BLOCKS_MAX = 64 };

static void free_block(struct cached *cached)
{
	mem_free(cached->data);
	mem_free(cached);
}

void cache_free(struct cache *cache)
{
	for (size_t i = 0; i < cache->count; i++)
		free_block(cache->blocks[i]);
	mem_free(cache->blocks);
	*cache = (struct cache){0};
}

void cache_release(struct cached *cached)
{
	if (cached)
		cached->users--;
}

/* Drops the block that was not used for the longest time; false where all are held. */
static bool drop_one(struct cache *cache)
{
	size_t oldest = cache->count;

	for (size_t i = 0; i < cache->count; i++) {
		const struct cached *cached = cache->blocks[i];
		if (cached->users == 0 &&
			(oldest == cache->count ||
				cached->used_at < cache->blocks[oldest]->used_at))
			oldest = i;
	}
	if (oldest == cache->count)
		return false;
	cache->bytes -= cache->blocks[oldest]->size;
	free_block(cache->blocks[oldest]);
	cache->blocks[oldest] = cache->blocks[--cache->count];
	return true;
}

static void keep(struct cache *cache, struct cached *cached)
{
	while ((cache->bytes + cached->size > BYTES_MAX || cache->count >= BLOCKS_MAX) &&
		drop_one(cache))
		;
	mem_grow(&cache->blocks, &cache->capacity, cache->count + 1, sizeof(*cache->blocks));
	cache->blocks[cache->count++] = cached;
	cache->bytes += cached->size;
}

/* The keys of a pack are derived once for the blocks that are read from it in a row. */
static int seal_of(struct repo *repo, const struct index_pack *pack, uint8_t piece,
	const struct seal **out)
{
	struct seal *seal = piece == PIECE_META ? &repo->file_seal : &repo->data_seal;

	*out = seal;
	if (memcmp(seal->name, pack->name, NAME_SIZE) == 0)
		return 0;
	seal_end(seal); /* a failure leaves none */
	if (piece != PIECE_META)
		return pack_data_seal(repo, pack, seal);
	seal_begin(seal, &repo->keys, pack->name);
	return 0;
}

/* What a damaged pack's parity gives back is as good as what was written: its seals are asked.
 * The message of what was wrong stays where it does not. */
static bool read_mended(struct repo *repo, const struct index_pack *pack,
	const struct directory_block *head, uint8_t *out)
{
	struct mend_file file = {.kind = MEND_PACK, .pack = pack};
	AUTO_TEXT why = mem_strdup(err_message());
	struct mended found;
	bool given_back = false;

	memcpy(file.name, pack->name, NAME_SIZE);
	if (mend_look(repo, &file, &found) == 0 && found.state == MEND_MENDABLE) {
		struct pack_file whole = {.bytes = found.bytes}; /* borrowed */
		memcpy(whole.name, pack->name, NAME_SIZE);
		given_back = armor_check(found.bytes.data, found.bytes.size, PACK_MAGIC,
				     &whole.report) == 0;
		whole.trailer = whole.report.trailer;
		given_back = given_back && pack_file_open(repo, &whole, head, out) == 0;
	}
	if (given_back)
		log_warning("pack_mended_in_memory", "file", found.path, "reason", found.why,
			"help", "run garner repair", NULL);
	buf_free(&found.bytes);
	if (!given_back)
		(void)!err_set(ERR_CORRUPT, "%s", why);
	return given_back;
}

static int read_block(struct repo *repo, uint32_t number, uint8_t *sealed, uint8_t *out)
{
	const struct index_block *block = &repo->index.blocks[number];
	const struct index_pack *pack = &repo->index.packs[block->pack];
	struct storage_range range = {block->offset, block->sealed};
	struct directory_block head = {
		.number = index_block_number(&repo->index, number),
		.sealed = block->sealed,
		.plain = block->plain,
		.piece = block->piece,
		.codec = block->codec,
	};
	char path[PACK_PATH_SIZE];

	pack_path(pack->name, path);
	const struct seal *seal = NULL;
	int r = seal_of(repo, pack, block->piece, &seal);
	if (r == 0)
		r = storage_read(repo->storage, path, &range, sealed);
	if (r == 0)
		r = block_open(repo->coder, seal, &head, sealed, out);
	if (r == ERR_CORRUPT && read_mended(repo, pack, &head, out))
		return 0;
	/* A pack that the index names and that is gone is damage, nothing that was asked for.
	 */
	return err_wrap(
		r == ERR_NOTFOUND ? (int)ERR_CORRUPT : r, "%s, block %u", path, head.number);
}

static int load(struct repo *repo, uint32_t number, struct cached **out)
{
	const struct index_block *block = &repo->index.blocks[number];
	uint8_t *sealed = mem_alloc(block->sealed);
	struct cached *cached = mem_alloc(sizeof(*cached));

	cached->block = number;
	cached->size = block->plain;
	cached->data = mem_alloc(cached->size + 1);
	int r = read_block(repo, number, sealed, cached->data);
	mem_free(sealed);
	if (r < 0) {
		free_block(cached);
		return r;
	}
	keep(&repo->cache, cached);
	*out = cached;
	return 0;
}

int cache_hold(struct repo *repo, uint32_t block, struct cached **out)
{
	struct cache *cache = &repo->cache;
	struct cached *found = NULL;

	for (size_t i = 0; i < cache->count && !found; i++)
		if (cache->blocks[i]->block == block)
			found = cache->blocks[i];
	if (!found) {
		int r = load(repo, block, &found);
		if (r < 0)
			return r;
	}
	found->users++;
	found->used_at = ++cache->now;
	*out = found;
	return 0;
}
