/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/box.h"

#include <sodium.h>

_Static_assert(BOX_KEY_SIZE == crypto_box_SECRETKEYBYTES, "private key of X25519");
_Static_assert(BOX_KEY_SIZE == crypto_box_PUBLICKEYBYTES, "public key of X25519");
_Static_assert(BOX_OVERHEAD == crypto_box_SEALBYTES, "what a sealed box adds");

/* Finds the processor's best instructions; safe at any time, in any thread. */
static void prepare(void)
{
	ASSERT(sodium_init() >= 0);
}

void box_public(const uint8_t private[BOX_KEY_SIZE], uint8_t out[BOX_KEY_SIZE])
{
	prepare();
	crypto_scalarmult_base(out, private);
}

int box_seal(const uint8_t public[BOX_KEY_SIZE], const void *data, size_t size, uint8_t *out)
{
	prepare();
	/* It refuses a public key of small order, whose box anybody could open. */
	if (crypto_box_seal(out, data, size, public) != 0)
		return err_set(ERR_INVALID, "what a box is to be sealed for is no key");
	return 0;
}

int box_open(const uint8_t private[BOX_KEY_SIZE], const void *sealed, size_t size, uint8_t *out)
{
	uint8_t public[BOX_KEY_SIZE];

	if (size < BOX_OVERHEAD)
		return err_set(ERR_CORRUPT, "a sealed box of %zu bytes", size);
	box_public(private, public);
	if (crypto_box_seal_open(out, sealed, size, public, private) != 0)
		return err_set(ERR_CORRUPT, "a sealed box is not for this key, or is damaged");
	return 0;
}
