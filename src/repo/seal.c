/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/seal.h"

#include <string.h>

#include "crypto/hash.h"
#include "crypto/secret.h"

enum { EXTRA_SIZE = 2 * NAME_SIZE + 6 };

void seal_begin_key(struct seal *seal, const struct repo_keys *keys,
	const uint8_t name[NAME_SIZE], const uint8_t key[AEAD_KEY_SIZE])
{
	seal->aead = keys->aead;
	memcpy(seal->key, key, sizeof(seal->key));
	memcpy(seal->repository, keys->id, NAME_SIZE);
	memcpy(seal->name, name, NAME_SIZE);
}

static void derive(struct seal *seal, const struct repo_keys *keys,
	const uint8_t root[DERIVED_KEY_SIZE], const uint8_t name[NAME_SIZE], const char *info)
{
	uint8_t key[AEAD_KEY_SIZE];

	hash_hkdf(root, DERIVED_KEY_SIZE, name, NAME_SIZE, info, key, sizeof(key));
	seal_begin_key(seal, keys, name, key);
	secret_wipe(key, sizeof(key));
}

void seal_begin(struct seal *seal, const struct repo_keys *keys, const uint8_t name[NAME_SIZE])
{
	derive(seal, keys, keys->meta_root, name, "garner file");
}

void seal_begin_data(
	struct seal *seal, const struct repo_keys *keys, const uint8_t name[NAME_SIZE])
{
	ASSERT(keys->can_read);
	derive(seal, keys, keys->data_root, name, "garner data");
}

void seal_end(struct seal *seal)
{
	secret_wipe(seal, sizeof(*seal));
}

void seal_commitment(const struct seal *seal, uint8_t out[SEAL_COMMITMENT_SIZE])
{
	hash_hkdf(seal->key, sizeof(seal->key), seal->name, NAME_SIZE, "garner file commitment",
		out, SEAL_COMMITMENT_SIZE);
}

void seal_data_commitment(const struct seal *seal, uint8_t out[SEAL_COMMITMENT_SIZE])
{
	hash_hkdf(seal->key, sizeof(seal->key), seal->name, NAME_SIZE, "garner data commitment",
		out, SEAL_COMMITMENT_SIZE);
}

static void put_u32(uint8_t *out, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		out[i] = (uint8_t)(value >> (8 * i));
}

static void bind(const struct seal *seal, const struct seal_place *place,
	uint8_t nonce[AEAD_NONCE_SIZE], uint8_t extra[EXTRA_SIZE])
{
	memset(nonce, 0, AEAD_NONCE_SIZE);
	put_u32(nonce, place->number);
	memcpy(extra, seal->repository, NAME_SIZE);
	memcpy(extra + NAME_SIZE, seal->name, NAME_SIZE);
	put_u32(extra + 2 * NAME_SIZE, place->number);
	extra[2 * NAME_SIZE + 4] = (uint8_t)place->piece;
	extra[2 * NAME_SIZE + 5] = place->codec;
}

void seal_close(
	const struct seal *seal, const struct seal_place *place, uint8_t *data, size_t size)
{
	uint8_t nonce[AEAD_NONCE_SIZE], extra[EXTRA_SIZE];

	bind(seal, place, nonce, extra);
	aead_seal(&(struct aead){seal->key, nonce, extra, sizeof(extra), seal->aead}, data,
		size, data);
}

int seal_open_into(const struct seal *seal, const struct seal_place *place,
	const uint8_t *sealed, size_t size, uint8_t *out)
{
	uint8_t nonce[AEAD_NONCE_SIZE], extra[EXTRA_SIZE];

	if (size < AEAD_TAG_SIZE)
		return err_set(ERR_CORRUPT, "shorter than its seal");
	bind(seal, place, nonce, extra);
	return aead_open(&(struct aead){seal->key, nonce, extra, sizeof(extra), seal->aead},
		sealed, size, out);
}

int seal_open(
	const struct seal *seal, const struct seal_place *place, uint8_t *data, size_t size)
{
	return seal_open_into(seal, place, data, size, data);
}
