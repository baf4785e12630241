/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/quickxor.h"

#include "base/text.h"

enum { WIDTH = 160, SHIFT = 11 };

void quickxor_add(struct quickxor *hash, const void *data, size_t size)
{
	const uint8_t *bytes = data;

	for (size_t i = 0; i < size; i++) {
		size_t bit = (size_t)(hash->length++ % WIDTH) * SHIFT % WIDTH;
		unsigned spread = (unsigned)bytes[i] << bit % 8;
		hash->bits[bit / 8] ^= (uint8_t)spread;
		hash->bits[(bit / 8 + 1) % QUICKXOR_SIZE] ^= (uint8_t)(spread >> 8);
	}
}

char *quickxor_text(const struct quickxor *hash)
{
	uint8_t whole[QUICKXOR_SIZE];

	for (int i = 0; i < QUICKXOR_SIZE; i++) {
		int place = i - (QUICKXOR_SIZE - 8); /* the length lies in the last eight */
		whole[i] = hash->bits[i];
		if (place >= 0)
			whole[i] ^= (uint8_t)(hash->length >> 8 * place);
	}
	return text_to_base64(whole, sizeof(whole));
}
