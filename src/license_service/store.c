/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/store.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license/key.h"
#include "license_service/schema.h"

/* The assigned set of a license as it was when its event chain had this head: a poll that
 * follows no change need not read all its rows again. */
struct remembered {
	uint8_t chain[HASH_SIZE];
	struct store_assigned assigned;
};

enum { REMEMBERED_MAX = 64 };

struct store {
	struct db *db;
	const struct home *home;
	struct remembered
		remembered[REMEMBERED_MAX]; /* at the first byte of their license id */
};

int store_open(const struct home *home, struct store **out)
{
	struct store *store = mem_alloc(sizeof(*store));
	*out = NULL;

	store->home = home;
	int r = db_open(home->database, &store->db);
	if (r == 0)
		r = schema_migrate(store->db);
	if (r < 0) {
		AUTO_TEXT name = db_location_name(home->database);
		store_close(store);
		return err_wrap(r, "database %s", name);
	}
	*out = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	db_close(store->db);
	mem_free(store);
}

struct db *store_db(struct store *store)
{
	return store->db;
}

const struct home *store_home(const struct store *store)
{
	return store->home;
}

void store_new_id(char *out, size_t size)
{
	uint8_t bytes[HASH_SIZE];

	ASSERT(size % 2 == 1 && size / 2 <= sizeof(bytes));
	secret_random(bytes, size / 2);
	text_to_hex(bytes, size / 2, out);
}

void store_key_digest(struct store *store, const char *key, char out[STORE_DIGEST_SIZE])
{
	uint8_t digest[HASH_SIZE];

	hash_hmac(store->home->pepper, sizeof(store->home->pepper), key, strlen(key), digest);
	text_to_hex(digest, sizeof(digest), out);
}

int store_find_key(struct store *store, const char *key, char license_id[LEASE_ID_SIZE])
{
	char digest[2 * HASH_SIZE + 1];
	AUTO_ROWS rows = NULL;

	store_key_digest(store, key, digest);
	int r = db_one(store->db, &rows,
		"SELECT license_id FROM key_lookup WHERE key_digest = ?1", "s", digest);
	if (r == 0)
		return err_set(ERR_NOTFOUND, "the license key is unknown");
	if (r < 0)
		return r;
	const char *found = db_text(rows, 0);
	if (!found || strlen(found) != LEASE_ID_SIZE - 1)
		return err_set(ERR_CORRUPT, "a license key leads to no license id");
	memcpy(license_id, found, LEASE_ID_SIZE);
	return 0;
}

int store_add_key(struct store *store, const char *key, const char *license_id)
{
	char digest[2 * HASH_SIZE + 1], masked[KEY_TEXT_SIZE];

	store_key_digest(store, key, digest);
	key_mask(key, masked);
	int r = db_run(store->db,
		"INSERT INTO key_lookup (key_digest, license_id) VALUES (?1, ?2)", "ss", digest,
		license_id);
	if (r < 0)
		return r;
	return db_run(store->db,
		"INSERT INTO key_face (license_id, masked) VALUES (?1, ?2)"
		" ON CONFLICT (license_id) DO UPDATE SET masked = ?2",
		"ss", license_id, masked);
}

int store_find_instance(struct store *store, const char *license_id, const char *instance_id,
	uint8_t public[SIGN_PUBLIC_SIZE])
{
	AUTO_ROWS rows = NULL;
	AUTO_BUF bytes = buf_init(SIGN_PUBLIC_SIZE);

	int r = db_one(store->db, &rows,
		"SELECT public_key, revoked_s FROM instance WHERE license_id = ?1 AND "
		"instance_id = ?2",
		"ss", license_id, instance_id);
	if (r == 0)
		return err_set(ERR_NOTFOUND, "the instance is not enrolled under this license");
	if (r < 0)
		return r;
	if (text_from_base64(db_text(rows, 0), &bytes) < 0 || bytes.size != SIGN_PUBLIC_SIZE)
		return err_set(ERR_CORRUPT, "the instance has no usable key");
	memcpy(public, bytes.data, SIGN_PUBLIC_SIZE);
	return db_int(rows, 1) ? err_set(ERR_LICENSE, "the vendor revoked this instance") : 0;
}

static int read_assigned(
	struct store *store, const char *license_id, int64_t epoch, struct store_assigned *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(store->db, &rows,
		"SELECT subject FROM assignment WHERE license_id = ?1 AND epoch = ?2"
		" ORDER BY subject",
		"si", license_id, epoch);

	if (r < 0)
		return r;
	struct hash_stream *stream = hash_stream_new();
	out->count = 0;
	while ((r = db_next(rows)) > 0) {
		lease_assigned_add(stream, db_text(rows, 0));
		out->count++;
	}
	if (r == 0)
		hash_stream_finish(stream, out->digest);
	else
		hash_stream_free(stream);
	return r;
}

/* Ids are random: their first digits spread well. */
static struct remembered *find_slot(struct store *store, const char *license_id)
{
	uint8_t first = 0;

	if (text_from_hex((char[]){license_id[0], license_id[1], '\0'}, &first, 1) < 0)
		first = 0;
	return &store->remembered[first % REMEMBERED_MAX];
}

int store_assigned(struct store *store, const char *license_id, int64_t epoch,
	const uint8_t chain[HASH_SIZE], struct store_assigned *out)
{
	struct remembered *slot = find_slot(store, license_id);

	if (memcmp(slot->chain, chain, HASH_SIZE) == 0) {
		*out = slot->assigned;
		return 0;
	}
	int r = read_assigned(store, license_id, epoch, out);
	if (r < 0)
		return r;
	memcpy(slot->chain, chain, HASH_SIZE);
	slot->assigned = *out;
	return 0;
}
