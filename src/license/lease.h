/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_LEASE_H
#define LICENSE_LEASE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "license/keyset.h"

/*
 * A lease: what the service signs for one instance. Its text is the domain line
 * "GARNER-LEASE/1", one "name: value" line for each field in the order of lease.c's table, and
 * a signature line over all bytes before it. The reader takes every field once, in order, in
 * its one canonical spelling, and nothing else.
 */

enum {
	LEASE_ID_SIZE =
		33, /* 32 lower-case hexadecimal digits and NUL: license and instance ids */
	LEASE_NONCE_SIZE = 16,
	LEASE_TEXT_MAX = 4096,              /* bytes of a text, its NUL included */
	LEASE_OFFLINE_LIMIT_S = 14 * 86400, /* the service's default */
	LEASE_RENEW_AFTER_S = 45 * 60,
};

enum lease_state {
	LEASE_ACTIVE,
	LEASE_EXPIRED,
	LEASE_REVOKED,
};

struct lease {
	char key_id[KEYSET_ID_SIZE]; /* of the online key that signed */
	char license_id[LEASE_ID_SIZE];
	char instance_id[LEASE_ID_SIZE];
	uint8_t instance_public[SIGN_PUBLIC_SIZE];
	int64_t epoch;
	int64_t sequence; /* of the instance, one more with each lease; never falls */
	int64_t revision; /* of the license, one more with each event; never falls */
	int64_t seats;
	int64_t used;
	enum lease_state state;
	int64_t activated_s;
	int64_t expires_s;
	int64_t resets_s; /* a waiting renewal frees all assignments then (T14b); 0: none */
	int64_t issued_s; /* the service's time */
	int64_t renew_after_s;
	int64_t offline_limit_s;         /* a length: how long after issued_s it may be used */
	uint8_t nonce[LEASE_NONCE_SIZE]; /* the caller's */
	bool has_answer;
	uint8_t answer_digest[HASH_SIZE]; /* SHA-256 of the `answer` that came with it */
	int64_t assigned_count;
	uint8_t assigned_digest[HASH_SIZE]; /* of the epoch, see lease_assigned_add */
	uint8_t chain[HASH_SIZE];           /* head of the license's event chain */
};

/** The signed text; `key_id` is set from the key. The caller frees it. */
char *lease_write(struct lease *lease, const struct sign_key *key);

/**
 * Reads a lease and believes it: ERR_CORRUPT where it is not in canonical form, its key is not
 * in the keyset, it was not issued within that key's time, or the signature is wrong. Whether
 * it is for this instance and answers this nonce, the caller checks.
 */
NODISCARD int lease_read(const char *text, const struct keyset *keyset, struct lease *out);

/** "active", "expired", "revoked". */
const char *lease_state_name(enum lease_state state);

/**
 * Adds the next subject to the digest of an assigned set: SHA-256 over the subjects' ids (64
 * lower-case hexadecimal digits each), sorted by their bytes, a line feed behind each.
 */
void lease_assigned_add(struct hash_stream *stream, const char *subject);

#endif
