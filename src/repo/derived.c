/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/derived.h"

#include <string.h>

#include "crypto/box.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

void derived_make(struct repo_keys *keys, const uint8_t master[DERIVED_KEY_SIZE],
	const uint8_t id[NAME_SIZE], enum aead_kind aead)
{
	const struct {
		const char *info;
		uint8_t *out;
		size_t size;
	} parts[] = {
		{"garner config", keys->config, sizeof(keys->config)},
		{"garner chunk id", keys->chunk_id, sizeof(keys->chunk_id)},
		{"garner chunker", keys->chunker, sizeof(keys->chunker)},
		{"garner boundary", keys->boundary, sizeof(keys->boundary)},
		{"garner meta", keys->meta_root, sizeof(keys->meta_root)},
		{"garner data", keys->data_root, sizeof(keys->data_root)},
		{"garner snapshot signing", keys->signing, sizeof(keys->signing)},
		{"garner data box", keys->box_private, sizeof(keys->box_private)},
	};

	*keys = (struct repo_keys){.aead = aead, .can_read = true};
	memcpy(keys->id, id, NAME_SIZE);
	memcpy(keys->master, master, DERIVED_KEY_SIZE);
	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		hash_hkdf(master, DERIVED_KEY_SIZE, NULL, 0, parts[i].info, parts[i].out,
			parts[i].size);
	box_public(keys->box_private, keys->box_public);
}

void derived_wipe(struct repo_keys *keys)
{
	secret_wipe(keys, sizeof(*keys));
}
