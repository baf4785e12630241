/* SPDX-License-Identifier: Apache-2.0 */
#include "fuzz.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"

static uint64_t state = 1;

/* splitmix64 */
static void fill(void *context, void *out, size_t size)
{
	unsigned char *bytes = out;

	(void)context;
	for (size_t i = 0; i < size; i++) {
		uint64_t z = state += 0x9e3779b97f4a7c15;
		z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
		bytes[i] = (unsigned char)(z >> 32);
	}
}

static const struct secret_source source = {.fill = fill};

void fuzz_fix_random(void)
{
	state = 1;
	secret_random_use(&source);
}

void fuzz_key(uint8_t number, struct sign_key *out)
{
	uint8_t seed[crypto_sign_SEEDBYTES];

	memset(seed, number, sizeof(seed));
	ASSERT(crypto_sign_seed_keypair(out->public, out->secret, seed) == 0);
}

char *fuzz_text(const uint8_t *data, size_t size)
{
	const char *text = size ? (const char *)data : "";

	return mem_strndup(text, strnlen(text, size));
}

char *fuzz_signed(const char *text, const struct sign_key *key)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	sign_make(key, text, strlen(text), signature);
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	return mem_printf("%ssignature: %s\n", text, base64);
}

static char folder[64];

static void remove_folder(void)
{
	AUTO_TEXT command = mem_printf("rm -rf %s", folder);

	if (system(command) != 0)
		fprintf(stderr, "%s is left\n", folder);
}

const char *fuzz_folder(void)
{
	if (!folder[0]) {
		snprintf(folder, sizeof(folder), "%s/garner-fuzz-XXXXXX",
			access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
		ASSERT(mkdtemp(folder));
		atexit(remove_folder);
	}
	return folder;
}
