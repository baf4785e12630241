/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/sign.h"

#include <sodium.h>

#include "base/err.h"
#include "crypto/secret.h"

/* Finds the processor's best instructions; safe at any time, in any thread. */
static void prepare(void)
{
	ASSERT(sodium_init() >= 0);
}

void sign_key_new(struct sign_key *out)
{
	uint8_t seed[SIGN_SEED_SIZE];

	secret_random(seed, sizeof(seed));
	sign_key_from_seed(seed, out);
	secret_wipe(seed, sizeof(seed));
}

void sign_key_from_seed(const uint8_t seed[SIGN_SEED_SIZE], struct sign_key *out)
{
	_Static_assert(SIGN_SEED_SIZE == crypto_sign_SEEDBYTES, "seed of Ed25519");

	prepare();
	crypto_sign_seed_keypair(out->public, out->secret, seed);
}

void sign_make(const struct sign_key *key, const void *data, size_t size,
	uint8_t out[SIGN_SIGNATURE_SIZE])
{
	prepare();
	/* The secret holds its public half: libsodium signs with that one. */
	crypto_sign_detached(out, NULL, data, size, key->secret);
}

bool sign_is_valid(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[SIGN_SIGNATURE_SIZE])
{
	prepare();
	return crypto_sign_verify_detached(signature, data, size, public) == 0;
}
