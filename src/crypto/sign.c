/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <sodium.h>

#include "base/err.h"

void sign_key_new(struct sign_key *out)
{
	ASSERT(sodium_init() >= 0);
	crypto_sign_keypair(out->public, out->secret);
}

void sign_make(const struct sign_key *key, const void *data, size_t size,
	uint8_t out[SIGN_SIGNATURE_SIZE])
{
	/* The secret holds its public half: libsodium signs with that one. */
	crypto_sign_detached(out, NULL, data, size, key->secret);
}

bool sign_is_valid(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[SIGN_SIGNATURE_SIZE])
{
	return crypto_sign_verify_detached(signature, data, size, public) == 0;
}
