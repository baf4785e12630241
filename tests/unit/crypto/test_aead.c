/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <pthread.h>
#include <string.h>

#include "base/text.h"
#include "crypto/aead.h"

static const uint8_t zeros[32];

static void from_hex(const char *hex, void *out)
{
	assert_int_equal(text_from_hex(hex, out, strlen(hex) / 2), 0);
}

/* Test case 16 of the GCM specification that NIST refers to. */
enum { TEXT_SIZE = 60, EXTRA_SIZE = 20 };
static uint8_t key[AEAD_KEY_SIZE], nonce[AEAD_NONCE_SIZE], extra[EXTRA_SIZE];
static uint8_t plain[TEXT_SIZE], sealed[TEXT_SIZE + AEAD_TAG_SIZE];
static const struct aead known = {key, nonce, extra, EXTRA_SIZE, AEAD_AES_256_GCM};

static int read_known_case(void **state)
{
	(void)state;
	from_hex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", key);
	from_hex("cafebabefacedbaddecaf888", nonce);
	from_hex("feedfacedeadbeeffeedfacedeadbeefabaddad2", extra);
	from_hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
		 "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
		plain);
	from_hex("522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
		 "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
		 "76fc6ece0f4e1768cddf8853bb2d551b",
		sealed);
	return 0;
}

static void seals_as_the_specification_says(void **state)
{
	(void)state;
	uint8_t out[sizeof(sealed)], tag[AEAD_TAG_SIZE], expected[AEAD_TAG_SIZE];
	const struct aead zero = {zeros, zeros, NULL, 0, AEAD_AES_256_GCM};

	aead_seal(&known, plain, sizeof(plain), out);
	assert_memory_equal(out, sealed, sizeof(sealed));
	from_hex("530f8afbc74536b9a963b4f1c4cb738b", expected);
	aead_seal(&zero, NULL, 0, tag);
	assert_memory_equal(tag, expected, sizeof(tag));
}

static void opens_what_was_sealed(void **state)
{
	(void)state;
	uint8_t out[sizeof(plain)], nothing;
	const struct aead zero = {zeros, zeros, NULL, 0, AEAD_AES_256_GCM};
	uint8_t tag[AEAD_TAG_SIZE];

	assert_int_equal(aead_open(&known, sealed, sizeof(sealed), out), 0);
	assert_memory_equal(out, plain, sizeof(plain));
	aead_seal(&zero, NULL, 0, tag);
	assert_int_equal(aead_open(&zero, tag, sizeof(tag), &nothing), 0);
}

static void works_in_place(void **state)
{
	(void)state;
	uint8_t bytes[sizeof(sealed)];

	memcpy(bytes, plain, sizeof(plain));
	aead_seal(&known, bytes, sizeof(plain), bytes);
	assert_memory_equal(bytes, sealed, sizeof(sealed));
	assert_int_equal(aead_open(&known, bytes, sizeof(bytes), bytes), 0);
	assert_memory_equal(bytes, plain, sizeof(plain));
}

static void any_flipped_bit_is_noticed_and_leaves_no_text(void **state)
{
	(void)state;
	uint8_t out[sizeof(plain)], bytes[sizeof(sealed)];

	for (size_t bit = 0; bit < 8 * sizeof(sealed); bit++) {
		memcpy(bytes, sealed, sizeof(sealed));
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		memset(out, 0xff, sizeof(out));
		assert_int_equal(aead_open(&known, bytes, sizeof(bytes), out), ERR_CORRUPT);
		for (size_t i = 0; i < sizeof(out); i++)
			assert_int_equal(out[i], 0);
	}
}

static void another_key_nonce_or_extra_opens_nothing(void **state)
{
	(void)state;
	uint8_t out[sizeof(plain)], other[AEAD_KEY_SIZE];
	struct aead changed = known;

	memcpy(other, key, sizeof(other));
	other[0] ^= 1;
	changed.key = other;
	assert_int_equal(aead_open(&changed, sealed, sizeof(sealed), out), ERR_CORRUPT);
	changed = known;
	changed.nonce = zeros;
	assert_int_equal(aead_open(&changed, sealed, sizeof(sealed), out), ERR_CORRUPT);
	changed = known;
	changed.extra_size--;
	assert_int_equal(aead_open(&changed, sealed, sizeof(sealed), out), ERR_CORRUPT);
}

static void what_is_cut_off_is_corrupt(void **state)
{
	(void)state;
	uint8_t out[sizeof(plain)];

	for (size_t size = 0; size < sizeof(sealed); size++)
		assert_int_equal(aead_open(&known, sealed, size, out), ERR_CORRUPT);
}

/* RFC 8439, section 2.8.2. */
static void chacha20_poly1305_seals_as_rfc_8439_says(void **state)
{
	(void)state;
	static const char text[] = "Ladies and Gentlemen of the class of '99: If I could offer "
				   "you only one tip for the future, sunscreen would be it.";
	uint8_t chacha_key[32], chacha_nonce[12], chacha_extra[12];
	uint8_t expected[114 + AEAD_TAG_SIZE], out[sizeof(expected)];
	const struct aead chacha = {chacha_key, chacha_nonce, chacha_extra,
		sizeof(chacha_extra), AEAD_CHACHA20_POLY1305};

	from_hex(
		"808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f", chacha_key);
	from_hex("070000004041424344454647", chacha_nonce);
	from_hex("50515253c0c1c2c3c4c5c6c7", chacha_extra);
	from_hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
		 "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
		 "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
		 "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691",
		expected);
	aead_seal(&chacha, text, 114, out);
	assert_memory_equal(out, expected, sizeof(expected));
	assert_int_equal(aead_open(&chacha, out, sizeof(out), out), 0);
	assert_memory_equal(out, text, 114);
	expected[3] ^= 1;
	assert_int_equal(aead_open(&chacha, expected, sizeof(expected), out), ERR_CORRUPT);
}

static void one_kind_does_not_open_what_the_other_sealed(void **state)
{
	(void)state;
	uint8_t out[sizeof(plain)];
	struct aead other = known;

	other.kind = AEAD_CHACHA20_POLY1305;
	assert_int_equal(aead_open(&other, sealed, sizeof(sealed), out), ERR_CORRUPT);
	assert_int_equal(aead_open(&known, sealed, sizeof(sealed), out), 0);
	assert_memory_equal(out, plain, sizeof(plain));
}

/* The context of a call before leaves nothing behind that changes the next. */
static void *seal_and_open_in_turn(void *wrong)
{
	uint8_t out[sizeof(sealed)];
	struct aead changed = known;

	for (int i = 0; i < 200; i++) {
		changed.kind = i % 3 ? AEAD_AES_256_GCM : AEAD_CHACHA20_POLY1305;
		changed.extra_size = i % 2 ? EXTRA_SIZE : 0;
		aead_seal(&changed, plain, (size_t)(i % TEXT_SIZE), out);
		if (aead_open(&known, sealed, sizeof(sealed) - 1, out) == 0)
			*(int *)wrong = 1;
		aead_seal(&known, plain, sizeof(plain), out);
		if (memcmp(out, sealed, sizeof(sealed)) != 0 ||
			aead_open(&known, out, sizeof(out), out) < 0 ||
			memcmp(out, plain, sizeof(plain)) != 0)
			*(int *)wrong = 1;
	}
	return NULL;
}

static void threads_seal_at_once_and_calls_do_not_mix(void **state)
{
	(void)state;
	enum { THREADS = 8 };
	pthread_t threads[THREADS];
	int wrong[THREADS] = {0};

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(
			pthread_create(&threads[i], NULL, seal_and_open_in_turn, &wrong[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_int_equal(wrong[i], 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seals_as_the_specification_says),
		cmocka_unit_test(opens_what_was_sealed),
		cmocka_unit_test(works_in_place),
		cmocka_unit_test(any_flipped_bit_is_noticed_and_leaves_no_text),
		cmocka_unit_test(another_key_nonce_or_extra_opens_nothing),
		cmocka_unit_test(what_is_cut_off_is_corrupt),
		cmocka_unit_test(chacha20_poly1305_seals_as_rfc_8439_says),
		cmocka_unit_test(one_kind_does_not_open_what_the_other_sealed),
		cmocka_unit_test(threads_seal_at_once_and_calls_do_not_mix),
	};

	return cmocka_run_group_tests(tests, read_known_case, NULL);
}
