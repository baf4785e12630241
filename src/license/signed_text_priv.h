/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SIGNED_TEXT_PRIV_H
#define LICENSE_SIGNED_TEXT_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "crypto/sign.h"

/*
 * What the signed texts of this folder have in common: lines "name: value", and a last line
 * "signature: BASE64" over all bytes before it.
 */

enum { SIGNED_TEXT_VALUE_MAX = 128 }; /* bytes of a value, its NUL included */

/** Appends "name: value" and a line feed. The writer's bounds are its own affair: no room is a
 * programming error. */
void signed_text_put(struct buf *out, const char *name, const char *value);

/** Signs what is there, appends the signature's line and gives the text, which the caller
 * frees. The buffer is empty afterwards. */
char *signed_text_close(struct buf *body, const struct sign_key *key);

/** Takes the line "name: value" from the front of *text. ERR_CORRUPT where another one is there
 * or its value is too long. */
NODISCARD int signed_text_take(
	const char **text, const char *name, char value[SIGNED_TEXT_VALUE_MAX]);

/** Takes the signature's line, which must be the last, in its one spelling. ERR_CORRUPT. */
NODISCARD int signed_text_take_signature(
	const char **text, uint8_t signature[SIGN_SIGNATURE_SIZE]);

/** Reads exactly `size` bytes (at most 64) of base64 in its one spelling. ERR_CORRUPT. */
NODISCARD int signed_text_bytes(const char *value, void *out, size_t size);

/** Reads a time in its one spelling. ERR_CORRUPT. */
NODISCARD int signed_text_time(const char *value, int64_t *out_s);

#endif
