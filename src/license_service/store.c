/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/store.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license/key.h"
#include "license_service/assigned.h"
#include "license_service/schema.h"

enum { SLOTS = 4096, SLOT_DIGITS = 3, PERIOD_S = 60 };

/* When a license was last asked about, by the first digits of its id. */
struct slot {
	char license_id[LEASE_ID_SIZE];
	int64_t at_s;
};

struct store {
	struct db *db;
	const struct home *home;
	struct assigned *assigned;
	struct slot *slots;
};

int store_open(const struct home *home, struct store **out)
{
	struct store *store = mem_alloc(sizeof(*store));
	*out = NULL;

	store->home = home;
	store->assigned = assigned_new();
	store->slots = mem_array(SLOTS, sizeof(*store->slots));
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
	assigned_free(store->assigned);
	mem_free(store->slots);
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

int store_read_public(const char *base64, uint8_t public[SIGN_PUBLIC_SIZE])
{
	AUTO_BUF bytes = buf_init(SIGN_PUBLIC_SIZE);

	if (text_from_base64(base64, &bytes) < 0 || bytes.size != SIGN_PUBLIC_SIZE)
		return err_set(ERR_CORRUPT, "the instance has no usable key");
	memcpy(public, bytes.data, SIGN_PUBLIC_SIZE);
	return 0;
}

int store_find_instance(struct store *store, const char *license_id, const char *instance_id,
	uint8_t public[SIGN_PUBLIC_SIZE])
{
	AUTO_ROWS rows = NULL;

	int r = db_one(store->db, &rows,
		"SELECT public_key, revoked_s FROM instance WHERE license_id = ?1 AND "
		"instance_id = ?2",
		"ss", license_id, instance_id);
	if (r == 0)
		return err_set(ERR_NOTFOUND, "the instance is not enrolled under this license");
	if (r < 0)
		return r;
	bool is_revoked = db_int(rows, 1) != 0;
	r = store_read_public(db_text(rows, 0), public);
	return r == 0 && is_revoked ? err_set(ERR_LICENSE, "the vendor revoked this instance")
				    : r;
}

/* Texts with a newline behind each. */
struct lines {
	char *text;
	size_t size, capacity;
	int64_t count;
};

/* The subjects in their order, a line each. */
static int read_assigned(
	struct store *store, const char *license_id, int64_t epoch, struct lines *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(store->db, &rows,
		"SELECT subject FROM assignment WHERE license_id = ?1 AND epoch = ?2"
		" ORDER BY subject",
		"si", license_id, epoch);

	if (r < 0)
		return r;
	while ((r = db_next(rows)) > 0) {
		const char *subject = db_text(rows, 0);
		size_t size = strlen(subject);

		mem_grow(&out->text, &out->capacity, out->size + size + 1, 1);
		memcpy(out->text + out->size, subject, size);
		out->text[out->size + size] = '\n';
		out->size += size + 1;
		out->count++;
	}
	return r;
}

int store_assigned(struct store *store, const char *license_id, int64_t epoch,
	const uint8_t chain[HASH_SIZE], struct store_assigned *out)
{
	struct lines lines = {0};

	if (assigned_find(store->assigned, license_id, chain, out))
		return 0;
	int r = read_assigned(store, license_id, epoch, &lines);
	if (r < 0) {
		mem_free(lines.text);
		return r;
	}
	out->count = lines.count;
	hash_sha256(lines.text, lines.size, out->digest);
	assigned_keep(store->assigned, license_id, chain, lines.text, lines.size);
	return 0;
}

void store_assigned_grew(struct store *store, const struct store_growth *growth)
{
	assigned_grow(store->assigned, growth);
}

bool store_is_due(struct store *store, const char *license_id, int64_t now_s)
{
	char digits[SLOT_DIGITS + 1] = "";
	strncpy(digits, license_id, SLOT_DIGITS);
	struct slot *slot = &store->slots[strtoul(digits, NULL, 16) % SLOTS];

	if (text_equal(slot->license_id, license_id) && now_s < slot->at_s + PERIOD_S)
		return false;
	strncpy(slot->license_id, license_id, LEASE_ID_SIZE - 1);
	slot->at_s = now_s;
	return true;
}
