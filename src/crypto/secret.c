/* SPDX-License-Identifier: Apache-2.0 */
#include "crypto/secret.h"

#include <errno.h>
#include <sodium.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

enum {
	SECRET_FILE_MOST = 64 << 10,
	PASSES_MOST = 16,
	MEMORY_LEAST_KIB = 8,
	MEMORY_MOST_KIB = 1 << 20,
	SEAL_OVERHEAD = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES +
			crypto_aead_xchacha20poly1305_ietf_ABYTES,
};

const struct secret_cost secret_cost_default = {.passes = 3, .memory_kib = 64 << 10};

/* Finds the processor's best instructions; safe at any time, in any thread. */
static void prepare(void)
{
	ASSERT(sodium_init() >= 0);
}

static const struct secret_source *source; /* NULL: the system's */

void secret_random_use(const struct secret_source *other)
{
	source = other;
}

void secret_random(void *out, size_t size)
{
	prepare();
	if (source)
		source->fill(source->context, out, size);
	else
		randombytes_buf(out, size);
}

void secret_wipe(void *data, size_t size)
{
	sodium_memzero(data, size);
}

bool secret_equal(const void *a, const void *b, size_t size)
{
	return sodium_memcmp(a, b, size) == 0;
}

int secret_from_password(const char *password, const uint8_t salt[SECRET_SALT_SIZE],
	const struct secret_cost *cost, uint8_t out[SECRET_KEY_SIZE])
{
	_Static_assert(SECRET_SALT_SIZE == crypto_pwhash_SALTBYTES, "salt of Argon2id");

	prepare();
	if (cost->passes < 1 || cost->passes > PASSES_MOST ||
		cost->memory_kib < MEMORY_LEAST_KIB || cost->memory_kib > MEMORY_MOST_KIB)
		return err_set(ERR_LIMIT, "a password cost of %u passes over %u KiB",
			cost->passes, cost->memory_kib);
	if (crypto_pwhash(out, SECRET_KEY_SIZE, password, strlen(password), salt, cost->passes,
		    (size_t)cost->memory_kib << 10, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return err_set(ERR_LIMIT,
			"no memory for deriving a key from a password (%u KiB)",
			cost->memory_kib);
	return 0;
}

int secret_seal(
	const uint8_t key[SECRET_KEY_SIZE], const void *plain, size_t size, struct buf *out)
{
	uint8_t nonce[crypto_aead_xchacha20poly1305_ietf_NPUBBYTES];
	_Static_assert(SECRET_KEY_SIZE == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "key");

	secret_random(nonce, sizeof(nonce));
	unsigned char *to = size <= SIZE_MAX - SEAL_OVERHEAD
				    ? buf_reserve(out, size + SEAL_OVERHEAD)
				    : NULL;
	if (!to)
		return err_set(ERR_LIMIT, "a secret of %zu bytes is too long", size);
	memcpy(to, nonce, sizeof(nonce));
	crypto_aead_xchacha20poly1305_ietf_encrypt(
		to + sizeof(nonce), NULL, plain, size, NULL, 0, NULL, nonce, key);
	buf_commit(out, size + SEAL_OVERHEAD);
	return 0;
}

int secret_open(
	const uint8_t key[SECRET_KEY_SIZE], const void *sealed, size_t size, struct buf *out)
{
	const uint8_t *nonce = sealed;
	const size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;

	if (size < SEAL_OVERHEAD)
		return err_set(ERR_CORRUPT, "a sealed secret of %zu bytes", size);
	prepare();
	unsigned char none; /* where an empty secret goes */
	unsigned char *to =
		size > SEAL_OVERHEAD ? buf_reserve(out, size - SEAL_OVERHEAD) : &none;
	if (!to)
		return ERR_LIMIT;
	if (crypto_aead_xchacha20poly1305_ietf_decrypt(to, NULL, NULL, nonce + nonce_size,
		    size - nonce_size, NULL, 0, nonce, key) != 0)
		return err_set(ERR_CORRUPT, "a sealed secret is not what was written");
	buf_commit(out, size - SEAL_OVERHEAD);
	return 0;
}

static int read_standard_input(struct buf *out)
{
	for (;;) {
		unsigned char *to = buf_reserve(out, 1);
		ssize_t done = to ? read(STDIN_FILENO, to, 1) : -1;
		if (done < 0 && to && errno == EINTR)
			continue;
		if (done < 0)
			return to ? err_errno("cannot read standard input") : ERR_LIMIT;
		if (done == 0)
			return 0;
		buf_commit(out, 1);
	}
}

static bool drop_last(struct buf *text, char last)
{
	bool is_there = text->size > 0 && text->data[text->size - 1] == (unsigned char)last;

	text->size -= is_there;
	return is_there;
}

/* Makes one line of text of what was read. */
static int trim(struct buf *text, const char *name)
{
	if (text->size > SECRET_FILE_MOST)
		return err_set(ERR_INVALID, "%s is longer than 64 KiB: it is no secret", name);
	if (drop_last(text, '\n'))
		drop_last(text, '\r');
	if (text->size == 0)
		return err_set(ERR_INVALID, "%s is empty", name);
	if (memchr(text->data, 0, text->size))
		return err_set(ERR_INVALID, "%s holds a NUL byte: it is no text", name);
	return buf_text(text) ? 0 : ERR_LIMIT;
}

/* Reads up to one byte over what is allowed: enough to see that it is too much. */
static int read_all(const char *path, struct buf *out)
{
	int r = strcmp(path, "-") == 0 ? read_standard_input(out) : io_read_file(path, out);

	return r == ERR_LIMIT ? 0 : r;
}

int secret_read(const char *path, char **out)
{
	struct buf text = buf_init(SECRET_FILE_MOST + 1);
	size_t size;
	int r = read_all(path, &text);

	*out = NULL;
	if (r == 0)
		r = trim(&text, strcmp(path, "-") == 0 ? "standard input" : path);
	if (r == 0)
		*out = (char *)buf_steal(&text, &size);
	else if (text.data)
		secret_wipe(text.data, text.capacity);
	buf_free(&text);
	return r;
}

static int make_key_file(const char *path)
{
	uint8_t key[SECRET_KEY_SIZE];
	int fd;

	/* Two processes may come here at once: the one that makes the file wins, whole. */
	AUTO_TEXT lock = mem_printf("%s.lock", path);
	int r = io_lock(lock, &fd);
	if (r == ERR_LOCKED)
		return 0;
	if (r < 0)
		return r;
	if (!io_exists(path)) {
		secret_random(key, sizeof(key));
		r = io_write_file(path, key, sizeof(key), 0600);
		secret_wipe(key, sizeof(key));
	}
	unlink(lock);
	io_close(fd);
	return r;
}

int secret_key_file(const char *path, uint8_t out[SECRET_KEY_SIZE])
{
	enum { TRIES = 100, PAUSE_US = 20000 };
	AUTO_BUF bytes = buf_init(SECRET_KEY_SIZE + 1);
	int r = 0;

	for (int i = 0; i < TRIES && r == 0 && !io_exists(path); i++) {
		r = make_key_file(path);
		if (r == 0 && !io_exists(path))
			clock_sleep_us(PAUSE_US);
	}
	if (r == 0)
		r = io_read_file(path, &bytes);
	if (r == ERR_LIMIT || (r == 0 && bytes.size != SECRET_KEY_SIZE))
		return err_set(ERR_CORRUPT,
			"the key file %s does not have %d bytes; put the right one back from "
			"your copy",
			path, SECRET_KEY_SIZE);
	if (r == 0)
		memcpy(out, bytes.data, SECRET_KEY_SIZE);
	if (bytes.data)
		secret_wipe(bytes.data, bytes.capacity);
	return r;
}
