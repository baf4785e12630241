/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/signer.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "license_service/online.h"
#include "license_service/root.h"

enum { ROTATE_BEFORE_S = 30 * 86400 }; /* of the 90 days that a key is valid */

struct signer {
	const struct home *home;
	pthread_mutex_t keys; /* guards what follows */
	struct online online;
	struct online_stamp stamp; /* of the file when it was read */
	int warned_days;           /* of the newest key's end; 0: not yet */
};

int signer_open(const struct home *home, struct signer **out)
{
	struct signer *signer = mem_alloc(sizeof(*signer));
	*out = NULL;

	signer->home = home;
	pthread_mutex_init(&signer->keys, NULL);
	signer->stamp = online_stamp(home);
	int r = online_read(home, &signer->online);
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
	online_free(&signer->online);
	mem_free(signer);
}

static bool is_fresh(const struct signer *signer, int64_t at_s)
{
	const struct keyset_key *newest = online_newest(&signer->online);

	return newest && at_s >= newest->from_s && at_s < newest->until_s - ROTATE_BEFORE_S;
}

/* A key that was imported beside the running service. A file that is damaged changes nothing.
 */
static void reload(struct signer *signer)
{
	struct online_stamp stamp = online_stamp(signer->home);
	struct online online;

	if (memcmp(&stamp, &signer->stamp, sizeof(stamp)) == 0)
		return;
	signer->stamp = stamp;
	if (online_read(signer->home, &online) < 0 ||
		online.keyset.version < signer->online.keyset.version) {
		log_error("online_key_not_read", "why", "it is damaged, or older", NULL);
		return;
	}
	online_free(&signer->online);
	signer->online = online;
	signer->warned_days = 0;
	log_info("online_key_read", NULL);
}

/* Stored first and used then: what was given out once is known again after a crash. */
static int rotate(struct signer *signer, int64_t at_s)
{
	struct sign_key key;
	sign_key_new(&key);
	struct keyset next = online_with_new_key(&signer->online.keyset, &key, at_s, false);
	AUTO_TEXT keyset_text = keyset_write(&next, &signer->home->root);

	int r = online_write(signer->home, &key, keyset_text);
	if (r == 0) {
		signer->online.key = key;
		signer->online.keyset = next;
		mem_replace(&signer->online.keyset_text, STEAL(keyset_text));
		signer->stamp = online_stamp(signer->home);
		log_info("online_key_made", "id", next.keys[next.count - 1].id, NULL);
	}
	secret_wipe(&key, sizeof(key));
	return r;
}

static void warn_of_end(struct signer *signer, int64_t at_s)
{
	int days = root_warning_days(online_newest(&signer->online), at_s);

	if (!days || days == signer->warned_days)
		return;
	AUTO_TEXT left = mem_printf("%d", days);
	signer->warned_days = days;
	log_warning("online_key_ends", "within_days", left, "what",
		"make the next one with `garner-licensing root request`", NULL);
}

/* The root key may be moved away while this runs. */
static int prepare(struct signer *signer, int64_t at_s)
{
	reload(signer);
	if (is_fresh(signer, at_s))
		return 0;
	if (root_is_here(signer->home))
		return rotate(signer, at_s);
	const struct keyset_key *newest = online_newest(&signer->online);
	if (!newest || at_s < newest->from_s || at_s >= newest->until_s)
		return err_set(ERR_UNAVAILABLE,
			"the online key is over, and the root key is not here; make the next "
			"one with `garner-licensing root request`");
	warn_of_end(signer, at_s);
	return 0;
}

/* The key that is valid at that moment, which the caller wipes, and its keyset. */
static int take_key(
	struct signer *signer, int64_t at_s, struct sign_key *out_key, char **out_keyset)
{
	pthread_mutex_lock(&signer->keys);
	int r = prepare(signer, at_s);
	*out_key = signer->online.key;
	*out_keyset = r == 0 ? mem_strdup(signer->online.keyset_text) : NULL;
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
	const struct keyset_key *newest = online_newest(&signer->online);
	int64_t until_s = newest ? newest->until_s : 0;
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
