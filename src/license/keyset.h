/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_KEYSET_H
#define LICENSE_KEYSET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/sign.h"

/*
 * The online keys of the licensing service, signed by its root key:
 *
 *   GARNER-KEYSET/1
 *   version: 3
 *   key: 0f1e2d3c4b5a6978 BASE64-OF-32-BYTES 2026-11-25T00:00:00Z 2027-02-23T00:00:00Z
 *   signature: BASE64-OF-64-BYTES
 *
 * one to KEYSET_MAX `key` lines (id, public key, first second, first second after), and a
 * signature over all bytes before its line. Every line ends with a line feed.
 */

enum {
	KEYSET_MAX = 8,
	KEYSET_ID_SIZE = 17,         /* 16 lower-case hexadecimal digits and NUL */
	KEYSET_TEXT_MAX = 4096,      /* bytes of a text, its NUL included */
	KEYSET_VALID_S = 90 * 86400, /* of one online key */
	KEYSET_ROOT_SIZE = 46,       /* text of a root.pub, its NUL included */
};

struct keyset_key {
	char id[KEYSET_ID_SIZE];
	uint8_t public[SIGN_PUBLIC_SIZE];
	int64_t from_s;
	int64_t until_s; /* no longer valid at this moment */
};

struct keyset {
	int64_t version; /* from 1, counts up with each change; a reader keeps the highest seen
			  */
	size_t count;
	struct keyset_key keys[KEYSET_MAX]; /* newest last */
};

/** Id of a public key: the first 8 bytes of its SHA-256. */
void keyset_key_id(const uint8_t public[SIGN_PUBLIC_SIZE], char out[KEYSET_ID_SIZE]);

/** The signed text. The caller frees it. */
char *keyset_write(const struct keyset *keyset, const struct sign_key *root);

/** What the holder of the root key is asked to sign: the same without a signature, under the
 * line "GARNER-KEYSET-REQUEST/1". The caller frees it. */
char *keyset_write_request(const struct keyset *keyset);
NODISCARD int keyset_read_request(const char *text, struct keyset *out); /* ERR_CORRUPT */

/** Reads a text that the root signed. ERR_CORRUPT where it has another form or signature. */
NODISCARD int keyset_read(
	const char *text, const uint8_t root[SIGN_PUBLIC_SIZE], struct keyset *out);

/** The key of that id; NULL where there is none. */
const struct keyset_key *keyset_find(const struct keyset *keyset, const char *id);

/** The content of a root.pub: the public key in base64 and a line feed. */
void keyset_root_write(const uint8_t root[SIGN_PUBLIC_SIZE], char out[KEYSET_ROOT_SIZE]);

/** Reads it, the line feed being optional. ERR_INVALID. */
NODISCARD int keyset_root_read(const char *text, uint8_t out[SIGN_PUBLIC_SIZE]);

#endif
