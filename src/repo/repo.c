/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/repo.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/armor.h"
#include "repo/config.h"
#include "repo/keys.h"
#include "repo/repo_priv.h"

struct repo_options repo_options_default(void)
{
	return (struct repo_options){
		.aead = aead_aes_is_fast() ? AEAD_AES_256_GCM : AEAD_CHACHA20_POLY1305,
	};
}

static struct repo *repo_new(struct storage *storage)
{
	struct repo *repo = mem_alloc(sizeof(*repo));

	repo->storage = storage;
	repo->coder = block_coder_new(0);
	return repo;
}

/* What is made of the keys once they are there. */
static void prepare(struct repo *repo)
{
	repo->id_key = hash_hmac_key_new(repo->keys.chunk_id, sizeof(repo->keys.chunk_id));
	chunker_table_init(&repo->chunker, repo->keys.chunker);
}

void repo_close(struct repo *repo)
{
	if (!repo)
		return;
	cache_free(&repo->cache);
	index_free(&repo->index);
	block_coder_free(repo->coder);
	hash_hmac_key_free(repo->id_key);
	storage_close(repo->storage);
	secret_wipe(repo, sizeof(*repo));
	mem_free(repo);
}

void repo_use_options(struct repo *repo, const struct repo_options *options)
{
	repo->options = *options;
}

uint16_t repo_parity(const struct repo *repo)
{
	return repo->options.no_parity ? 0 : ARMOR_PARITY;
}

void repo_master_key(const struct repo *repo, uint8_t out[REPO_KEY_SIZE])
{
	memcpy(out, repo->keys.master, REPO_KEY_SIZE);
}

void repo_chunk_id(struct repo *repo, const void *data, size_t size, uint8_t out[REPO_ID_SIZE])
{
	uint8_t code[HASH_SIZE];

	hash_hmac_with(repo->id_key, data, size, code);
	memcpy(out, code, REPO_ID_SIZE);
}

/* What an attempt to make a repository that never ended leaves behind is a key that opens
 * nothing; all else means that the folder is somebody's. */
static int refuse_entry(void *context, const struct storage_entry *entry)
{
	const struct repo *repo = context;
	const char *name = entry->name;

	if (text_starts_with(name, "keys/") || text_equal(name, "config.copy"))
		return 0;
	if (text_equal(name, "config"))
		return err_set(ERR_EXISTS, "there is a repository at %s already",
			storage_place(repo->storage));
	return err_set(ERR_EXISTS,
		"%s has other files (%s); a repository needs a folder of its own",
		storage_place(repo->storage), name);
}

static int make(struct repo *repo, const struct repo_secret *secret)
{
	int r = storage_list(repo->storage, "", refuse_entry, repo);

	if (r < 0)
		return r;
	r = keys_create(repo->storage, secret, repo->options.aead, &repo->keys);
	if (r == 0)
		prepare(repo);
	return r;
}

int repo_create(struct storage *storage, const struct repo_secret *secret,
	const struct repo_options *options, struct repo **out)
{
	struct repo *repo = repo_new(storage);
	repo_use_options(repo, options);
	int r = make(repo, secret);

	if (r < 0) {
		repo_close(repo);
		return r;
	}
	*out = repo;
	return 0;
}

static int unlock(struct repo *repo, const struct repo_secret *secret)
{
	int r = keys_open(repo->storage, secret, &repo->keys);

	if (r == 0)
		prepare(repo);
	return r;
}

int repo_open_damaged(
	struct storage *storage, const struct repo_secret *secret, struct repo **out)
{
	struct repo *repo = repo_new(storage);
	int r = unlock(repo, secret);

	if (r < 0) {
		repo_close(repo);
		return r;
	}
	*out = repo;
	return 0;
}

int repo_open(struct storage *storage, const struct repo_secret *secret, struct repo **out)
{
	struct repo *repo = NULL;
	int r = repo_open_damaged(storage, secret, &repo);

	if (r == 0)
		r = repo_refresh(repo);
	if (r < 0) {
		repo_close(repo);
		return r;
	}
	*out = repo;
	return 0;
}

int repo_refresh(struct repo *repo)
{
	return index_load(repo);
}

struct counting {
	uint64_t bytes, snapshots;
};

static int count_file(void *context, const struct storage_entry *entry)
{
	struct counting *counting = context;

	counting->bytes += entry->size;
	if (text_starts_with(entry->name, "snapshots/"))
		counting->snapshots++;
	return 0;
}

int repo_stats(struct repo *repo, struct repo_stats *out)
{
	struct counting counting = {0};
	int r = storage_list(repo->storage, "", count_file, &counting);

	if (r < 0)
		return r;
	*out = (struct repo_stats){
		.stored_bytes = counting.bytes,
		.packs = repo->index.pack_count,
		.chunks = index_count(&repo->index),
		.snapshots = counting.snapshots,
	};
	return 0;
}
