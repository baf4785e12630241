/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_KEY_RECORD_H
#define REPO_KEY_RECORD_H

#include "base/buf.h"
#include "crypto/secret.h"
#include "repo/keys.h"

/*
 * What a key file holds: one record, twice. Without I/O but for reading the user's own key
 * file.
 */

enum {
	KEY_RECORD_SIZE = 108,
	KEY_RECORD_COPIES = 2,
	KEY_OBJECT_SIZE = KEY_RECORD_COPIES * KEY_RECORD_SIZE,
	KEY_SEALED_SIZE = REPO_KEY_SIZE + 16,
};

struct key_record {
	enum key_kind kind;
	struct secret_cost cost; /* zeros but for a password */
	int64_t made_s;
	uint8_t salt[SECRET_SALT_SIZE];
	uint8_t sealed[KEY_SEALED_SIZE];
};

/** The kind of key that a secret is for; it has one of password, key_file, recovery_key. */
enum key_kind key_kind_of(const struct repo_secret *secret);

/** Wraps the master key under the secret: all of the record is set. ERR_INVALID where the key
 * file or recovery key is none, ERR_LIMIT, ERR_IO. */
NODISCARD int key_record_wrap(struct key_record *record, const struct repo_secret *secret,
	const uint8_t id[NAME_SIZE], const uint8_t master[REPO_KEY_SIZE]);

/** ERR_PASSWORD where the secret does not open it, ERR_INVALID, ERR_LIMIT, ERR_IO. */
NODISCARD int key_record_unwrap(const struct key_record *record,
	const struct repo_secret *secret, const uint8_t id[NAME_SIZE],
	uint8_t out_master[REPO_KEY_SIZE]);

/** The bytes of the object. */
void key_record_put(const struct key_record *record, uint8_t out[KEY_OBJECT_SIZE]);

/** Reads the first copy that is good; how many are not is returned, KEY_RECORD_COPIES where
 * none is. */
int key_record_get(const void *object, size_t size, struct key_record *out);

#endif
