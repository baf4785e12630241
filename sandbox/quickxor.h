/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_QUICKXOR_H
#define SANDBOX_QUICKXOR_H

#include <stddef.h>
#include <stdint.h>

/*
 * QuickXorHash, by which OneDrive and SharePoint tell files apart, as Microsoft describes it:
 * 160 bits around which the bytes of a file go, each 11 bits further, and its length.
 */

enum { QUICKXOR_SIZE = 20 };

struct quickxor {
	uint8_t bits[QUICKXOR_SIZE];
	uint64_t length;
};

/** Starts as a zeroed struct; bytes are added as they come. */
void quickxor_add(struct quickxor *hash, const void *data, size_t size);

/** The hash in base64; the caller frees it. */
char *quickxor_text(const struct quickxor *hash);

#endif
