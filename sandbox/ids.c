/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/ids.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

/* The first bytes give ids the beginnings that Exchange's have: AAMk… and AAkALg…. The sizes
 * leave two bytes over a multiple of three, hence the one "=". */
enum { MARK_SIZE = 4, PLACE_SIZE = 8, BARE_SIZE = MARK_SIZE + IDS_KEY_SIZE, PLACED_SIZE = 29 };

static const uint8_t marks[][MARK_SIZE] = {
	[IDS_FOLDER] = {0x00, 0x03, 0x24, 0x00},
	[IDS_PLACED] = {0x00, 0x03, 0x24, 0x01},
	[IDS_IMMUTABLE] = {0x00, 0x09, 0x00, 0x2e},
};

static void hash_parts(const char *const *parts, uint8_t out[HASH_SIZE])
{
	struct hash_stream *stream = hash_stream_new();

	/* With their NULs, so that {"a", "bc"} and {"ab", "c"} differ. */
	for (; *parts; parts++)
		hash_stream_add(stream, *parts, strlen(*parts) + 1);
	hash_stream_finish(stream, out);
}

struct ids_key ids_key_of(const char *const *parts)
{
	uint8_t hash[HASH_SIZE];
	struct ids_key key;

	hash_parts(parts, hash);
	memcpy(key.bytes, hash, sizeof(key.bytes));
	return key;
}

bool ids_key_equal(const struct ids_key *a, const struct ids_key *b)
{
	return memcmp(a->bytes, b->bytes, IDS_KEY_SIZE) == 0;
}

uint64_t ids_place(const struct ids_key *message, const struct ids_key *folder, uint32_t moves)
{
	uint8_t text[2 * IDS_KEY_SIZE + sizeof(moves)];
	uint8_t hash[HASH_SIZE];
	uint64_t place = 0;

	memcpy(text, message->bytes, IDS_KEY_SIZE);
	memcpy(text + IDS_KEY_SIZE, folder->bytes, IDS_KEY_SIZE);
	for (size_t i = 0; i < sizeof(moves); i++)
		text[2 * IDS_KEY_SIZE + i] = (uint8_t)(moves >> (8 * i));
	hash_sha256(text, sizeof(text), hash);
	for (size_t i = 0; i < PLACE_SIZE; i++)
		place = place << 8 | hash[i];
	return place;
}

void ids_write(const struct ids_ref *ref, char out[IDS_TEXT_SIZE])
{
	uint8_t bytes[PLACED_SIZE] = {0};
	size_t size = ref->kind == IDS_PLACED ? PLACED_SIZE : BARE_SIZE;

	memcpy(bytes, marks[ref->kind], MARK_SIZE);
	memcpy(bytes + MARK_SIZE, ref->key.bytes, IDS_KEY_SIZE);
	for (size_t i = 0; ref->kind == IDS_PLACED && i < PLACE_SIZE; i++)
		bytes[BARE_SIZE + i] = (uint8_t)(ref->place >> (8 * (PLACE_SIZE - 1 - i)));

	AUTO_TEXT text = text_to_base64url(bytes, size);
	snprintf(out, IDS_TEXT_SIZE, "%s=", text);
}

static int kind_of(const struct buf *bytes, enum ids_kind *out)
{
	for (int kind = IDS_FOLDER; kind <= IDS_IMMUTABLE; kind++) {
		size_t size = kind == IDS_PLACED ? PLACED_SIZE : BARE_SIZE;
		if (bytes->size != size || memcmp(bytes->data, marks[kind], MARK_SIZE) != 0)
			continue;
		*out = (enum ids_kind)kind;
		return 0;
	}
	return err_set(ERR_INVALID, "no such kind of id");
}

int ids_read(const char *text, struct ids_ref *out)
{
	AUTO_BUF bytes = buf_init(2 * PLACED_SIZE);
	char again[IDS_TEXT_SIZE];

	*out = (struct ids_ref){0};
	int r = text_from_base64(text, &bytes);
	if (r == 0)
		r = kind_of(&bytes, &out->kind);
	if (r < 0)
		return err_set(ERR_INVALID, "id is malformed");
	memcpy(out->key.bytes, bytes.data + MARK_SIZE, IDS_KEY_SIZE);
	for (size_t i = 0; out->kind == IDS_PLACED && i < PLACE_SIZE; i++)
		out->place = out->place << 8 | bytes.data[BARE_SIZE + i];
	/* One spelling only: base64 has others for the same bytes. */
	ids_write(out, again);
	return strcmp(again, text) == 0 ? 0 : err_set(ERR_INVALID, "id is malformed");
}

static void guid_from(const uint8_t bytes[16], char out[IDS_GUID_SIZE])
{
	char hex[33];

	text_to_hex(bytes, 16, hex);
	hex[12] = '4'; /* version and variant of RFC 9562 */
	hex[16] = "89ab"[bytes[8] & 3];
	snprintf(out, IDS_GUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12,
		hex + 16, hex + 20);
}

void ids_guid(const char *const *parts, char out[IDS_GUID_SIZE])
{
	uint8_t hash[HASH_SIZE];

	hash_parts(parts, hash);
	guid_from(hash, out);
}

void ids_guid_random(char out[IDS_GUID_SIZE])
{
	uint8_t bytes[16];

	secret_random(bytes, sizeof(bytes));
	guid_from(bytes, out);
}
