/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_SECRET_H
#define CRYPTO_SECRET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Secrets: random bytes, wiping, comparison in constant time, keys from passwords, small
 * secrets sealed at rest, secrets read from files. From libsodium.
 */

enum { SECRET_KEY_SIZE = 32, SECRET_SALT_SIZE = 16 };

void secret_random(void *out, size_t size);

/** Where random bytes come from in a simulation, which must give the same twice. */
struct secret_source {
	void (*fill)(void *context, void *out, size_t size);
	void *context;
};

/** Puts another source in place, borrowed; NULL puts the system's back. For tests alone: no
 * program calls it, and tools/check-words.sh sees to that. Only while no other thread runs. */
void secret_random_use(const struct secret_source *source);
void secret_wipe(void *data, size_t size);
bool secret_equal(const void *a, const void *b, size_t size);

/** How hard a password is to try: Argon2id (RFC 9106). */
struct secret_cost {
	uint32_t passes;
	uint32_t memory_kib;
};

/** 3 passes over 64 MiB: about 0.1 s. */
extern const struct secret_cost secret_cost_default;

/** A key from a password. ERR_LIMIT where the cost is out of the bounds that are accepted
 * (1..16 passes, 8 KiB..1 GiB). */
NODISCARD int secret_from_password(const char *password, const uint8_t salt[SECRET_SALT_SIZE],
	const struct secret_cost *cost, uint8_t out[SECRET_KEY_SIZE]);

/** Seals a small secret under a key with a random nonce (XChaCha20-Poly1305), for columns of a
 * database. Appends nonce, text and tag to `out`. ERR_LIMIT. */
NODISCARD int secret_seal(
	const uint8_t key[SECRET_KEY_SIZE], const void *plain, size_t size, struct buf *out);

/** Appends what was sealed to `out`. ERR_CORRUPT, ERR_LIMIT. */
NODISCARD int secret_open(
	const uint8_t key[SECRET_KEY_SIZE], const void *sealed, size_t size, struct buf *out);

/** Reads a secret from a file, or from standard input where `path` is "-": at most 64 KiB, one
 * final line end dropped, no NUL within. The caller wipes and frees it. ERR_NOTFOUND, ERR_IO,
 * ERR_INVALID. */
NODISCARD int secret_read(const char *path, char **out);

/** The 32-byte key in the file at `path` (mode 0600), made at the first call. ERR_IO,
 * ERR_CORRUPT where the file has another size. */
NODISCARD int secret_key_file(const char *path, uint8_t out[SECRET_KEY_SIZE]);

#endif
