/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_STORE_H
#define LICENSE_SERVICE_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "license/lease.h"
#include "license_service/home.h"

struct db;

/*
 * One connection to the database of a licensing service, for one thread at a time. Any number
 * of threads and processes may have one each. What changes a license goes through ledger.h;
 * here is what leads to a license.
 */

struct store;

/** Opens, and brings the schema up to date. `home` is borrowed. */
NODISCARD int store_open(const struct home *home, struct store **out);
void store_close(struct store *store); /* NULL is fine */

struct db *store_db(struct store *store);
const struct home *store_home(const struct store *store);

/** The license of a key in its normal form. ERR_NOTFOUND for an unknown key. */
NODISCARD int store_find_key(
	struct store *store, const char *key, char license_id[LEASE_ID_SIZE]);

enum { STORE_DIGEST_SIZE = 2 * HASH_SIZE + 1 };

/** The digest under which a key in its normal form is looked up, in hexadecimal. */
void store_key_digest(struct store *store, const char *key, char out[STORE_DIGEST_SIZE]);

/** Remembers a license's new key, by its digest and its masked form alone; inside the caller's
 * transaction. */
NODISCARD int store_add_key(struct store *store, const char *key, const char *license_id);

/** An instance's key as its table has it. ERR_CORRUPT. */
NODISCARD int store_read_public(const char *base64, uint8_t public[SIGN_PUBLIC_SIZE]);

/** The key of an enrolled instance. ERR_NOTFOUND; ERR_LICENSE where it was revoked, the key
 * being given all the same. */
NODISCARD int store_find_instance(struct store *store, const char *license_id,
	const char *instance_id, uint8_t public[SIGN_PUBLIC_SIZE]);

/** Count and digest of the set that is assigned in an epoch. */
struct store_assigned {
	int64_t count;
	uint8_t digest[HASH_SIZE];
};

/** Tells of a change: the subjects that were assigned by the event that led from one head of
 * the license's event chain to the next. Whether the transaction is kept does not matter: a
 * head stands for one history alone. */
struct store_growth {
	const char *license_id;
	const uint8_t *before, *after; /* HASH_SIZE */
	const char *const *subjects;
	size_t count;
};
void store_assigned_grew(struct store *store, const struct store_growth *growth);

/** Reads the set, or remembers it from the last time; `chain` is the head of the license's
 * event chain, which no other history of the license has. */
NODISCARD int store_assigned(struct store *store, const char *license_id, int64_t epoch,
	const uint8_t chain[HASH_SIZE], struct store_assigned *out);

/** Whether a minute has passed since it was last asked for this license, or may have. */
bool store_is_due(struct store *store, const char *license_id, int64_t now_s);

/** A random id in `size` - 1 hexadecimal digits and a NUL; `size` is odd and at most 65. */
void store_new_id(char *out, size_t size);

#endif
