/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CONFIG_H
#define REPO_CONFIG_H

#include "repo/derived.h"
#include "storage/storage.h"

/*
 * The objects "config" and "config.copy": the same lines of text, that say what a repository
 * is, authenticated under its config key. The first makes a folder a repository; the second is
 * read where the first is damaged.
 */

enum { CONFIG_FILES = 2 };
extern const char *const config_names[CONFIG_FILES];

struct config {
	uint8_t id[NAME_SIZE];
	enum aead_kind aead;
	uint8_t mac[32];
};

/** Writes the copy, then config. ERR_EXISTS, ERR_IO. */
NODISCARD int config_write(struct storage *storage, const struct repo_keys *keys);

/** Reads one of them, 0 is config. ERR_NOREPO where there is none, or it is of another version;
 * ERR_CORRUPT, ERR_IO. Whether it is true, only config_is_valid says. */
NODISCARD int config_read(struct storage *storage, int which, struct config *out);

/** Whether this is the config of the repository with those keys. */
bool config_is_valid(const struct config *config, const struct repo_keys *keys);

/** Whether each of the two is there and valid. ERR_IO. */
NODISCARD int config_check(
	struct storage *storage, const struct repo_keys *keys, bool out_good[CONFIG_FILES]);

/** Writes anew what is damaged or missing of the two; *out_mended says how many. ERR_IO. */
NODISCARD int config_repair(
	struct storage *storage, const struct repo_keys *keys, int *out_mended);

#endif
