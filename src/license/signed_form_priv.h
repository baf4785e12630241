/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SIGNED_FORM_PRIV_H
#define LICENSE_SIGNED_FORM_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "license/keyset.h"

/*
 * What an online key signs for an instance: a domain line, "version: 1", one "name: value" line
 * for each field of a table, in its order, and the signature. The table is the form: by it a
 * struct is written, and read back in its one spelling.
 */

enum {
	SIGNED_FORM_TEXT_MAX = 4096, /* bytes of a text, its NUL included */
	SIGNED_FORM_ID_SIZE = 33,    /* 32 lower-case hexadecimal digits and NUL */
	SIGNED_FORM_NONCE_SIZE = 16,
};

enum signed_kind {
	SIGNED_KEY_ID, /* 16 hexadecimal digits as text */
	SIGNED_ID,     /* 32 of them */
	SIGNED_PUBLIC, /* base64 of a public key */
	SIGNED_NUMBER, /* 0 or more; int64_t */
	SIGNED_WORD,   /* one of `words`; an enum */
	SIGNED_TIME,
	SIGNED_MOMENT, /* a time, or "-" for 0 */
	SIGNED_NONCE,
	SIGNED_DIGEST,
	SIGNED_ANSWER, /* a digest, or "-" where the bool at `flag` is false */
};

struct signed_field {
	const char *name;
	enum signed_kind kind;
	size_t offset; /* in the struct */
	size_t flag;
	const char *const *words; /* by value, ended by NULL */
};

struct signed_form {
	const char *what;   /* "lease", for messages */
	const char *domain; /* with its line feed */
	const struct signed_field *fields;
	size_t count;
	size_t key_id, issued_s; /* offsets of these members */
};

/** The signed text of what lies at `values`; its key id is set from the key. The caller frees
 * it. */
char *signed_form_write(
	const struct signed_form *form, void *values, const struct sign_key *key);

/** Reads a text into `out`, which is all zeros. ERR_CORRUPT where it is not in canonical form,
 * its key is not in the keyset, it was not issued within that key's time, or the signature is
 * wrong; `out` is then in no state. */
NODISCARD int signed_form_read(const struct signed_form *form, const char *text,
	const struct keyset *keyset, void *out);

#endif
