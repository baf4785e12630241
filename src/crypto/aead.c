/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#ifdef __aarch64__
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

#include "base/mem.h"

enum { KINDS = 2 };

static EVP_CIPHER *ciphers[KINDS]; /* by enum aead_kind */
static pthread_key_t thread_contexts;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

/* The contexts of one thread: making one costs more than sealing a small piece. */
struct contexts {
	EVP_CIPHER_CTX *of[KINDS];
};

static void free_contexts(void *pointer)
{
	struct contexts *contexts = pointer;

	for (int i = 0; i < KINDS; i++)
		EVP_CIPHER_CTX_free(contexts->of[i]);
	mem_free(contexts);
}

/* The thread that ends the program runs no destructors of its keys. */
static void free_last(void)
{
	struct contexts *contexts = pthread_getspecific(thread_contexts);

	if (contexts)
		free_contexts(contexts);
	(void)pthread_setspecific(thread_contexts, NULL);
}

static void fetch(void)
{
	ciphers[AEAD_AES_256_GCM] = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	ciphers[AEAD_CHACHA20_POLY1305] = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
	ASSERT(ciphers[AEAD_AES_256_GCM] && ciphers[AEAD_CHACHA20_POLY1305]);
	ASSERT(pthread_key_create(&thread_contexts, free_contexts) == 0);
	ASSERT(atexit(free_last) == 0);
}

bool aead_aes_is_fast(void)
{
#if defined(__x86_64__)
	return __builtin_cpu_supports("aes") && __builtin_cpu_supports("pclmul");
#elif defined(__aarch64__)
	return getauxval(AT_HWCAP) & HWCAP_AES && getauxval(AT_HWCAP) & HWCAP_PMULL;
#else
	return false;
#endif
}

/* This thread's context for the kind, with the cipher in it. */
static EVP_CIPHER_CTX *context_of(enum aead_kind kind)
{
	ASSERT((unsigned)kind < KINDS);
	pthread_once(&fetched, fetch);
	struct contexts *contexts = pthread_getspecific(thread_contexts);
	if (!contexts) {
		contexts = mem_alloc(sizeof(*contexts));
		ASSERT(pthread_setspecific(thread_contexts, contexts) == 0);
	}
	if (!contexts->of[kind]) {
		EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

		ASSERT(context &&
			EVP_CipherInit_ex2(context, ciphers[kind], NULL, NULL, 1, NULL) == 1);
		contexts->of[kind] = context;
	}
	return contexts->of[kind];
}

/* A context ready for the text: key, nonce and extra data are in. */
static EVP_CIPHER_CTX *begin(const struct aead *aead, int seal)
{
	EVP_CIPHER_CTX *context = context_of(aead->kind);
	int size;

	ASSERT(aead->extra_size <= INT_MAX);
	/* Naming the cipher again would make OpenSSL begin with a new allocation. */
	int ok = EVP_CipherInit_ex2(context, NULL, aead->key, aead->nonce, seal, NULL);
	if (ok == 1 && aead->extra_size > 0)
		ok = EVP_CipherUpdate(context, NULL, &size, aead->extra, (int)aead->extra_size);
	ASSERT(ok == 1);
	return context;
}

void aead_seal(const struct aead *aead, const void *plain, size_t size, void *out)
{
	unsigned char *bytes = out;
	int done = 0, rest = 0;

	ASSERT(size <= INT_MAX);
	EVP_CIPHER_CTX *context = begin(aead, 1);
	int ok = size == 0 || EVP_EncryptUpdate(context, bytes, &done, plain, (int)size) == 1;
	ok = ok && EVP_EncryptFinal_ex(context, bytes + done, &rest) == 1 &&
	     EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, bytes + size) ==
		     1;
	ASSERT(ok && (size_t)(done + rest) == size);
}

int aead_open(const struct aead *aead, const void *sealed, size_t size, void *out)
{
	const unsigned char *bytes = sealed;
	unsigned char tag[AEAD_TAG_SIZE];
	int done = 0, rest = 0;

	if (size < AEAD_TAG_SIZE || size - AEAD_TAG_SIZE > INT_MAX)
		return err_set(ERR_CORRUPT, "sealed data of %zu bytes", size);
	size -= AEAD_TAG_SIZE;
	memcpy(tag, bytes + size, sizeof(tag));
	EVP_CIPHER_CTX *context = begin(aead, 0);
	int ok = size == 0 || EVP_DecryptUpdate(context, out, &done, bytes, (int)size) == 1;
	ok = ok &&
	     EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE, tag) == 1 &&
	     EVP_DecryptFinal_ex(context, (unsigned char *)out + done, &rest) == 1;
	if (ok)
		return 0;
	if (size > 0)
		memset(out, 0, size);
	return err_set(ERR_CORRUPT, "sealed data is not what was written");
}
