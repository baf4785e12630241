/* SPDX-License-Identifier: Apache-2.0 */
#include "signatures.h"

#include <string.h>

#include "crypto/sign.h"
#include "random.h"

/* A third of a simulation's time would go into signatures. Nobody in it tries to forge one, so
 * that a text's hash under the public key does: it is another one for another text or key. */

static bool are_real;

void signatures_use_real(bool real)
{
	are_real = real;
}

/* Words that each byte of key and text moves. */
static void stand_in(
	const uint8_t *public, const void *data, size_t size, uint8_t out[SIGN_SIGNATURE_SIZE])
{
	uint64_t words[SIGN_SIGNATURE_SIZE / 8], word, state = size;
	const uint8_t *bytes = data;

	for (size_t at = 0; at < SIGN_PUBLIC_SIZE; at += sizeof(word)) {
		memcpy(&word, public + at, sizeof(word));
		state = random_mix(state, word);
	}
	for (size_t at = 0; at < size; at += sizeof(word)) {
		word = 0;
		memcpy(&word, bytes + at, size - at < sizeof(word) ? size - at : sizeof(word));
		state = random_mix(state, word);
	}
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		words[i] = random_mix(state, i);
	memcpy(out, words, sizeof(words));
}

void __real_sign_make(const struct sign_key *key, const void *data, size_t size,
	uint8_t out[SIGN_SIGNATURE_SIZE]);
void __wrap_sign_make(const struct sign_key *key, const void *data, size_t size,
	uint8_t out[SIGN_SIGNATURE_SIZE]);
bool __real_sign_is_valid(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[SIGN_SIGNATURE_SIZE]);
bool __wrap_sign_is_valid(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[SIGN_SIGNATURE_SIZE]);

/* The public half ends the secret one. */
void __wrap_sign_make(const struct sign_key *key, const void *data, size_t size,
	uint8_t out[SIGN_SIGNATURE_SIZE])
{
	if (are_real)
		__real_sign_make(key, data, size, out);
	else
		stand_in(key->secret + SIGN_SECRET_SIZE - SIGN_PUBLIC_SIZE, data, size, out);
}

bool __wrap_sign_is_valid(const uint8_t public[SIGN_PUBLIC_SIZE], const void *data, size_t size,
	const uint8_t signature[SIGN_SIGNATURE_SIZE])
{
	uint8_t expected[SIGN_SIGNATURE_SIZE];

	if (are_real)
		return __real_sign_is_valid(public, data, size, signature);
	stand_in(public, data, size, expected);
	return memcmp(expected, signature, sizeof(expected)) == 0;
}
