/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_SIGN_H
#define CRYPTO_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Ed25519 signatures (RFC 8032), from libsodium. The public half of a secret key is always
 * taken from the secret itself, never given beside it.
 */

enum {
	SIGN_SEED_SIZE = 32,
	SIGN_PUBLIC_SIZE = 32,
	SIGN_SECRET_SIZE = 64,
	SIGN_SIGNATURE_SIZE = 64,
};

struct sign_key {
	uint8_t public[SIGN_PUBLIC_SIZE];
	uint8_t secret[SIGN_SECRET_SIZE];
};

void sign_key_new(struct sign_key *out);

/** The key that a seed gives, always the same; the caller wipes it. */
void sign_key_from_seed(const uint8_t seed[SIGN_SEED_SIZE], struct sign_key *out);

void sign_make(const struct sign_key *key, const void *data, size_t size,
	uint8_t out[SIGN_SIGNATURE_SIZE]);
bool sign_is_valid(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[SIGN_SIGNATURE_SIZE]);

#endif
