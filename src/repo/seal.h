/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SEAL_H
#define REPO_SEAL_H

#include "base/err.h"
#include "crypto/aead.h"
#include "repo/derived.h"
#include "repo/format.h"

/*
 * Sealing the pieces of one file of the repository: a key of its own for each file, from the
 * repository's keys and the file's random name, so that no nonce ever comes twice and a file
 * that is renamed, or comes from another repository, does not open.
 */

struct seal {
	enum aead_kind aead;
	uint8_t key[AEAD_KEY_SIZE];
	uint8_t repository[NAME_SIZE];
	uint8_t name[NAME_SIZE];
};

/** Where a piece stands. Each number once under a key. */
struct seal_place {
	uint32_t number;
	enum piece piece;
	uint8_t codec;
};

enum {
	SEAL_COMMITMENT_SIZE = 32,
	SEAL_DIRECTORY_NUMBER = INT32_MAX, /* no block has it */
};

/** The file key of the file with this name; wiped by seal_end. */
void seal_begin(struct seal *seal, const struct repo_keys *keys, const uint8_t name[NAME_SIZE]);
/** The data key of a pack, as it is derived. Only where the keys can read. */
void seal_begin_data(
	struct seal *seal, const struct repo_keys *keys, const uint8_t name[NAME_SIZE]);
/** A data key that is not derived: one that a put-only writer has made. */
void seal_begin_key(struct seal *seal, const struct repo_keys *keys,
	const uint8_t name[NAME_SIZE], const uint8_t key[AEAD_KEY_SIZE]);
void seal_end(struct seal *seal);

/** A value that only this file key gives: says before anything is opened that the key is the
 * one. And the same of a data key. */
void seal_commitment(const struct seal *seal, uint8_t out[SEAL_COMMITMENT_SIZE]);
void seal_data_commitment(const struct seal *seal, uint8_t out[SEAL_COMMITMENT_SIZE]);

/** Seals `size` bytes in place; the tag goes behind them. */
void seal_close(
	const struct seal *seal, const struct seal_place *place, uint8_t *data, size_t size);

/** Opens `size` bytes, the tag at their end, in place. ERR_CORRUPT without a context. */
NODISCARD int seal_open(
	const struct seal *seal, const struct seal_place *place, uint8_t *data, size_t size);

/** As seal_open, into `out`, which has room for size - AEAD_TAG_SIZE. */
NODISCARD int seal_open_into(const struct seal *seal, const struct seal_place *place,
	const uint8_t *sealed, size_t size, uint8_t *out);

#endif
