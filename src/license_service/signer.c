/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/signer.h"

#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "license_service/key_file.h"

enum {
	ROTATE_BEFORE_S = 30 * 86400, /* of the 90 days that a key is valid */
	ONLINE_MODE = 0600,
	ONLINE_MAX = KEYSET_TEXT_MAX + 256,
};

struct signer {
	const struct home *home;
	char *path;
	pthread_mutex_t keys; /* guards what follows */
	struct sign_key key;  /* the newest of the keyset */
	struct keyset keyset;
	char *keyset_text;
};

/* The file: the secret key's line, then the keyset as it is given out. */
static int read_file(struct signer *signer)
{
	AUTO_BUF content = buf_init(ONLINE_MAX);
	int r = io_read_file(signer->path, &content);
	const char *text = r == 0 ? buf_text(&content) : NULL;

	if (!text)
		return r < 0 ? r : ERR_LIMIT;
	const char *line_end = strchr(text, '\n');
	const char *keyset = line_end ? line_end + 1 : "";
	r = key_file_parse(text, &signer->key);
	if (r == 0)
		r = keyset_read(keyset, signer->home->root.public, &signer->keyset);
	if (r == 0)
		mem_replace(&signer->keyset_text, mem_strdup(keyset));
	secret_wipe(content.data, content.size);
	return r;
}

int signer_open(const struct home *home, struct signer **out)
{
	struct signer *signer = mem_alloc(sizeof(*signer));
	int r = 0;
	*out = NULL;

	signer->home = home;
	signer->path = home_path(home, "online");
	pthread_mutex_init(&signer->keys, NULL);
	if (io_exists(signer->path))
		r = err_wrap(read_file(signer), "online key %s", signer->path);
	if (r < 0) {
		signer_close(signer);
		return r;
	}
	*out = signer;
	return 0;
}

void signer_close(struct signer *signer)
{
	if (!signer)
		return;
	pthread_mutex_destroy(&signer->keys);
	mem_free(signer->keyset_text);
	mem_free(signer->path);
	secret_wipe(signer, sizeof(*signer));
	mem_free(signer);
}

static bool is_fresh(const struct signer *signer, int64_t at_s)
{
	if (signer->keyset.count == 0)
		return false;
	const struct keyset_key *newest = &signer->keyset.keys[signer->keyset.count - 1];
	return at_s >= newest->from_s && at_s < newest->until_s - ROTATE_BEFORE_S;
}

static struct keyset with_new_key(
	const struct keyset *keyset, const struct sign_key *key, int64_t at_s)
{
	struct keyset next = *keyset;

	if (next.count == KEYSET_MAX) {
		next.count--;
		memmove(next.keys, next.keys + 1, next.count * sizeof(next.keys[0]));
	}
	struct keyset_key *newest = &next.keys[next.count++];
	*newest = (struct keyset_key){.from_s = at_s, .until_s = at_s + KEYSET_VALID_S};
	keyset_key_id(key->public, newest->id);
	memcpy(newest->public, key->public, SIGN_PUBLIC_SIZE);
	next.version++;
	return next;
}

/* Stored first and used then: what was given out once is known again after a crash. */
static int rotate(struct signer *signer, int64_t at_s)
{
	struct sign_key key;
	sign_key_new(&key);
	struct keyset next = with_new_key(&signer->keyset, &key, at_s);
	AUTO_TEXT keyset_text = keyset_write(&next, &signer->home->root);
	AUTO_TEXT secret = key_file_text(&key);
	AUTO_TEXT content = mem_printf("%s%s", secret, keyset_text);

	int r = io_write_file(signer->path, content, strlen(content), ONLINE_MODE);
	if (r == 0) {
		signer->key = key;
		signer->keyset = next;
		mem_replace(&signer->keyset_text, STEAL(keyset_text));
		log_info("online_key_made", "id", next.keys[next.count - 1].id, NULL);
	}
	secret_wipe(secret, strlen(secret));
	secret_wipe(content, strlen(content));
	secret_wipe(&key, sizeof(key));
	return r;
}

/* The key that is valid at that moment, which the caller wipes, and its keyset. */
static int take_key(
	struct signer *signer, int64_t at_s, struct sign_key *out_key, char **out_keyset)
{
	int r = 0;

	pthread_mutex_lock(&signer->keys);
	if (!is_fresh(signer, at_s))
		r = rotate(signer, at_s);
	*out_key = signer->key;
	*out_keyset = r == 0 ? mem_strdup(signer->keyset_text) : NULL;
	pthread_mutex_unlock(&signer->keys);
	return r;
}

int signer_sign(struct signer *signer, struct lease *lease, char **out_lease, char **out_keyset)
{
	struct sign_key key;
	int r = take_key(signer, lease->issued_s, &key, out_keyset);

	*out_lease = r == 0 ? lease_write(lease, &key) : NULL;
	secret_wipe(&key, sizeof(key));
	return r;
}

int64_t signer_until_s(struct signer *signer)
{
	pthread_mutex_lock(&signer->keys);
	size_t count = signer->keyset.count;
	int64_t until_s = count ? signer->keyset.keys[count - 1].until_s : 0;
	pthread_mutex_unlock(&signer->keys);
	return until_s;
}

int signer_sign_trial(
	struct signer *signer, struct trial *trial, char **out_trial, char **out_keyset)
{
	struct sign_key key;
	int r = take_key(signer, trial->issued_s, &key, out_keyset);

	*out_trial = r == 0 ? trial_write(trial, &key) : NULL;
	secret_wipe(&key, sizeof(key));
	return r;
}
