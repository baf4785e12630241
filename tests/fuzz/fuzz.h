/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"

/*
 * Fuzz targets: each file defines LLVMFuzzerTestOneInput, which libFuzzer calls with what it
 * made up, and replay.c with the kept corpora. What must hold is asserted; a target ends by a
 * crash or not at all. Randomness is the same in each run, so that an input that fails fails
 * again.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/** Makes secret_random give the same numbers in each run; called once by a target that needs
 * it. */
void fuzz_fix_random(void);

/** A key pair that is the same in each run. */
void fuzz_key(uint8_t number, struct sign_key *out);

/** The input as a text: NUL behind, none within (the rest is dropped). The caller frees it. */
char *fuzz_text(const uint8_t *data, size_t size);

/** The text with a line of the key's signature behind it. The caller frees it. */
char *fuzz_signed(const char *text, const struct sign_key *key);

/** A new folder in memory where there is one; borrowed, removed by nobody. */
const char *fuzz_folder(void);

#endif
