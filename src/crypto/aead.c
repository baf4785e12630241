/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/aead.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

#include "base/mem.h"

static EVP_CIPHER *aes_256_gcm;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
	aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	ASSERT(aes_256_gcm);
}

/* A context ready for the text: key, nonce and extra data are in. */
static EVP_CIPHER_CTX *begin(const struct aead *aead, int seal)
{
	EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
	int size;

	pthread_once(&fetched, fetch);
	ASSERT(context && aead->extra_size <= INT_MAX);
	int ok = EVP_CipherInit_ex2(context, aes_256_gcm, aead->key, aead->nonce, seal, NULL);
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
	EVP_CIPHER_CTX_free(context);
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
	EVP_CIPHER_CTX_free(context);
	if (ok)
		return 0;
	if (size > 0)
		memset(out, 0, size);
	return err_set(ERR_CORRUPT, "sealed data is not what was written");
}
