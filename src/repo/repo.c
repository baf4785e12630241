/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/repo.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/config.h"
#include "repo/keys.h"
#include "repo/repo_priv.h"
#include "repo/sealed_file.h"

static struct repo *repo_new(struct storage *storage)
{
	struct repo *repo = mem_alloc(sizeof(*repo));

	repo->storage = storage;
	repo->coder = block_coder_new();
	return repo;
}

/* What is derived from the master key once it is there. */
static void derive_keys(struct repo *repo)
{
	memcpy(repo->id, repo->keys.id, sizeof(repo->id));
	memcpy(repo->master, repo->keys.master, sizeof(repo->master));
	repo->id_key = hash_hmac_key_new(repo->keys.chunk_id, sizeof(repo->keys.chunk_id));
	chunker_table_init(&repo->chunker, repo->master, sizeof(repo->master));
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
	mem_free(repo->index_files);
	secret_wipe(repo, sizeof(*repo));
	mem_free(repo);
}

void repo_master_key(const struct repo *repo, uint8_t out[REPO_KEY_SIZE])
{
	memcpy(out, repo->master, REPO_KEY_SIZE);
}

void repo_chunk_id(struct repo *repo, const void *data, size_t size, uint8_t out[REPO_ID_SIZE])
{
	hash_hmac_with(repo->id_key, data, size, out);
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
	r = keys_create(repo->storage, secret,
		aead_aes_is_fast() ? AEAD_AES_256_GCM : AEAD_CHACHA20_POLY1305, &repo->keys);
	if (r == 0)
		derive_keys(repo);
	return r;
}

int repo_create(const char *folder, const struct repo_secret *secret, struct repo **out)
{
	struct repo *repo = repo_new(storage_open_folder(folder));
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

	if (r < 0)
		return r;
	derive_keys(repo);
	return repo_refresh(repo);
}

int repo_open(const char *folder, const struct repo_secret *secret, struct repo **out)
{
	struct repo *repo = repo_new(storage_open_folder(folder));
	int r = unlock(repo, secret);

	if (r < 0) {
		repo_close(repo);
		return r;
	}
	*out = repo;
	return 0;
}

/* One pack in the body of an index file. */
static int take_pack(struct repo *repo, struct reader *reader)
{
	struct index_pack pack = {0};
	const unsigned char *name = NULL, *bytes = NULL;
	uint32_t size = 0, directory_size = 0;
	int r = reader_bytes(reader, NAME_SIZE, &name);

	if (r == 0)
		r = reader_u32(reader, &size);
	if (r == 0)
		r = reader_u32(reader, &directory_size);
	if (r == 0)
		r = reader_bytes(reader, directory_size, &bytes);
	if (r < 0)
		return r;
	memcpy(pack.name, name, NAME_SIZE);
	pack.size = size;
	AUTO_BUF directory = buf_init(DIRECTORY_MAX);
	r = buf_append(&directory, bytes, directory_size);
	return r < 0 ? r : index_add(&repo->index, &pack, &directory);
}

static int compare_names(const void *a, const void *b)
{
	return memcmp(a, b, NAME_TEXT);
}

static bool is_loaded(const struct repo *repo, const char *name)
{
	return repo->index_file_count > 0 &&
	       bsearch(name, repo->index_files, repo->index_file_count, NAME_TEXT,
		       compare_names);
}

int repo_adopt_index(struct repo *repo, const char *name, const struct buf *body)
{
	struct reader reader = {body->data, body->size};

	while (reader.size > 0) {
		int r = take_pack(repo, &reader);
		if (r < 0)
			return err_wrap(r, "index/%s", name);
	}
	mem_grow(&repo->index_files, &repo->index_file_capacity, repo->index_file_count + 1,
		NAME_TEXT);
	memcpy(repo->index_files[repo->index_file_count++], name, NAME_TEXT);
	qsort(repo->index_files, repo->index_file_count, NAME_TEXT, compare_names);
	return 0;
}

static int load_index_file(void *context, const char *name)
{
	struct repo *repo = context;
	AUTO_BUF body = buf_init(SEALED_FILE_MAX);

	if (is_loaded(repo, name))
		return 0;
	int r = sealed_read(repo, &sealed_index, name, &body);
	return r < 0 ? r : repo_adopt_index(repo, name, &body);
}

int repo_refresh(struct repo *repo)
{
	return sealed_list(repo, &sealed_index, load_index_file, repo);
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
		.chunks = repo->index.chunks.count,
		.snapshots = counting.snapshots,
	};
	return 0;
}
