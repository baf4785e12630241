/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_KEY_FILE_H
#define LICENSE_SERVICE_KEY_FILE_H

#include "base/err.h"
#include "crypto/sign.h"

/*
 * A signing key in a file: its secret half in one line of base64, mode 0600.
 */

/** Reads the key; makes one where there is no such file. ERR_IO, ERR_CORRUPT. */
NODISCARD int key_file_open(const char *path, struct sign_key *out);

/** The line, with its line feed; the caller wipes and frees it. */
char *key_file_text(const struct sign_key *key);

/** Reads a line (the rest of `text` is of no account). ERR_CORRUPT. */
NODISCARD int key_file_parse(const char *text, struct sign_key *out);

#endif
