/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_KEYS_H
#define REPO_KEYS_H

#include "base/buf.h"
#include "repo/derived.h"
#include "repo/recovery.h"
#include "repo/repo.h"
#include "storage/storage.h"

/*
 * The objects "keys/<random>": each holds the master key, wrapped under a password, a key file
 * or a recovery key. Any of them opens the repository; adding and removing them touches no
 * data. And the file of a put-only writer, which lies outside: what adding needs, without the
 * master key.
 */

enum key_kind { KEY_PASSWORD = 1, KEY_FILE = 2, KEY_RECOVERY = 3 };

/** "password", "key_file", "recovery_key". */
const char *key_kind_name(enum key_kind kind);

/** Makes a repository: id and master key, one key, config. Not by master key or writer file.
 * ERR_INVALID where the key file is no good, ERR_EXISTS, ERR_IO. The caller wipes the keys. */
NODISCARD int keys_create(struct storage *storage, const struct repo_secret *secret,
	enum aead_kind aead, struct repo_keys *out);

/** Opens a repository: config (or its copy), and the keys that the secret opens. ERR_NOREPO,
 * ERR_PASSWORD where it opens none, ERR_CORRUPT, ERR_IO. The caller wipes the keys. */
NODISCARD int keys_open(
	struct storage *storage, const struct repo_secret *secret, struct repo_keys *out);

/** Adds a key under a password or key file. ERR_AUTH where `keys` are those of a put-only
 * writer, ERR_INVALID, ERR_IO. */
NODISCARD int keys_add(struct storage *storage, const struct repo_keys *keys,
	const struct repo_secret *secret, char out_id[NAME_TEXT]);

/** Adds a recovery key, made here and shown once: 8 groups of 4 with hyphens between. The
 * caller wipes it. ERR_AUTH, ERR_IO. */
NODISCARD int keys_add_recovery(struct storage *storage, const struct repo_keys *keys,
	char out_text[RECOVERY_TEXT], char out_id[NAME_TEXT]);

struct key_info {
	char id[NAME_TEXT];
	enum key_kind kind;
	int64_t made_s;
	int bad_copies; /* 0; 1: a copy is damaged, keys_repair mends it; 2: it opens nothing */
};

/** All keys, by their ids. The caller frees the array with mem_free. ERR_IO. */
NODISCARD int keys_list(struct storage *storage, struct key_info **out, size_t *out_count);

/** The one whose id begins so (4 digits or more). ERR_NOTFOUND, ERR_INVALID, ERR_IO. */
NODISCARD int keys_find(struct storage *storage, const char *start, struct key_info *out);

/** Removes a key by its whole id. ERR_INVALID where it is the last one that opens the
 * repository, ERR_NOTFOUND, ERR_IO. */
NODISCARD int keys_remove(struct storage *storage, const char *id);

/** Writes anew the keys of which one copy is damaged; *out_mended says how many. ERR_IO. */
NODISCARD int keys_repair(struct storage *storage, int *out_mended);

/** Writes what a put-only writer needs into a file that is not there yet, mode 0600.
 * ERR_EXISTS, ERR_IO. */
NODISCARD int keys_export_writer(const struct repo_keys *keys, const char *path);

/** Reads such a file. ERR_PASSWORD where it is none, ERR_NOTFOUND, ERR_IO. */
NODISCARD int keys_import_writer(const char *path, struct repo_keys *out);

/** The same in memory. ERR_LIMIT; ERR_PASSWORD. */
NODISCARD int keys_put_writer(const struct repo_keys *keys, struct buf *out);
NODISCARD int keys_get_writer(const void *data, size_t size, struct repo_keys *out);

/** Of an open repository: where it lies, and its keys. Borrowed. */
struct storage *repo_storage(struct repo *repo);
const struct repo_keys *repo_keys(const struct repo *repo);

/** Appends what opens the repository again as it is open now, to be kept sealed: the master
 * key, or the keys of a put-only writer. ERR_LIMIT. */
NODISCARD int repo_kept_key(const struct repo *repo, struct buf *out);

/** The secret that repo_kept_key gave; it borrows `key`. ERR_CORRUPT where it is none. */
NODISCARD int repo_secret_kept(const void *key, size_t size, struct repo_secret *out);

#endif
