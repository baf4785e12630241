/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/aead.h"
#include "crypto/hash.h"
#include "primitives.h"
#include "repo/chunker.h"

enum { MIB = 1 << 20, KIB = 1 << 10, MAIL = 3 * KIB, SOME = 64 * MIB };

static uint8_t *room;   /* what a round writes into: a bound of 1 MiB and more */
static uint8_t *frames; /* blocks of 1 MiB, compressed at level 3 */
static size_t *frame_sizes;
static size_t frame_count;
static uint8_t *sealed[2]; /* one block of 1 MiB, by cipher */
static char *encoded;
static const uint8_t KEY[AEAD_KEY_SIZE] = {7};
static const uint8_t NONCE[AEAD_NONCE_SIZE] = {1};

static size_t some(const struct sample *sample)
{
	return sample->size < SOME ? sample->size : SOME;
}

/* Calls `step` for pieces of a size over the first 64 MiB. */
typedef void step_fn(
	const uint8_t *data, size_t size, int argument, struct primitive_work *work);
static void each(const struct sample *sample, size_t unit, step_fn *step, int argument,
	struct primitive_work *work)
{
	for (size_t at = 0; at + unit <= some(sample); at += unit) {
		step(sample->data + at, unit, argument, work);
		work->bytes += unit;
		work->calls++;
	}
}

/* Reading, as a file's content is read: opened, looked at, read, closed; or one that is open.
 */

static void run_read_files(
	const struct sample *sample, int argument, struct primitive_work *work)
{
	struct stat stat;

	(void)argument;
	for (size_t i = 0; i < sample->file_count; i++) {
		size_t left = sample->files[i].size;
		int fd = open(sample->files[i].path, O_RDONLY | O_CLOEXEC);
		ASSERT(fd >= 0 && fstat(fd, &stat) == 0);
		while (left > 0) {
			ssize_t got = read(fd, room, left < MIB ? left : MIB);
			if (got <= 0)
				break;
			left -= (size_t)got;
			work->bytes += (uint64_t)got;
		}
		close(fd);
		work->calls++;
	}
}

/* Listing: each folder opened, its names read, each looked at. */
static void run_list(const struct sample *sample, int argument, struct primitive_work *work)
{
	const char *seen = "";
	size_t seen_size = 0;

	(void)argument;
	for (size_t i = 0; i < sample->file_count; i++) {
		const char *path = sample->files[i].path;
		size_t size = (size_t)(strrchr(path, '/') - path);
		if (size == seen_size && memcmp(path, seen, size) == 0)
			continue;
		seen = path;
		seen_size = size;
		AUTO_TEXT folder = mem_strndup(path, size);
		DIR *stream = opendir(folder);
		ASSERT(stream);
		for (const struct dirent *entry; (entry = readdir(stream));) {
			struct stat stat;
			if (fstatat(dirfd(stream), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) ==
				0)
				work->calls++;
		}
		closedir(stream);
	}
	work->bytes = sample->size;
}

static void run_read_open(
	const struct sample *sample, int argument, struct primitive_work *work)
{
	static int fd = -1;

	(void)argument;
	if (fd < 0) {
		fd = open(sample->scratch, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		ASSERT(fd >= 0 && write(fd, sample->data, some(sample)) > 0);
	}
	for (size_t at = 0; at + MIB <= some(sample); at += MIB) {
		ASSERT(pread(fd, room, MIB, (off_t)at) == MIB);
		work->bytes += MIB;
		work->calls++;
	}
}

static void step_copy(
	const uint8_t *data, size_t size, int argument, struct primitive_work *work)
{
	(void)argument;
	(void)work;
	memcpy(room, data, size);
	__asm__ volatile("" : : "r"(room) : "memory");
}

static void run_copy(const struct sample *sample, int argument, struct primitive_work *work)
{
	each(sample, MIB, step_copy, argument, work);
}

/* Scanning: base64 without its line ends, four digits by four tables to three bytes. */

static uint32_t digit_value[4][256]; /* of a digit at its place in a group; above 2^24: none */

static void prepare_digits(void)
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	memset(digit_value, 0xff, sizeof(digit_value));
	for (uint32_t i = 0; i < 64; i++)
		for (size_t place = 0; place < 4; place++)
			digit_value[place][(uint8_t)digits[i]] = i << (18 - 6 * place);
}

static void run_base64(const struct sample *sample, int argument, struct primitive_work *work)
{
	uint32_t wrong = 0;
	uint8_t *out = room;

	(void)sample;
	(void)argument;
	for (const uint8_t *in = (const uint8_t *)encoded; in[0] && in[3] != '='; in += 4) {
		uint32_t group = digit_value[0][in[0]] | digit_value[1][in[1]] |
				 digit_value[2][in[2]] | digit_value[3][in[3]];
		wrong |= group;
		out[0] = (uint8_t)(group >> 16);
		out[1] = (uint8_t)(group >> 8);
		out[2] = (uint8_t)group;
		out += 3;
		work->bytes += 4;
	}
	ASSERT(wrong < 1 << 24);
	work->calls = 1;
}

static void run_chunker(const struct sample *sample, int argument, struct primitive_work *work)
{
	uint8_t bytes[CHUNKER_TABLE_BYTES];
	struct chunker_table table;
	struct chunker chunker;
	size_t begin = 0;
	bool ends;

	(void)argument;
	hash_hkdf(KEY, sizeof(KEY), NULL, 0, "chunker", bytes, sizeof(bytes));
	chunker_table_init(&table, bytes);
	chunker_init(&chunker, &table, CHUNKER_DATA);
	while (begin < some(sample)) {
		begin += chunker_next(
			&chunker, sample->data + begin, some(sample) - begin, &ends);
		work->calls += ends;
	}
	work->bytes = some(sample);
}

static void step_hmac(
	const uint8_t *data, size_t size, int argument, struct primitive_work *work)
{
	static struct hash_hmac_key *key;
	uint8_t out[HASH_SIZE];

	(void)argument;
	(void)work;
	if (!key)
		key = hash_hmac_key_new(KEY, sizeof(KEY));
	hash_hmac_with(key, data, size, out);
}

static void run_hmac(const struct sample *sample, int unit, struct primitive_work *work)
{
	each(sample, (size_t)unit, step_hmac, 0, work);
}

static size_t compress(const uint8_t *data, size_t size, int level, uint8_t *out)
{
	static ZSTD_CCtx *context;

	if (!context)
		context = ZSTD_createCCtx();
	return ZSTD_compressCCtx(context, out, ZSTD_compressBound(MIB), data, size, level);
}

static void step_compress(
	const uint8_t *data, size_t size, int level, struct primitive_work *work)
{
	size_t made = compress(data, size, level, room);

	ASSERT(!ZSTD_isError(made));
	work->made += made;
}

static void run_compress(const struct sample *sample, int level, struct primitive_work *work)
{
	each(sample, MIB, step_compress, level, work);
}

static void run_decompress(
	const struct sample *sample, int argument, struct primitive_work *work)
{
	static ZSTD_DCtx *context;
	const uint8_t *at = frames;

	(void)sample;
	(void)argument;
	if (!context)
		context = ZSTD_createDCtx();
	for (size_t i = 0; i < frame_count; i++) {
		size_t made = ZSTD_decompressDCtx(context, room, MIB, at, frame_sizes[i]);
		ASSERT(made == MIB);
		at += frame_sizes[i];
		work->bytes += made;
		work->calls++;
	}
}

/* Ciphers: AES-256-GCM as src/crypto has it, under a fresh key at each call, and
 * ChaCha20-Poly1305 by OpenSSL. */

static void chacha(bool seal, const uint8_t *in, size_t size, uint8_t *out)
{
	static EVP_CIPHER *cipher;
	static EVP_CIPHER_CTX *context;
	int done = 0, last = 0;

	if (!context) {
		cipher = EVP_CIPHER_fetch(NULL, "ChaCha20-Poly1305", NULL);
		context = EVP_CIPHER_CTX_new();
	}
	ASSERT(EVP_CipherInit_ex2(context, cipher, KEY, NONCE, seal, NULL) == 1);
	if (!seal)
		ASSERT(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_SIZE,
			       (void *)(uintptr_t)(in + size)) == 1);
	ASSERT(EVP_CipherUpdate(context, out, &done, in, (int)size) == 1);
	ASSERT(EVP_CipherFinal_ex(context, out + done, &last) == 1);
	if (seal)
		ASSERT(EVP_CIPHER_CTX_ctrl(
			       context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_SIZE, out + size) == 1);
}

enum { GCM, CHACHA };

static void seal_block(const uint8_t *data, size_t size, int cipher, uint8_t *out)
{
	const struct aead aead = {.key = KEY, .nonce = NONCE};

	if (cipher == GCM)
		aead_seal(&aead, data, size, out);
	else
		chacha(true, data, size, out);
}

static void step_seal(const uint8_t *data, size_t size, int cipher, struct primitive_work *work)
{
	(void)work;
	seal_block(data, size, cipher, room);
}

static void run_seal(const struct sample *sample, int cipher, struct primitive_work *work)
{
	each(sample, MIB, step_seal, cipher, work);
}

static void run_open(const struct sample *sample, int cipher, struct primitive_work *work)
{
	const struct aead aead = {.key = KEY, .nonce = NONCE};

	(void)sample;
	if (cipher == GCM)
		ASSERT(aead_open(&aead, sealed[GCM], MIB + AEAD_TAG_SIZE, room) == 0);
	else
		chacha(false, sealed[CHACHA], MIB, room);
	work->bytes = MIB;
	work->calls = 1;
}

/* Writing: a pack's bytes in pieces of 1 MiB, then made durable. */
static void run_write(const struct sample *sample, int durable, struct primitive_work *work)
{
	int fd = open(sample->scratch, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	ASSERT(fd >= 0);
	for (size_t at = 0; at + MIB <= some(sample); at += MIB) {
		ASSERT(write(fd, sample->data + at, MIB) == MIB);
		work->bytes += MIB;
		work->calls++;
	}
	ASSERT(!durable || fdatasync(fd) == 0);
	close(fd);
}

static const struct primitive all[] = {
	{"list", "folders: readdir, fstatat", 0, 0, run_list},
	{"read", "files: open, fstat, read, close", 0, 0, run_read_files},
	{"read", "pread of an open file", MIB, 0, run_read_open},
	{"memory", "memcpy", MIB, 0, run_copy},
	{"scan", "base64 decode, scalar", MIB, 0, run_base64},
	{"chunk", "gear, src/repo/chunker", 0, 0, run_chunker},
	{"hash", "HMAC-SHA-256", MAIL, MAIL, run_hmac},
	{"hash", "HMAC-SHA-256", 64 * KIB, 64 * KIB, run_hmac},
	{"hash", "HMAC-SHA-256", MIB, MIB, run_hmac},
	{"compress", "zstd -1", MIB, 1, run_compress},
	{"compress", "zstd -3", MIB, 3, run_compress},
	{"compress", "zstd -6", MIB, 6, run_compress},
	{"seal", "AES-256-GCM seal", MIB, GCM, run_seal},
	{"seal", "ChaCha20-Poly1305 seal", MIB, CHACHA, run_seal},
	{"verify", "AES-256-GCM open", MIB, GCM, run_open},
	{"verify", "ChaCha20-Poly1305 open", MIB, CHACHA, run_open},
	{"verify", "zstd decode of -3", MIB, 0, run_decompress},
	{"write", "write", MIB, 0, run_write},
	{"write", "write, fdatasync", MIB, 1, run_write},
};

const struct primitive *primitives_all(size_t *out_count)
{
	*out_count = sizeof(all) / sizeof(all[0]);
	return all;
}

void primitives_prepare(const struct sample *sample)
{
	size_t used = 0, bound = ZSTD_compressBound(MIB);

	frame_count = some(sample) / MIB;
	room = mem_alloc(bound + AEAD_TAG_SIZE);
	frames = mem_array(frame_count, bound);
	frame_sizes = mem_array(frame_count, sizeof(*frame_sizes));
	for (size_t i = 0; i < frame_count; i++) {
		frame_sizes[i] = compress(sample->data + i * MIB, MIB, 3, frames + used);
		used += frame_sizes[i];
	}
	for (int cipher = GCM; cipher <= CHACHA; cipher++) {
		sealed[cipher] = mem_alloc(MIB + AEAD_TAG_SIZE);
		seal_block(sample->data, MIB, cipher, sealed[cipher]);
	}
	prepare_digits();
	encoded = text_to_base64(sample->data, MIB / 4 * 3);
}
