/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_BOX_H
#define CRYPTO_BOX_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Sealed boxes: whoever has the public key puts something in, only who has the private one
 * takes it out. X25519 (RFC 7748) with XSalsa20-Poly1305, from libsodium (crypto_box_seal). A
 * box does not say who sealed it.
 */

enum { BOX_KEY_SIZE = 32, BOX_OVERHEAD = 48 };

/** The public half of a private key, which is any 32 random bytes. */
void box_public(const uint8_t private[BOX_KEY_SIZE], uint8_t out[BOX_KEY_SIZE]);

/** Seals `size` bytes (a key or the like) into `out`, which has room for size + BOX_OVERHEAD.
 * ERR_INVALID where the public key is none. */
NODISCARD int box_seal(
	const uint8_t public[BOX_KEY_SIZE], const void *data, size_t size, uint8_t *out);

/** Opens `size` bytes into `out`, which has room for size - BOX_OVERHEAD. ERR_CORRUPT. */
NODISCARD int box_open(
	const uint8_t private[BOX_KEY_SIZE], const void *sealed, size_t size, uint8_t *out);

#endif
