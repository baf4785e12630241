/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_FILENAME_H
#define ITEM_FILENAME_H

/*
 * Names from outside as names of files and as components of a path inside a snapshot. A name
 * that is a legal file name stays as it is. Of the others:
 *   - "/", control characters and bytes that are no UTF-8 become %XX; so does a "%" that two
 *     hexadecimal digits follow, so that the way back is plain;
 *   - "." and ".." become "%2E" and "%2E%2E", the empty name "%", the name "%" "%25";
 *   - a name that is then over 251 bytes is cut at a character, and "~" with 12 hexadecimal
 *     digits of its SHA-256 put behind (before the ending where there is a short one), which
 *     makes 252 to 255 bytes.
 */

/** The encoded name; the caller frees it. Two different names never give the same one, but for
 * a collision of the 12 digits. */
char *filename_encode(const char *name);

#endif
