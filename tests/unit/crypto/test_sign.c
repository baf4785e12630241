/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/text.h"
#include "crypto/sign.h"

static void from_hex(const char *hex, void *out)
{
	assert_int_equal(text_from_hex(hex, out, strlen(hex) / 2), 0);
}

/* A key as it is kept: the seed, and its public half behind it. */
static struct sign_key key_from(const char *seed, const char *public)
{
	struct sign_key key;

	from_hex(public, key.public);
	from_hex(seed, key.secret);
	memcpy(key.secret + 32, key.public, 32);
	return key;
}

static void assert_signature(
	const struct sign_key *key, const void *data, size_t size, const char *hex)
{
	uint8_t expected[SIGN_SIGNATURE_SIZE], signature[SIGN_SIGNATURE_SIZE];

	from_hex(hex, expected);
	sign_make(key, data, size, signature);
	assert_memory_equal(signature, expected, sizeof(signature));
	assert_true(sign_is_valid(key->public, data, size, signature));
}

static void signs_as_rfc_8032_says(void **state)
{
	(void)state;
	const struct sign_key first =
		key_from("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
			"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
	const struct sign_key second =
		key_from("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
			"3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");

	assert_signature(&first, NULL, 0,
		"e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33b"
		"acc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b");
	assert_signature(&second, "\x72", 1,
		"92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e1599"
		"6e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
}

static void a_seed_gives_the_key_of_rfc_8032(void **state)
{
	(void)state;
	uint8_t seed[SIGN_SEED_SIZE], public[SIGN_PUBLIC_SIZE];
	struct sign_key key;

	from_hex("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7", seed);
	from_hex("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", public);
	sign_key_from_seed(seed, &key);
	assert_memory_equal(key.public, public, sizeof(public));
	assert_signature(&key, "\xaf\x82", 2,
		"6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f2"
		"90ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a");
}

static void a_new_key_signs_and_is_its_own(void **state)
{
	(void)state;
	struct sign_key one, other;
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	sign_key_new(&one);
	sign_key_new(&other);
	assert_memory_not_equal(one.secret, other.secret, SIGN_SECRET_SIZE);
	assert_memory_equal(one.secret + 32, one.public, SIGN_PUBLIC_SIZE);
	sign_make(&one, "lease", 5, signature);
	assert_true(sign_is_valid(one.public, "lease", 5, signature));
	assert_false(sign_is_valid(other.public, "lease", 5, signature));
}

static void any_flipped_bit_of_text_or_signature_is_noticed(void **state)
{
	(void)state;
	struct sign_key key;
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	char text[] = "seats 20";

	sign_key_new(&key);
	sign_make(&key, text, strlen(text), signature);
	for (size_t bit = 0; bit < 8 * sizeof(signature); bit++) {
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_false(sign_is_valid(key.public, text, strlen(text), signature));
		signature[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	for (size_t i = 0; i < strlen(text); i++) {
		text[i] ^= 1;
		assert_false(sign_is_valid(key.public, text, strlen(text), signature));
		text[i] ^= 1;
	}
	assert_false(sign_is_valid(key.public, text, strlen(text) - 1, signature));
	assert_true(sign_is_valid(key.public, text, strlen(text), signature));
}

/* With such a key one signature would fit many texts. */
static void a_public_key_of_small_order_is_never_valid(void **state)
{
	(void)state;
	uint8_t public[SIGN_PUBLIC_SIZE] = {1}; /* the neutral element */
	uint8_t signature[SIGN_SIGNATURE_SIZE] = {1};

	assert_false(sign_is_valid(public, "a", 1, signature));
	public[0] = 0;
	assert_false(sign_is_valid(public, "a", 1, signature));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signs_as_rfc_8032_says),
		cmocka_unit_test(a_seed_gives_the_key_of_rfc_8032),
		cmocka_unit_test(a_new_key_signs_and_is_its_own),
		cmocka_unit_test(any_flipped_bit_of_text_or_signature_is_noticed),
		cmocka_unit_test(a_public_key_of_small_order_is_never_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
