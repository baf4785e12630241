/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "fuzz.h"
#include "license/key.h"

/* What is accepted as a license key is one in its normal form, and stays the same when it is
 * read again; one that was made is accepted, and no longer is with two symbols exchanged. */

static void check_made(const uint8_t random[KEY_RANDOM_SIZE], uint8_t choice)
{
	char key[KEY_TEXT_SIZE], again[KEY_TEXT_SIZE], masked[KEY_TEXT_SIZE];

	key_make(random, key);
	ASSERT(key_read(key, again) == 0 && strcmp(key, again) == 0);
	key_mask(key, masked);
	ASSERT(strncmp(masked, key, 5) == 0 && strspn(masked + 5, "-*") == 24);

	size_t a = choice % (KEY_TEXT_SIZE - 1), b = (choice * 7U + 3) % (KEY_TEXT_SIZE - 1);
	if (key[a] == '-' || key[b] == '-' || key[a] == key[b])
		return;
	char swap = key[a];
	key[a] = key[b];
	key[b] = swap;
	ASSERT(key_read(key, again) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char key[KEY_TEXT_SIZE], again[KEY_TEXT_SIZE];
	AUTO_TEXT typed = fuzz_text(data, size);

	if (key_read(typed, key) == 0)
		ASSERT(strlen(key) == KEY_TEXT_SIZE - 1 && key_read(key, again) == 0 &&
			strcmp(key, again) == 0);
	if (size > KEY_RANDOM_SIZE)
		check_made(data, data[KEY_RANDOM_SIZE]);
	return 0;
}
