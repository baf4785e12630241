/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Texts: numbers read from them, encodings, comparisons that do not depend on the locale.
 */

/** Reads a decimal integer that fills the whole text and lies in [low, high]. ERR_INVALID. */
NODISCARD int text_to_int(const char *text, int64_t low, int64_t high, int64_t *out);

/** Compares as ASCII without regard to case; other bytes by value. Below, 0, above. */
int text_compare_nocase(const char *a, const char *b);

bool text_equal(const char *a, const char *b);
bool text_equal_nocase(const char *a, const char *b);
bool text_starts_with(const char *text, const char *prefix);
bool text_ends_with(const char *text, const char *suffix);

/** Lower case of ASCII letters, in place. */
void text_lower(char *text);

/** True where the bytes are well-formed UTF-8 (RFC 3629) without NUL. */
bool text_is_utf8(const char *text, size_t size);

/** How many bytes, at most `limit`, can be kept without cutting a UTF-8 sequence. */
size_t text_utf8_cut(const char *text, size_t limit);

/** Writes 2 * size lower-case hexadecimal digits and a NUL into `out`. */
void text_to_hex(const void *data, size_t size, char *out);

/** Reads exactly 2 * size hexadecimal digits into `out`. ERR_INVALID. */
NODISCARD int text_from_hex(const char *text, void *out, size_t size);

/** Base64 (RFC 4648 section 4), padded, without line ends. The caller frees it. */
char *text_to_base64(const void *data, size_t size);

/** Base64url (RFC 4648 section 5), without padding. The caller frees it. */
char *text_to_base64url(const void *data, size_t size);

/** Appends the decoded bytes of standard or URL-safe base64, padded or not. ERR_INVALID,
 * ERR_LIMIT. */
NODISCARD int text_from_base64(const char *text, struct buf *out);

/** Percent-encodes all but unreserved characters (RFC 3986 section 2.3). The caller frees. */
char *text_percent_encode(const char *text);

/** Decodes %XX, and + as a space where `form` is set. The caller frees. NULL where the encoding
 * is broken or gives a NUL byte. */
char *text_percent_decode(const char *text, bool form);

/** "1.2 MB": a size for people, in powers of 1000. The caller frees it. */
char *text_size(uint64_t bytes);

#endif
