/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/hash.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <pthread.h>
#include <sodium.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"

/* OpenSSL's algorithm objects, fetched once: fetching them at each call costs more than hashing
 * a small message. They live as long as the program. */
static EVP_MD *sha256;
static EVP_MAC *hmac;
static EVP_KDF *hkdf;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	ASSERT(sha256 && hmac && hkdf);
}

static void prepare(void)
{
	pthread_once(&fetched, fetch);
}

void hash_sha256(const void *data, size_t size, uint8_t out[HASH_SIZE])
{
	prepare();
	int ok = EVP_Digest(data, size, out, NULL, sha256, NULL);
	ASSERT(ok == 1);
}

bool hash_md5(const void *data, size_t size, uint8_t out[HASH_MD5_SIZE])
{
	return EVP_Digest(data, size, out, NULL, EVP_md5(), NULL) == 1;
}

struct hash_stream {
	EVP_MD_CTX *context;
};

struct hash_stream *hash_stream_new(void)
{
	struct hash_stream *stream = mem_alloc(sizeof(*stream));

	prepare();
	stream->context = EVP_MD_CTX_new();
	ASSERT(stream->context && EVP_DigestInit_ex(stream->context, sha256, NULL) == 1);
	return stream;
}

void hash_stream_add(struct hash_stream *stream, const void *data, size_t size)
{
	int ok = EVP_DigestUpdate(stream->context, data, size);
	ASSERT(ok == 1);
}

void hash_stream_finish(struct hash_stream *stream, uint8_t out[HASH_SIZE])
{
	int ok = EVP_DigestFinal_ex(stream->context, out, NULL);
	ASSERT(ok == 1);
	hash_stream_free(stream);
}

void hash_stream_free(struct hash_stream *stream)
{
	if (!stream)
		return;
	EVP_MD_CTX_free(stream->context);
	mem_free(stream);
}

struct hash_hmac_key {
	EVP_MAC_CTX *context;
};

struct hash_hmac_key *hash_hmac_key_new(const void *key, size_t key_size)
{
	struct hash_hmac_key *prepared = mem_alloc(sizeof(*prepared));
	char digest[] = "SHA256";
	const OSSL_PARAM parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	prepare();
	prepared->context = EVP_MAC_CTX_new(hmac);
	ASSERT(prepared->context);
	/* OpenSSL takes NULL for "no key yet", which an empty key is not. */
	int ok = EVP_MAC_init(prepared->context, key ? key : "", key_size, parameters);
	ASSERT(ok == 1);
	return prepared;
}

void hash_hmac_with(
	struct hash_hmac_key *key, const void *data, size_t size, uint8_t out[HASH_SIZE])
{
	size_t written = 0;
	int ok = EVP_MAC_init(key->context, NULL, 0, NULL); /* the key stays */

	ok = ok == 1 && EVP_MAC_update(key->context, data, size) == 1 &&
	     EVP_MAC_final(key->context, out, &written, HASH_SIZE) == 1;
	ASSERT(ok && written == HASH_SIZE);
}

void hash_hmac_key_free(struct hash_hmac_key *key)
{
	if (!key)
		return;
	EVP_MAC_CTX_free(key->context);
	mem_free(key);
}

void hash_hmac(
	const void *key, size_t key_size, const void *data, size_t size, uint8_t out[HASH_SIZE])
{
	struct hash_hmac_key *prepared = hash_hmac_key_new(key, key_size);

	hash_hmac_with(prepared, data, size, out);
	hash_hmac_key_free(prepared);
}

/* OSSL_PARAM takes what it only reads as a pointer to what it may write. */
static void *writable(const void *data)
{
	return (void *)(uintptr_t)data;
}

void hash_hkdf(const void *key, size_t key_size, const void *salt, size_t salt_size,
	const char *info, void *out, size_t out_size)
{
	char digest[] = "SHA256";
	OSSL_PARAM parameters[5], *next = parameters;

	prepare();
	*next++ = OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0);
	*next++ =
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, writable(key), key_size);
	*next++ = OSSL_PARAM_construct_octet_string(
		OSSL_KDF_PARAM_INFO, writable(info), strlen(info));
	if (salt_size > 0)
		*next++ = OSSL_PARAM_construct_octet_string(
			OSSL_KDF_PARAM_SALT, writable(salt), salt_size);
	*next = OSSL_PARAM_construct_end();

	EVP_KDF_CTX *context = EVP_KDF_CTX_new(hkdf);
	ASSERT(context);
	int ok = EVP_KDF_derive(context, out, out_size, parameters);
	ASSERT(ok == 1);
	EVP_KDF_CTX_free(context);
}

uint64_t hash_short(const uint8_t key[HASH_SHORT_KEY_SIZE], const void *data, size_t size)
{
	unsigned char bytes[crypto_shorthash_BYTES];
	uint64_t value = 0;
	_Static_assert(HASH_SHORT_KEY_SIZE == crypto_shorthash_KEYBYTES, "key of SipHash");

	crypto_shorthash(bytes, data, size, key);
	for (size_t i = 0; i < sizeof(bytes); i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}
