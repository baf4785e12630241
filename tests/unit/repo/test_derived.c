/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "crypto/box.h"
#include "crypto/hash.h"
#include "repo/derived.h"

static const uint8_t master[DERIVED_KEY_SIZE] = "a master key of a repository, 32";
static const uint8_t id[NAME_SIZE] = "repository's id";

static void assert_is(const void *derived, size_t size, const char *info)
{
	uint8_t expected[DERIVED_CHUNKER_SIZE];

	hash_hkdf(master, sizeof(master), NULL, 0, info, expected, size);
	assert_memory_equal(derived, expected, size);
}

static void each_key_is_the_one_that_the_format_names(void **state)
{
	(void)state;
	struct repo_keys keys;
	uint8_t public[BOX_KEY_SIZE];

	derived_make(&keys, master, id, AEAD_CHACHA20_POLY1305);
	assert_true(keys.can_read);
	assert_int_equal(keys.aead, AEAD_CHACHA20_POLY1305);
	assert_memory_equal(keys.id, id, sizeof(id));
	assert_memory_equal(keys.master, master, sizeof(master));
	assert_is(keys.config, 32, "garner config");
	assert_is(keys.chunk_id, 32, "garner chunk id");
	assert_is(keys.chunker, 2048, "garner chunker");
	assert_is(keys.boundary, 16, "garner boundary");
	assert_is(keys.meta_root, 32, "garner meta");
	assert_is(keys.data_root, 32, "garner data");
	assert_is(keys.signing, 32, "garner snapshot signing");
	assert_is(keys.box_private, 32, "garner data box");
	box_public(keys.box_private, public);
	assert_memory_equal(keys.box_public, public, sizeof(public));
}

static void nothing_is_left_after_wiping(void **state)
{
	(void)state;
	static const struct repo_keys none;
	struct repo_keys keys;

	derived_make(&keys, master, id, AEAD_AES_256_GCM);
	assert_memory_not_equal(&keys, &none, sizeof(keys));
	derived_wipe(&keys);
	assert_memory_equal(&keys, &none, sizeof(keys));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_key_is_the_one_that_the_format_names),
		cmocka_unit_test(nothing_is_left_after_wiping),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
