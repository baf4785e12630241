/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "license/lease.h"

/* The first byte says how the rest is taken: as it is, or as what a true key signs, so that the
 * reader is tried behind the signature too. What is accepted has one spelling, the writer's;
 * what no key signed is never accepted. */

static struct sign_key root, online;
static struct keyset keyset;

static void make_keys(void)
{
	fuzz_key(1, &root);
	fuzz_key(2, &online);
	keyset = (struct keyset){.version = 3, .count = 1};
	keyset.keys[0].from_s = 0;
	keyset.keys[0].until_s = INT64_MAX;
	keyset_key_id(online.public, keyset.keys[0].id);
	memcpy(keyset.keys[0].public, online.public, SIGN_PUBLIC_SIZE);
}

static char *with_signature(const char *body, const struct sign_key *key)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	sign_make(key, body, strlen(body), signature);
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	return mem_printf("%ssignature: %s\n", body, base64);
}

static void try_lease(const char *text, bool is_signed)
{
	struct lease lease;

	if (lease_read(text, &keyset, &lease) < 0)
		return;
	ASSERT(is_signed);
	AUTO_TEXT again = lease_write(&lease, &online);
	ASSERT(strcmp(again, text) == 0);
}

static void try_keyset(const char *text, bool is_signed)
{
	struct keyset read;

	if (keyset_read(text, root.public, &read) < 0)
		return;
	ASSERT(is_signed);
	AUTO_TEXT again = keyset_write(&read, &root);
	ASSERT(strcmp(again, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (keyset.count == 0)
		make_keys();
	if (size == 0)
		return 0;
	AUTO_TEXT text = fuzz_text(data + 1, size - 1);
	AUTO_TEXT signed_lease = with_signature(text, &online);
	AUTO_TEXT signed_keyset = with_signature(text, &root);

	switch (data[0] % 4) {
	case 0:
		try_lease(text, false);
		break;
	case 1:
		try_lease(signed_lease, true);
		break;
	case 2:
		try_keyset(text, false);
		break;
	default:
		try_keyset(signed_keyset, true);
	}
	return 0;
}
