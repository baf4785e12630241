/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <pthread.h>
#include <string.h>

#include "base/text.h"
#include "crypto/hash.h"

static void assert_hex(const uint8_t *data, size_t size, const char *hex)
{
	char text[2 * 100 + 1];

	assert_true(size <= 100);
	text_to_hex(data, size, text);
	assert_string_equal(text, hex);
}

static void sha256_gives_what_fips_180_4_says(void **state)
{
	(void)state;
	uint8_t out[HASH_SIZE];

	hash_sha256("abc", 3, out);
	assert_hex(out, sizeof(out),
		"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hash_sha256(NULL, 0, out);
	assert_hex(out, sizeof(out),
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

static void a_hash_in_pieces_is_the_hash_of_the_whole(void **state)
{
	(void)state;
	struct hash_stream *stream = hash_stream_new();
	uint8_t out[HASH_SIZE];
	char piece[1000];

	memset(piece, 'a', sizeof(piece));
	for (int i = 0; i < 1000; i++)
		hash_stream_add(stream, piece, sizeof(piece));
	hash_stream_add(stream, NULL, 0);
	hash_stream_finish(stream, out);
	assert_hex(out, sizeof(out),
		"cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void a_stream_that_is_given_up_leaks_nothing(void **state)
{
	(void)state;
	struct hash_stream *stream = hash_stream_new();

	hash_stream_add(stream, "abc", 3);
	hash_stream_free(stream);
	hash_stream_free(NULL);
}

static void hmac_gives_what_rfc_4231_says(void **state)
{
	(void)state;
	static const char large[] = "Test Using Larger Than Block-Size Key - Hash Key First";
	uint8_t key[131], out[HASH_SIZE];

	memset(key, 0x0b, 20);
	hash_hmac(key, 20, "Hi There", 8, out);
	assert_hex(out, sizeof(out),
		"b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	hash_hmac("Jefe", 4, "what do ya want for nothing?", 28, out);
	assert_hex(out, sizeof(out),
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	hash_hmac(key, sizeof(key), large, strlen(large), out);
	assert_hex(out, sizeof(out),
		"60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

static void an_hmac_of_nothing_under_an_empty_key_exists(void **state)
{
	(void)state;
	uint8_t out[HASH_SIZE];

	hash_hmac("", 0, NULL, 0, out);
	assert_hex(out, sizeof(out),
		"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
	hash_hmac(NULL, 0, NULL, 0, out);
	assert_hex(out, sizeof(out),
		"b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

static void a_prepared_key_forgets_the_message_before(void **state)
{
	(void)state;
	struct hash_hmac_key *key = hash_hmac_key_new("Jefe", 4);
	uint8_t with[HASH_SIZE], without[HASH_SIZE];

	for (int i = 0; i < 3; i++) {
		char message = (char)('a' + i);
		hash_hmac_with(key, &message, 1, with);
		hash_hmac("Jefe", 4, &message, 1, without);
		assert_memory_equal(with, without, HASH_SIZE);
	}
	hash_hmac_key_free(key);
	hash_hmac_key_free(NULL);
}

static void hkdf_gives_what_rfc_5869_says(void **state)
{
	(void)state;
	uint8_t key[22], salt[13], out[42];

	memset(key, 0x0b, sizeof(key));
	for (size_t i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	hash_hkdf(key, sizeof(key), salt, sizeof(salt),
		"\xf0\xf1\xf2\xf3\xf4\xf5\xf6\xf7\xf8\xf9", out, sizeof(out));
	assert_hex(out, sizeof(out),
		"3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887"
		"185865");
	hash_hkdf(key, sizeof(key), NULL, 0, "", out, sizeof(out));
	assert_hex(out, sizeof(out),
		"8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b6"
		"1a96c8");
}

static void another_purpose_gives_another_key(void **state)
{
	(void)state;
	static uint8_t most[8160];
	uint8_t one[32], other[32];

	hash_hkdf("key", 3, NULL, 0, "one", one, sizeof(one));
	hash_hkdf("key", 3, NULL, 0, "other", other, sizeof(other));
	assert_memory_not_equal(one, other, sizeof(one));
	hash_hkdf("key", 3, NULL, 0, "one", most, sizeof(most));
	assert_memory_equal(most, one, sizeof(one));
}

/* The first and one of the middle of the vectors of the SipHash paper and its program. */
static void a_short_hash_is_siphash_2_4(void **state)
{
	(void)state;
	uint8_t key[HASH_SHORT_KEY_SIZE], message[15];

	for (uint8_t i = 0; i < sizeof(key); i++)
		key[i] = i;
	for (uint8_t i = 0; i < sizeof(message); i++)
		message[i] = i;
	assert_true(hash_short(key, "", 0) == 0x726fdb47dd0e0e31);
	assert_true(hash_short(key, message, sizeof(message)) == 0xa129ca6149be45e5);
}

static void *hash_a_little(void *out)
{
	hash_hmac("Jefe", 4, "what do ya want for nothing?", 28, out);
	return NULL;
}

static void threads_may_hash_at_once(void **state)
{
	(void)state;
	enum { THREADS = 8 };
	pthread_t threads[THREADS];
	uint8_t out[THREADS][HASH_SIZE];

	for (int i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, hash_a_little, out[i]), 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		assert_memory_equal(out[i], out[0], HASH_SIZE);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(threads_may_hash_at_once),
		cmocka_unit_test(sha256_gives_what_fips_180_4_says),
		cmocka_unit_test(a_hash_in_pieces_is_the_hash_of_the_whole),
		cmocka_unit_test(a_stream_that_is_given_up_leaks_nothing),
		cmocka_unit_test(hmac_gives_what_rfc_4231_says),
		cmocka_unit_test(an_hmac_of_nothing_under_an_empty_key_exists),
		cmocka_unit_test(a_prepared_key_forgets_the_message_before),
		cmocka_unit_test(hkdf_gives_what_rfc_5869_says),
		cmocka_unit_test(another_purpose_gives_another_key),
		cmocka_unit_test(a_short_hash_is_siphash_2_4),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
