/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/key_record.h"

#include <isa-l/crc.h>
#include <string.h>

#include "base/io.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "repo/recovery.h"

/* magic 8 | kind 4 | passes 4 | memory_kib 4 | made 8 | label 12 | salt 16 | sealed master key
 * 32 + 16 | CRC 4. What stands before the sealed key is authenticated with it. A fresh salt
 * each time makes a fresh key, so the nonce is zero. */

enum {
	LABEL_SIZE = 12,
	HEAD_SIZE = MAGIC_SIZE + 12 + 8 + LABEL_SIZE + SECRET_SALT_SIZE,
	EXTRA_SIZE = HEAD_SIZE + NAME_SIZE,
	CRC_AT = HEAD_SIZE + KEY_SEALED_SIZE,
	KEY_FILE_LEAST = 32,
	KEY_FILE_MOST = 64 << 10,
};

_Static_assert(CRC_AT + 4 == KEY_RECORD_SIZE, "docs/format.md, section 3");

const char *key_kind_name(enum key_kind kind)
{
	static const char *const names[] = {"", "password", "key_file", "recovery_key"};

	return names[kind];
}

enum key_kind key_kind_of(const struct repo_secret *secret)
{
	if (secret->password)
		return KEY_PASSWORD;
	return secret->recovery_key ? KEY_RECOVERY : KEY_FILE;
}

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
	if (r == ERR_LIMIT)
		r = err_set(ERR_INVALID, "the key file %s is longer than 64 KiB", path);
	if (r == 0)
		hash_hkdf(file.data, file.size, salt, SECRET_SALT_SIZE, "garner key file", out,
			SECRET_KEY_SIZE);
	if (file.data)
		secret_wipe(file.data, file.capacity);
	return r;
}

static int key_from_recovery(
	const char *text, const uint8_t salt[SECRET_SALT_SIZE], uint8_t out[SECRET_KEY_SIZE])
{
	uint8_t key[RECOVERY_SIZE];

	if (!recovery_from_text(text, key))
		return err_set(ERR_INVALID,
			"that is no recovery key: it has 8 groups of 4 letters and digits");
	hash_hkdf(key, sizeof(key), salt, SECRET_SALT_SIZE, "garner recovery key", out,
		SECRET_KEY_SIZE);
	secret_wipe(key, sizeof(key));
	return 0;
}

/* The key that wraps the master key, from what the user has. */
static int derive(const struct repo_secret *secret, const struct key_record *record,
	uint8_t out[SECRET_KEY_SIZE])
{
	switch (record->kind) {
	case KEY_FILE:
		return key_from_file(secret->key_file, record->salt, out);
	case KEY_RECOVERY:
		return key_from_recovery(secret->recovery_key, record->salt, out);
	default:
		return secret_from_password(secret->password, record->salt, &record->cost, out);
	}
}

static void put_number(uint8_t **at, uint64_t value, int size)
{
	for (int i = 0; i < size; i++)
		*(*at)++ = (uint8_t)(value >> (8 * i));
}

static uint64_t get_number(const uint8_t *at, int size)
{
	uint64_t value = 0;

	for (int i = 0; i < size; i++)
		value |= (uint64_t)at[i] << (8 * i);
	return value;
}

static void put_head(const struct key_record *record, uint8_t out[HEAD_SIZE])
{
	memset(out, 0, HEAD_SIZE);
	memcpy(out, KEY_MAGIC, MAGIC_SIZE);
	uint8_t *at = out + MAGIC_SIZE;
	put_number(&at, record->kind, 4);
	put_number(&at, record->cost.passes, 4);
	put_number(&at, record->cost.memory_kib, 4);
	put_number(&at, (uint64_t)record->made_s, 8);
	memcpy(at + LABEL_SIZE, record->salt, SECRET_SALT_SIZE);
}

/* What is authenticated with the key: the head of the record, and whose it is. */
static void make_extra(
	const struct key_record *record, const uint8_t id[NAME_SIZE], uint8_t out[EXTRA_SIZE])
{
	put_head(record, out);
	memcpy(out + HEAD_SIZE, id, NAME_SIZE);
}

static const uint8_t nonce[AEAD_NONCE_SIZE];

int key_record_wrap(struct key_record *record, const struct repo_secret *secret,
	const uint8_t id[NAME_SIZE], const uint8_t master[REPO_KEY_SIZE])
{
	uint8_t key[SECRET_KEY_SIZE], extra[EXTRA_SIZE];

	record->kind = key_kind_of(secret);
	record->cost = (struct secret_cost){0};
	if (record->kind == KEY_PASSWORD)
		record->cost = secret_cost_default;
	secret_random(record->salt, sizeof(record->salt));
	int r = derive(secret, record, key);
	if (r < 0)
		return r;
	make_extra(record, id, extra);
	const struct aead lock = {key, nonce, extra, sizeof(extra), AEAD_AES_256_GCM};
	aead_seal(&lock, master, REPO_KEY_SIZE, record->sealed);
	secret_wipe(key, sizeof(key));
	return 0;
}

int key_record_unwrap(const struct key_record *record, const struct repo_secret *secret,
	const uint8_t id[NAME_SIZE], uint8_t out_master[REPO_KEY_SIZE])
{
	uint8_t key[SECRET_KEY_SIZE], extra[EXTRA_SIZE];
	int r = derive(secret, record, key);

	if (r < 0)
		return r;
	make_extra(record, id, extra);
	const struct aead lock = {key, nonce, extra, sizeof(extra), AEAD_AES_256_GCM};
	r = aead_open(&lock, record->sealed, sizeof(record->sealed), out_master);
	secret_wipe(key, sizeof(key));
	return r < 0 ? err_set(ERR_PASSWORD, "the key is not opened by that") : 0;
}

void key_record_put(const struct key_record *record, uint8_t out[KEY_OBJECT_SIZE])
{
	put_head(record, out);
	memcpy(out + HEAD_SIZE, record->sealed, KEY_SEALED_SIZE);
	uint8_t *at = out + CRC_AT;
	put_number(&at, crc32_gzip_refl(0, out, CRC_AT), 4);
	memcpy(out + KEY_RECORD_SIZE, out, KEY_RECORD_SIZE);
}

static bool get_copy(const uint8_t *bytes, struct key_record *out)
{
	uint64_t kind = get_number(bytes + MAGIC_SIZE, 4);

	if (memcmp(bytes, KEY_MAGIC, MAGIC_SIZE) != 0 ||
		get_number(bytes + CRC_AT, 4) != crc32_gzip_refl(0, bytes, CRC_AT) ||
		kind < KEY_PASSWORD || kind > KEY_RECOVERY)
		return false;
	out->kind = (enum key_kind)kind;
	out->cost.passes = (uint32_t)get_number(bytes + 12, 4);
	out->cost.memory_kib = (uint32_t)get_number(bytes + 16, 4);
	out->made_s = (int64_t)get_number(bytes + 20, 8);
	memcpy(out->salt, bytes + HEAD_SIZE - SECRET_SALT_SIZE, SECRET_SALT_SIZE);
	memcpy(out->sealed, bytes + HEAD_SIZE, KEY_SEALED_SIZE);
	return true;
}

int key_record_get(const void *object, size_t size, struct key_record *out)
{
	const uint8_t *bytes = object;
	struct key_record copy;
	int good = 0;

	for (size_t at = 0; at < KEY_OBJECT_SIZE; at += KEY_RECORD_SIZE) {
		if (size >= at + KEY_RECORD_SIZE && get_copy(bytes + at, &copy)) {
			if (good++ == 0)
				*out = copy;
		}
	}
	return KEY_RECORD_COPIES - good;
}
