/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/keys.h"

#include <inttypes.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/ledger.h"
#include "license_service/mail_queue.h"
#include "license_service/orders.h"

static int finish(struct ledger *ledger, int r)
{
	if (r == 0)
		return ledger_commit(ledger);
	ledger_abandon(ledger);
	return r;
}

/* The end of the keys so far; one that ends sooner stays so. */
static int end_old_keys(struct ledger *ledger, int64_t until_s)
{
	int r = db_run(store_db(ledger->store),
		"UPDATE key_lookup SET until_s = ?2 WHERE license_id = ?1"
		" AND (until_s = 0 OR until_s > ?2)",
		"si", ledger->license_id, until_s);

	return ledger_check(ledger, r);
}

static int add_key(struct ledger *ledger, bool own_secret, char out[KEY_TEXT_SIZE])
{
	uint8_t random[KEY_RANDOM_SIZE];
	char digest[STORE_DIGEST_SIZE];

	secret_random(random, sizeof(random));
	key_make(random, out);
	secret_wipe(random, sizeof(random));
	int r = store_add_key(ledger->store, out, ledger->license_id);
	store_key_digest(ledger->store, out, digest);
	if (r == 0 && own_secret)
		r = db_run(store_db(ledger->store),
			"UPDATE key_lookup SET own_secret = 1 WHERE key_digest = ?1", "s",
			digest);
	return ledger_check(ledger, r);
}

/* Whoever activates first makes the secret; what was named under the old one counts no more. */
static int renew_secret(struct ledger *ledger)
{
	const struct license_effect effect = {
		.changed = true, .reset = true, .at_s = ledger->now_s};
	int r = db_run(store_db(ledger->store),
		"UPDATE license SET wrapped_secret = NULL WHERE license_id = ?1", "s",
		ledger->license_id);

	if (r == 0)
		r = db_run(store_db(ledger->store),
			"DELETE FROM instance WHERE license_id = ?1", "s", ledger->license_id);
	if (r < 0)
		return ledger_check(ledger, r);
	ledger->license.epoch++;
	ledger->license.used = 0;
	return ledger_change(ledger, "secret_renewed", "", &effect);
}

/* Under an id as orders have, but of no order. */
static int queue_mail(struct ledger *ledger, const char *key)
{
	uint8_t random[(ORDER_ID_SIZE - 1) / 2];
	char id[ORDER_ID_SIZE];

	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), id);
	int r = orders_fill_outbox(ledger, id, key);
	if (r == 0)
		r = mail_queue(
			ledger->store, ledger->license_id, MAIL_NEW_KEY, id, ledger->now_s);
	return ledger_check(ledger, r);
}

int keys_reissue(struct store *store, const char *license_id,
	const struct keys_reissue *reissue, int64_t now_s, char out[KEY_TEXT_SIZE])
{
	struct ledger ledger;
	int r = ledger_open(store, license_id, now_s, &ledger);

	if (r < 0)
		return r;
	AUTO_TEXT detail = mem_printf("keep_s=%" PRId64, reissue->keep_s);
	if (ledger.license.revoked_s)
		r = err_set(ERR_LICENSE, "the license is revoked: it gets no other key");
	if (r == 0)
		r = end_old_keys(&ledger, ledger.now_s + reissue->keep_s);
	if (r == 0)
		r = add_key(&ledger, !reissue->new_secret, out);
	if (r == 0 && reissue->by_mail)
		r = queue_mail(&ledger, out);
	if (r == 0)
		r = ledger_record(&ledger, "key_reissued", ledger.now_s, detail);
	if (r == 0 && reissue->new_secret)
		r = renew_secret(&ledger);
	return finish(&ledger, r);
}

int keys_revoke_instance(
	struct store *store, const char *license_id, const char *instance_id, int64_t now_s)
{
	struct ledger ledger;
	uint8_t public[SIGN_PUBLIC_SIZE];
	int r = ledger_open(store, license_id, now_s, &ledger);

	if (r < 0)
		return r;
	AUTO_TEXT detail = mem_printf("instance=%s", instance_id);
	r = store_find_instance(store, license_id, instance_id, public);
	if (r == ERR_LICENSE)
		r = err_set(ERR_EXISTS, "the instance was revoked before");
	if (r == 0)
		r = ledger_check(&ledger,
			db_run(store_db(store),
				"UPDATE instance SET revoked_s = ?3 WHERE license_id = ?1"
				" AND instance_id = ?2",
				"ssi", license_id, instance_id, ledger.now_s));
	if (r == 0)
		r = ledger_record(&ledger, "instance_revoked", ledger.now_s, detail);
	return finish(&ledger, r);
}
