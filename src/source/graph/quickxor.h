/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_GRAPH_QUICKXOR_H
#define SOURCE_GRAPH_QUICKXOR_H

#include <stddef.h>
#include <stdint.h>

/*
 * QuickXorHash, Microsoft's hash of files in OneDrive and SharePoint: against damage on the
 * way, not against intent. 160 bits; each byte is put in 11 bits further than the one before,
 * around and around, and the length over the last 64 bits.
 */

enum { QUICKXOR_SIZE = 20 };

/** Starts zeroed. */
struct quickxor {
	uint64_t cells[3]; /* bits 0 to 63, 64 to 127, 128 to 159 */
	unsigned shift;    /* where the next byte goes */
	uint64_t length;
};

void quickxor_add(struct quickxor *hash, const void *data, size_t size);
void quickxor_end(const struct quickxor *hash, uint8_t out[QUICKXOR_SIZE]);

#endif
