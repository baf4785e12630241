/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_AEAD_H
#define CRYPTO_AEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * AES-256-GCM (NIST SP 800-38D) and ChaCha20-Poly1305 (RFC 8439), from OpenSSL. The caller
 * never uses a nonce twice under one key: a fresh key for each pack, counted nonces within it.
 * Any thread may call; each keeps a context of its own, with the last key in it, to its end.
 */

enum { AEAD_KEY_SIZE = 32, AEAD_NONCE_SIZE = 12, AEAD_TAG_SIZE = 16 };

enum aead_kind { AEAD_AES_256_GCM, AEAD_CHACHA20_POLY1305 };

/** Whether this processor has instructions for AES-256-GCM, which is then the faster kind. */
bool aead_aes_is_fast(void);

/** What is authenticated beside the text, and under what. Borrowed. */
struct aead {
	const uint8_t *key;   /* AEAD_KEY_SIZE */
	const uint8_t *nonce; /* AEAD_NONCE_SIZE */
	const void *extra;    /* may be NULL with extra_size 0 */
	size_t extra_size;
	enum aead_kind kind;
};

/** Seals `size` bytes (at most 2^31 - 1) into `out`, which has room for size + AEAD_TAG_SIZE;
 * it may be `plain` itself. */
void aead_seal(const struct aead *aead, const void *plain, size_t size, void *out);

/** Opens `size` bytes, the tag at their end, into `out`, which has room for size -
 * AEAD_TAG_SIZE. ERR_CORRUPT where they are not what was sealed; `out` is then wiped. */
NODISCARD int aead_open(const struct aead *aead, const void *sealed, size_t size, void *out);

#endif
