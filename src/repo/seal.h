/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SEAL_H
#define REPO_SEAL_H

#include "crypto/aead.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * Sealing the pieces of one file of the repository: a key of its own for each file, from the
 * master key and the file's random name, so that no nonce ever comes twice and a file that is
 * renamed, or comes from another repository, does not open.
 */

struct seal {
	uint8_t key[AEAD_KEY_SIZE];
	uint8_t repository[NAME_SIZE];
	uint8_t name[NAME_SIZE];
};

/** Where a piece stands. Each number once in a file. */
struct seal_place {
	uint32_t number;
	enum piece piece;
	uint8_t codec;
};

enum {
	SEAL_COMMITMENT_SIZE = 32,
	SEAL_DIRECTORY_NUMBER = INT32_MAX, /* no block has it */
};

/** The seal of the file with this name; wiped by seal_end. */
void seal_begin(struct seal *seal, const struct repo *repo, const uint8_t name[NAME_SIZE]);
void seal_end(struct seal *seal);

/** A value that only this key gives: says before anything is opened that the key is the one. */
void seal_commitment(const struct seal *seal, uint8_t out[SEAL_COMMITMENT_SIZE]);

/** Seals `size` bytes in place; the tag goes behind them. */
void seal_close(
	const struct seal *seal, const struct seal_place *place, uint8_t *data, size_t size);

/** Opens `size` bytes, the tag at their end, in place. ERR_CORRUPT without a context. */
NODISCARD int seal_open(
	const struct seal *seal, const struct seal_place *place, uint8_t *data, size_t size);

#endif
