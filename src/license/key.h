/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_KEY_H
#define LICENSE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * License keys: 25 symbols of Crockford's base32 in five groups, "7ZK3M-…". 23 symbols are 115
 * random bits, two are check symbols of a Reed-Solomon code over GF(32), which betray every
 * mistyped symbol or two and every exchange of two symbols without asking anybody.
 *
 * A key says nothing about what it stands for. It is a secret: only key_mask's result is shown.
 */

enum {
	KEY_SYMBOLS = 25,
	KEY_RANDOM_SIZE = 15,                /* of its 120 bits the first 115 are used */
	KEY_TEXT_SIZE = KEY_SYMBOLS + 4 + 1, /* with dashes and NUL */
};

/** The key of these random bytes, in its normal form: upper case, with dashes. */
void key_make(const uint8_t random[KEY_RANDOM_SIZE], char out[KEY_TEXT_SIZE]);

/** Reads what somebody typed: any case, O for 0, I and L for 1, spaces and dashes anywhere;
 * gives the normal form. ERR_INVALID, with what is wrong, where it is no key. */
NODISCARD int key_read(const char *typed, char out[KEY_TEXT_SIZE]);

/** "7ZK3M-*****-*****-*****-*****", of a key in its normal form. */
void key_mask(const char *key, char out[KEY_TEXT_SIZE]);

#endif
