/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_KEYS_H
#define REPO_KEYS_H

#include "repo/format.h"
#include "repo/repo.h"
#include "storage/storage.h"

/*
 * The objects "keys/<random>": each holds the master key, wrapped under a password or under a
 * key file.
 */

/** Wraps the master key and stores it. ERR_INVALID where the key file is no good, ERR_IO. */
NODISCARD int keys_store(struct storage *storage, const uint8_t id[NAME_SIZE],
	const struct repo_secret *secret, const uint8_t master[REPO_KEY_SIZE]);

/** Finds the key that the secret opens. ERR_PASSWORD where it opens none, ERR_IO. */
NODISCARD int keys_unlock(struct storage *storage, const uint8_t id[NAME_SIZE],
	const struct repo_secret *secret, uint8_t out_master[REPO_KEY_SIZE]);

#endif
