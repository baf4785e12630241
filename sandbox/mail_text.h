/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_MAIL_TEXT_H
#define SANDBOX_MAIL_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The small texts in the header of a message: encoded words (RFC 2047), raw bytes of an unknown
 * charset, dates (RFC 5322 section 3.3). Tolerant: what cannot be decoded stays as it is.
 */

/** `size` bytes as well-formed UTF-8 without control characters: encoded words decoded, bytes
 * that are no UTF-8 read as Latin-1. The caller frees it. */
char *mail_text_decode(const char *text, size_t size);

/** Reads "Wed, 25 Nov 2026 01:22:00 +0100 (CET)" and what looks like it. ERR_INVALID. */
NODISCARD int mail_text_date(const char *text, int64_t *out_s);

#endif
