/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/keys.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/key_record.h"

enum { ID_LEAST = 4 };

static char *path_of(const char *id)
{
	return mem_printf("keys/%s", id);
}

static int put_record(struct storage *storage, const struct key_record *record, const char *id)
{
	uint8_t object[KEY_OBJECT_SIZE];
	AUTO_TEXT path = path_of(id);

	key_record_put(record, object);
	return storage_put(storage, path, object, sizeof(object));
}

int keys_add(struct storage *storage, const struct repo_keys *keys,
	const struct repo_secret *secret, char out_id[NAME_TEXT])
{
	struct key_record record = {.made_s = clock_now_s()};
	uint8_t name[NAME_SIZE];

	if (!keys->can_read)
		return err_set(ERR_AUTH, "a put-only writer has no master key to wrap; open "
					 "the repository with a password or key file");
	int r = key_record_wrap(&record, secret, keys->id, keys->master);
	if (r < 0)
		return r;
	secret_random(name, sizeof(name));
	text_to_hex(name, sizeof(name), out_id);
	return put_record(storage, &record, out_id);
}

int keys_add_recovery(struct storage *storage, const struct repo_keys *keys,
	char out_text[RECOVERY_TEXT], char out_id[NAME_TEXT])
{
	uint8_t key[RECOVERY_SIZE];

	secret_random(key, sizeof(key));
	recovery_to_text(key, out_text);
	secret_wipe(key, sizeof(key));
	return keys_add(storage, keys, &(struct repo_secret){.recovery_key = out_text}, out_id);
}

/* The name of a key in its path; NULL where the file is none of ours. */
static const char *id_of(const char *path)
{
	const char *name = strrchr(path, '/');
	uint8_t bytes[NAME_SIZE];

	if (!name || strlen(name + 1) != NAME_TEXT - 1 ||
		text_from_hex(name + 1, bytes, sizeof(bytes)) < 0)
		return NULL;
	return name + 1;
}

/* What is longer than a key is none, and counts as damaged. */
static int get_record(struct storage *storage, const char *path, struct key_record *out)
{
	AUTO_BUF object = buf_init(KEY_OBJECT_SIZE);
	int r = storage_read_all(storage, path, &object);

	*out = (struct key_record){0};
	if (r < 0)
		return r == ERR_LIMIT ? KEY_RECORD_COPIES : r;
	return key_record_get(object.data, object.size, out);
}

struct listing {
	struct storage *storage;
	struct key_info *keys;
	size_t count, capacity;
};

static int list_key(void *context, const struct storage_entry *entry)
{
	struct listing *listing = context;
	const char *id = id_of(entry->name);
	struct key_record record;

	if (!id)
		return 0;
	int bad = get_record(listing->storage, entry->name, &record);
	if (bad < 0)
		return bad == ERR_NOTFOUND ? 0 : bad; /* removed meanwhile */
	mem_grow(
		&listing->keys, &listing->capacity, listing->count + 1, sizeof(*listing->keys));
	struct key_info *key = &listing->keys[listing->count++];
	memcpy(key->id, id, NAME_TEXT);
	key->kind = record.kind;
	key->made_s = record.made_s;
	key->bad_copies = bad;
	return 0;
}

int keys_list(struct storage *storage, struct key_info **out, size_t *out_count)
{
	struct listing listing = {.storage = storage};
	int r = storage_list(storage, "keys", list_key, &listing);

	if (r < 0) {
		mem_free(listing.keys);
		return r;
	}
	*out = listing.keys;
	*out_count = listing.count;
	return 0;
}

int keys_find(struct storage *storage, const char *start, struct key_info *out)
{
	struct key_info *keys = NULL;
	size_t count = 0, found = 0;
	int r = strlen(start) < ID_LEAST
			? err_set(ERR_INVALID,
				  "\"%s\" is too short for a key; give %d digits or more",
				  start, ID_LEAST)
			: keys_list(storage, &keys, &count);

	for (size_t i = 0; i < count; i++) {
		if (text_starts_with(keys[i].id, start)) {
			*out = keys[i];
			found++;
		}
	}
	mem_free(keys);
	if (r == 0 && found > 1)
		return err_set(ERR_INVALID, "%zu keys begin with \"%s\"; give more digits",
			found, start);
	if (r == 0 && found == 0)
		return err_set(
			ERR_NOTFOUND, "there is no key \"%s\"; see garner key list", start);
	return r;
}

int keys_remove(struct storage *storage, const char *id)
{
	struct key_info *keys = NULL;
	size_t count = 0, others = 0;
	bool found = false;
	int r = keys_list(storage, &keys, &count);

	for (size_t i = 0; i < count; i++) {
		bool is_it = text_equal(keys[i].id, id);
		found |= is_it;
		others += !is_it && keys[i].bad_copies < KEY_RECORD_COPIES;
	}
	mem_free(keys);
	if (r < 0)
		return r;
	if (!found)
		return err_set(ERR_NOTFOUND, "there is no key \"%s\"; see garner key list", id);
	if (others == 0)
		return err_set(ERR_INVALID,
			"it is the last key that opens the repository; add another one first "
			"(garner key add)");
	AUTO_TEXT path = path_of(id);
	return storage_remove(storage, path);
}

/* Under a new name, so that at every moment one of them is whole. */
static int mend(struct storage *storage, const char *id)
{
	struct key_record record;
	uint8_t name[NAME_SIZE];
	char digits[NAME_TEXT];
	AUTO_TEXT path = path_of(id);
	int r = get_record(storage, path, &record);

	if (r < 0)
		return r;
	secret_random(name, sizeof(name));
	text_to_hex(name, sizeof(name), digits);
	r = put_record(storage, &record, digits);
	return r < 0 ? r : storage_remove(storage, path);
}

int keys_repair(struct storage *storage, int *out_mended)
{
	struct key_info *keys = NULL;
	size_t count = 0;
	int r = keys_list(storage, &keys, &count);

	*out_mended = 0;
	for (size_t i = 0; i < count && r == 0; i++) {
		if (keys[i].bad_copies != 1)
			continue;
		r = mend(storage, keys[i].id);
		*out_mended += r == 0;
	}
	mem_free(keys);
	return r;
}
