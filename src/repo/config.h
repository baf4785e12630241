/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CONFIG_H
#define REPO_CONFIG_H

#include "repo/format.h"
#include "repo/repo.h"
#include "storage/storage.h"

/*
 * The object "config": lines of text that say what a repository is, authenticated under its
 * master key. Its presence is what makes a folder a repository.
 */

struct config {
	uint8_t id[NAME_SIZE];
	uint8_t mac[32];
};

/** ERR_EXISTS, ERR_IO. */
NODISCARD int config_write(struct storage *storage, const uint8_t id[NAME_SIZE],
	const uint8_t master[REPO_KEY_SIZE]);

/** ERR_NOREPO where there is none, or one of a later version; ERR_CORRUPT, ERR_IO. */
NODISCARD int config_read(struct storage *storage, struct config *out);

/** Whether this is the config of the repository with that master key. */
bool config_is_valid(const struct config *config, const uint8_t master[REPO_KEY_SIZE]);

#endif
