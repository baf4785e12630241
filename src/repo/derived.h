/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_DERIVED_H
#define REPO_DERIVED_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/aead.h"
#include "repo/format.h"

/*
 * All that section 3 of docs/format.md derives from the master key, made once when a repository
 * is opened and wiped when it is closed. A put-only writer has a part of it and no master key.
 */

enum { DERIVED_KEY_SIZE = 32, DERIVED_BOUNDARY_SIZE = 16, DERIVED_CHUNKER_SIZE = 2048 };

struct repo_keys {
	enum aead_kind aead;
	bool can_read; /* false: put-only; data_root, box_private and master are zeros then */
	uint8_t id[NAME_SIZE]; /* the repository's */
	uint8_t master[DERIVED_KEY_SIZE];
	uint8_t config[DERIVED_KEY_SIZE];
	uint8_t chunk_id[DERIVED_KEY_SIZE];  /* HMAC key for ids */
	uint8_t meta_root[DERIVED_KEY_SIZE]; /* file keys, with the file's NAME as salt */
	uint8_t data_root[DERIVED_KEY_SIZE]; /* data keys of packs */
	uint8_t signing[DERIVED_KEY_SIZE];   /* seed: sign_key_from_seed */
	uint8_t boundary[DERIVED_BOUNDARY_SIZE];
	uint8_t box_public[DERIVED_KEY_SIZE];
	uint8_t box_private[DERIVED_KEY_SIZE];
	uint8_t chunker[DERIVED_CHUNKER_SIZE]; /* 256 little-endian numbers: the gear table */
};

/** Derives all of it. `aead` is what config says; `id` too. */
void derived_make(struct repo_keys *keys, const uint8_t master[DERIVED_KEY_SIZE],
	const uint8_t id[NAME_SIZE], enum aead_kind aead);

void derived_wipe(struct repo_keys *keys);

#endif
