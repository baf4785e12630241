/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/keys.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

/*
 * magic 8 | kind 4 | passes 4 | memory_kib 4 | salt 16 | sealed master key 32 + 16. What stands
 * before the sealed key is authenticated with it. A fresh salt each time makes a fresh key, so
 * the nonce is zero.
 */

enum {
	KEY_PASSWORD = 1,
	KEY_FILE = 2,
	HEAD_SIZE = MAGIC_SIZE + 12 + SECRET_SALT_SIZE,
	OBJECT_SIZE = HEAD_SIZE + REPO_KEY_SIZE + AEAD_TAG_SIZE,
	KEY_FILE_LEAST = 32,
	KEY_FILE_MOST = 64 << 10,
};

/* What stands in a key object before the sealed key. */
struct head {
	uint32_t kind;
	struct secret_cost cost;
	const uint8_t *salt; /* borrowed */
};

static int key_from_file(
	const char *path, const uint8_t salt[SECRET_SALT_SIZE], uint8_t out[SECRET_KEY_SIZE])
{
	AUTO_BUF file = buf_init(KEY_FILE_MOST);
	int r = io_read_file(path, &file);

	if (r == 0 && file.size < KEY_FILE_LEAST)
		r = err_set(ERR_INVALID,
			"the key file %s is shorter than 32 bytes; make one with 32 random "
			"bytes",
			path);
	if (r == 0)
		hash_hkdf(file.data, file.size, salt, SECRET_SALT_SIZE, "garner key file", out,
			SECRET_KEY_SIZE);
	if (file.data)
		secret_wipe(file.data, file.capacity);
	return r;
}

/* The key that wraps the master key, from what the user has. */
static int derive(
	const struct repo_secret *secret, const struct head *head, uint8_t out[SECRET_KEY_SIZE])
{
	if (head->kind == KEY_FILE)
		return key_from_file(secret->key_file, head->salt, out);
	return secret_from_password(secret->password, head->salt, &head->cost, out);
}

static struct aead lock_of(const uint8_t *key, const uint8_t *extra, size_t extra_size)
{
	static const uint8_t nonce[AEAD_NONCE_SIZE];

	return (struct aead){key, nonce, extra, extra_size, AEAD_AES_256_GCM};
}

/* What is authenticated with the key: the head of the object, and whose it is. */
static void make_extra(
	const uint8_t *head, const uint8_t id[NAME_SIZE], uint8_t out[HEAD_SIZE + NAME_SIZE])
{
	memcpy(out, head, HEAD_SIZE);
	memcpy(out + HEAD_SIZE, id, NAME_SIZE);
}

static int put_head(struct buf *out, const struct head *head)
{
	int r = buf_append_text(out, KEY_MAGIC);

	if (r == 0)
		r = buf_put_u32(out, head->kind);
	if (r == 0)
		r = buf_put_u32(out, head->cost.passes);
	if (r == 0)
		r = buf_put_u32(out, head->cost.memory_kib);
	if (r == 0)
		r = buf_append(out, head->salt, SECRET_SALT_SIZE);
	return r;
}

static int wrap(struct buf *object, const uint8_t id[NAME_SIZE],
	const uint8_t key[SECRET_KEY_SIZE], const uint8_t master[REPO_KEY_SIZE])
{
	uint8_t extra[HEAD_SIZE + NAME_SIZE];
	uint8_t sealed[REPO_KEY_SIZE + AEAD_TAG_SIZE];

	make_extra(object->data, id, extra);
	struct aead lock = lock_of(key, extra, sizeof(extra));
	aead_seal(&lock, master, REPO_KEY_SIZE, sealed);
	return buf_append(object, sealed, sizeof(sealed));
}

int keys_store(struct storage *storage, const uint8_t id[NAME_SIZE],
	const struct repo_secret *secret, const uint8_t master[REPO_KEY_SIZE])
{
	uint8_t salt[SECRET_SALT_SIZE], name[NAME_SIZE], key[SECRET_KEY_SIZE];
	char digits[NAME_TEXT];
	AUTO_BUF object = buf_init(OBJECT_SIZE);
	struct head head = {.kind = secret->password ? KEY_PASSWORD : KEY_FILE, .salt = salt};

	if (secret->password)
		head.cost = secret_cost_default;
	secret_random(salt, sizeof(salt));
	int r = derive(secret, &head, key);
	if (r == 0)
		r = put_head(&object, &head);
	if (r == 0)
		r = wrap(&object, id, key, master);
	secret_wipe(key, sizeof(key));
	if (r < 0)
		return r;
	secret_random(name, sizeof(name));
	text_to_hex(name, sizeof(name), digits);
	AUTO_TEXT path = mem_printf("keys/%s", digits);
	return storage_put(storage, path, object.data, object.size);
}

struct unlocking {
	struct storage *storage;
	const uint8_t *id;
	const struct repo_secret *secret;
	uint8_t *master;
	uint32_t seen; /* keys of the kind that the secret is for */
};

enum { UNLOCKED = 1 };

/* Takes the head of a key object apart; false where it is none, or for another kind. */
static bool take_head(
	const struct buf *object, const struct repo_secret *secret, struct head *head)
{
	struct reader reader = {object->data, object->size};
	const unsigned char *magic = NULL;

	if (object->size != OBJECT_SIZE || reader_bytes(&reader, MAGIC_SIZE, &magic) < 0 ||
		memcmp(magic, KEY_MAGIC, MAGIC_SIZE) != 0)
		return false;
	if (reader_u32(&reader, &head->kind) < 0 ||
		reader_u32(&reader, &head->cost.passes) < 0 ||
		reader_u32(&reader, &head->cost.memory_kib) < 0 ||
		reader_bytes(&reader, SECRET_SALT_SIZE, &head->salt) < 0)
		return false;
	return head->kind == (secret->password ? KEY_PASSWORD : KEY_FILE);
}

static int unwrap(
	struct unlocking *unlocking, const struct buf *object, const struct head *head)
{
	uint8_t key[SECRET_KEY_SIZE], extra[HEAD_SIZE + NAME_SIZE];
	int r = derive(unlocking->secret, head, key);

	/* A cost out of bounds is no key of ours: another one may be. */
	if (r == ERR_LIMIT)
		return 0;
	if (r < 0)
		return r;
	make_extra(object->data, unlocking->id, extra);
	struct aead lock = lock_of(key, extra, sizeof(extra));
	r = aead_open(
		&lock, object->data + HEAD_SIZE, OBJECT_SIZE - HEAD_SIZE, unlocking->master);
	secret_wipe(key, sizeof(key));
	return r == 0 ? UNLOCKED : 0;
}

static int try_key(void *context, const struct storage_entry *entry)
{
	struct unlocking *unlocking = context;
	AUTO_BUF object = buf_init(OBJECT_SIZE);
	struct head head;

	if (entry->size != OBJECT_SIZE)
		return 0;
	int r = storage_read_all(unlocking->storage, entry->name, &object);
	if (r < 0)
		return r;
	if (!take_head(&object, unlocking->secret, &head))
		return 0;
	unlocking->seen++;
	return unwrap(unlocking, &object, &head);
}

int keys_unlock(struct storage *storage, const uint8_t id[NAME_SIZE],
	const struct repo_secret *secret, uint8_t out_master[REPO_KEY_SIZE])
{
	struct unlocking unlocking = {storage, id, secret, out_master, 0};
	const char *what = secret->password ? "password" : "key file";
	int r = storage_list(storage, "keys", try_key, &unlocking);

	if (r == UNLOCKED)
		return 0;
	if (r < 0)
		return r;
	if (unlocking.seen == 0)
		return err_set(ERR_PASSWORD, "the repository at %s is not opened by a %s",
			storage_place(storage), what);
	return err_set(ERR_PASSWORD, "wrong password or key file for the repository at %s",
		storage_place(storage));
}
