/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_MIME_BASE64_PRIV_H
#define ITEM_MIME_BASE64_PRIV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Base64 as mail has it, fast and strict: what is decoded here is what encoding gives back.
 */

/** Decodes `size` characters (a multiple of 4) into `out`. False where one is not of the
 * alphabet; "=" is not. `out` is then undefined. */
bool base64_decode(const uint8_t *text, size_t size, uint8_t *out);

/** The same, and "=" may pad the last four characters, the bits that are left over 0. Sets
 * *out_size. */
bool base64_decode_last(const uint8_t *text, size_t size, uint8_t *out, size_t *out_size);

/** Encodes; the last characters padded. Returns their number. */
size_t base64_encode(const uint8_t *data, size_t size, uint8_t *out);

#endif
