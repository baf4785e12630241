/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_HASH_H
#define CRYPTO_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * SHA-256 (FIPS 180-4), HMAC-SHA-256 (RFC 2104) and HKDF-SHA-256 (RFC 5869), from OpenSSL.
 * SipHash-2-4 (Aumasson, Bernstein 2012) is from libsodium. They cannot fail but for want of
 * memory, which ends the program (base/mem.h).
 */

enum { HASH_SIZE = 32 };

void hash_sha256(const void *data, size_t size, uint8_t out[HASH_SIZE]);

/** A hash over what comes in pieces. hash_stream_finish frees it; hash_stream_free (NULL is
 * fine) is for the way out before that. */
struct hash_stream;
struct hash_stream *hash_stream_new(void);
void hash_stream_add(struct hash_stream *stream, const void *data, size_t size);
void hash_stream_finish(struct hash_stream *stream, uint8_t out[HASH_SIZE]);
void hash_stream_free(struct hash_stream *stream);

/** MD5 (RFC 1321), which servers of S3 name what they hold by. It proves nothing against
 * anybody who means harm. False where the machine's OpenSSL does not have it. */
enum { HASH_MD5_SIZE = 16 };
bool hash_md5(const void *data, size_t size, uint8_t out[HASH_MD5_SIZE]);

void hash_hmac(const void *key, size_t key_size, const void *data, size_t size,
	uint8_t out[HASH_SIZE]);

/** A key prepared once for many HMACs; one thread at a time. */
struct hash_hmac_key;
struct hash_hmac_key *hash_hmac_key_new(const void *key, size_t key_size);
void hash_hmac_with(
	struct hash_hmac_key *key, const void *data, size_t size, uint8_t out[HASH_SIZE]);
void hash_hmac_key_free(struct hash_hmac_key *key);

/** Derives `out_size` bytes (at most 8160) for the purpose named by `info`. `salt` may be NULL.
 */
void hash_hkdf(const void *key, size_t key_size, const void *salt, size_t salt_size,
	const char *info, void *out, size_t out_size);

enum { HASH_SHORT_KEY_SIZE = 16 };

/** SipHash-2-4: 64 bits that nobody without the key can foretell. For placing and counting,
 * too short to prove anything. */
uint64_t hash_short(const uint8_t key[HASH_SHORT_KEY_SIZE], const void *data, size_t size);

#endif
