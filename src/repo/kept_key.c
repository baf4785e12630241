/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/keys.h"
#include "repo/repo_priv.h"

struct storage *repo_storage(struct repo *repo)
{
	return repo->storage;
}

const struct repo_keys *repo_keys(const struct repo *repo)
{
	return &repo->keys;
}

int repo_kept_key(const struct repo *repo, struct buf *out)
{
	if (!repo->keys.can_read)
		return keys_put_writer(&repo->keys, out);
	return buf_append(out, repo->keys.master, REPO_KEY_SIZE);
}

int repo_secret_kept(const void *key, size_t size, struct repo_secret *out)
{
	*out = (struct repo_secret){0};
	if (size < REPO_KEY_SIZE)
		return err_set(ERR_CORRUPT, "the kept key has %zu bytes", size);
	if (size == REPO_KEY_SIZE) {
		out->master_key = key;
	} else {
		out->writer_set = key;
		out->writer_set_size = size;
	}
	return 0;
}
