/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "repo/config.h"
#include "repo/key_record.h"

/* Making a repository's keys, and opening them with what the user has. */

int keys_create(struct storage *storage, const struct repo_secret *secret, enum aead_kind aead,
	struct repo_keys *out)
{
	uint8_t id[NAME_SIZE], master[REPO_KEY_SIZE];
	char key[NAME_TEXT];

	ASSERT(!secret->master_key && !secret->writer_file && !secret->writer_set);
	secret_random(id, sizeof(id));
	secret_random(master, sizeof(master));
	derived_make(out, master, id, aead);
	secret_wipe(master, sizeof(master));
	int r = keys_add(storage, out, secret, key);
	return r < 0 ? r : config_write(storage, out);
}

struct unlocking {
	struct storage *storage;
	const uint8_t *id;
	const struct repo_secret *secret;
	uint8_t *master;
	size_t seen; /* keys of the kind that the secret is for */
};

enum { UNLOCKED = 1 };

static int try_key(void *context, const struct storage_entry *entry)
{
	struct unlocking *unlocking = context;
	AUTO_BUF object = buf_init(KEY_OBJECT_SIZE);
	struct key_record record;

	if (entry->size > KEY_OBJECT_SIZE)
		return 0;
	int r = storage_read_all(unlocking->storage, entry->name, &object);
	if (r < 0)
		return r == ERR_NOTFOUND || r == ERR_LIMIT ? 0 : r;
	if (key_record_get(object.data, object.size, &record) == KEY_RECORD_COPIES ||
		record.kind != key_kind_of(unlocking->secret))
		return 0;
	unlocking->seen++;
	r = key_record_unwrap(&record, unlocking->secret, unlocking->id, unlocking->master);
	/* A cost out of bounds is no key of ours: another one may be. */
	if (r == ERR_PASSWORD || r == ERR_LIMIT)
		return 0;
	return r < 0 ? r : UNLOCKED;
}

static int unlock(struct storage *storage, const uint8_t id[NAME_SIZE],
	const struct repo_secret *secret, uint8_t out_master[REPO_KEY_SIZE])
{
	static const char *const what[] = {"", "password", "key file", "recovery key"};
	struct unlocking unlocking = {storage, id, secret, out_master, 0};
	int r = storage_list(storage, "keys", try_key, &unlocking);

	if (r == UNLOCKED)
		return 0;
	if (r < 0)
		return r;
	if (unlocking.seen == 0)
		return err_set(ERR_PASSWORD, "the repository at %s is not opened by a %s",
			storage_place(storage), what[key_kind_of(secret)]);
	return err_set(ERR_PASSWORD, "wrong %s for the repository at %s",
		secret->recovery_key ? "recovery key" : "password or key file",
		storage_place(storage));
}

/* The keys that the secret gives, were the config true. */
static int keys_for(struct storage *storage, const struct config *config,
	const struct repo_secret *secret, struct repo_keys *out)
{
	uint8_t master[REPO_KEY_SIZE];
	int r = 0;

	if (secret->writer_file)
		return keys_import_writer(secret->writer_file, out);
	if (secret->writer_set)
		return keys_get_writer(secret->writer_set, secret->writer_set_size, out);
	if (secret->master_key)
		memcpy(master, secret->master_key, sizeof(master));
	else
		r = unlock(storage, config->id, secret, master);
	if (r == 0)
		derived_make(out, master, config->id, config->aead);
	secret_wipe(master, sizeof(master));
	return r;
}

static int refuse(struct storage *storage, const struct repo_secret *secret, int which)
{
	const char *place = storage_place(storage);

	if (secret->master_key)
		return err_set(ERR_PASSWORD,
			"the key that was kept is not that of the repository at %s", place);
	if (secret->writer_file || secret->writer_set)
		return err_set(ERR_PASSWORD,
			"the writer's keys are not those of the repository at %s", place);
	return err_set(ERR_CORRUPT, "%s/%s is damaged", place, config_names[which]);
}

static int open_by(struct storage *storage, const struct repo_secret *secret, int which,
	struct repo_keys *out)
{
	struct config config;
	int r = config_read(storage, which, &config);

	if (r == 0)
		r = keys_for(storage, &config, secret, out);
	if (r == 0 && !config_is_valid(&config, out)) {
		derived_wipe(out);
		r = refuse(storage, secret, which);
	}
	return r;
}

static int note_file(void *context, const struct storage_entry *entry)
{
	(void)context;
	(void)entry;
	return 1;
}

/* A copy alone makes no repository, unless something was stored in it. */
static int has_data(struct storage *storage)
{
	int r = storage_list(storage, "snapshots", note_file, NULL);

	return r != 0 ? r : storage_list(storage, "index", note_file, NULL);
}

/* Whether the copy says what config does: then it opens no more than that. */
static bool is_same(struct storage *storage)
{
	struct config one, other;

	return config_read(storage, 0, &one) == 0 && config_read(storage, 1, &other) == 0 &&
	       memcmp(&one.id, &other.id, sizeof(one.id)) == 0 && one.aead == other.aead &&
	       memcmp(one.mac, other.mac, sizeof(one.mac)) == 0;
}

int keys_open(struct storage *storage, const struct repo_secret *secret, struct repo_keys *out)
{
	uint64_t size;
	int r = open_by(storage, secret, 0, out);

	if (r != ERR_NOREPO && r != ERR_CORRUPT && r != ERR_PASSWORD)
		return r;
	/* What config says may be damaged, so may be what it says of the key: see the copy. */
	int first = r;
	AUTO_TEXT message = mem_strdup(err_message());
	if (is_same(storage))
		return err_set((enum err)first, "%s", message);
	r = storage_size(storage, config_names[0], &size);
	if (r == ERR_NOTFOUND)
		r = has_data(storage);
	else if (r == 0)
		r = 1;
	if (r > 0)
		r = open_by(storage, secret, 1, out) == 0 ? 0 : 1;
	else if (r == 0)
		r = 1;
	return r == 1 ? err_set((enum err)first, "%s", message) : r;
}
