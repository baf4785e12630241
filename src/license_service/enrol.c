/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/enrol.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license_service/history.h"

static int refuse(struct enrol *enrol, enum enrol_refusal refusal)
{
	static const char *const texts[] = {
		[ENROL_KEY_REVOKED] = "the license key is revoked",
		[ENROL_KEY_REPLACED] = "the license key was replaced by a new one",
		[ENROL_NOT_REWRAPPED] =
			"activate the new license key at an enrolled instance first",
		[ENROL_INSTANCE_REVOKED] = "the vendor revoked this instance",
	};

	enrol->refusal = refusal;
	return err_set(ERR_LICENSE, "%s", texts[refusal]);
}

/* What is known of the key that was typed. */
struct key_row {
	bool own_secret;
	char *wrapped_secret; /* NULL: not wrapped under this key yet */
};

static int read_key_row(struct ledger *ledger, struct enrol *enrol, struct key_row *out)
{
	AUTO_ROWS rows = NULL;

	*out = (struct key_row){0};
	if (!enrol->key_digest)
		return 0;
	int r = db_one(store_db(ledger->store), &rows,
		"SELECT until_s, own_secret, wrapped_secret FROM key_lookup"
		" WHERE key_digest = ?1",
		"s", enrol->key_digest);
	if (r <= 0)
		return r < 0 ? r : err_set(ERR_NOTFOUND, "the license key went away");
	int64_t until_s = db_int(rows, 0);
	if (until_s && ledger->now_s >= until_s)
		return refuse(enrol, ENROL_KEY_REPLACED);
	out->own_secret = db_int(rows, 1) != 0;
	out->wrapped_secret = mem_strdup(db_text(rows, 2));
	return 0;
}

/* Of a key that was issued again: an enrolled instance leaves the license's secret under it. */
static int rewrap(
	struct ledger *ledger, struct enrol *enrol, const struct key_row *row, bool is_enrolled)
{
	if (row->wrapped_secret) {
		enrol->kept_secret = mem_strdup(row->wrapped_secret);
		return 0;
	}
	if (!is_enrolled || !enrol->rewrapped_secret ||
		!text_equal(enrol->rewrapped_license, ledger->license_id))
		return refuse(enrol, ENROL_NOT_REWRAPPED);
	int r = db_run(store_db(ledger->store),
		"UPDATE key_lookup SET wrapped_secret = ?2 WHERE key_digest = ?1", "ss",
		enrol->key_digest, enrol->rewrapped_secret);
	if (r == 0)
		enrol->kept_secret = mem_strdup(enrol->rewrapped_secret);
	return ledger_check(ledger, r);
}

/* 1 where it is enrolled already, with this key; 0 where it is not. */
static int find_instance(struct ledger *ledger, struct enrol *enrol)
{
	uint8_t public[SIGN_PUBLIC_SIZE];
	int r = store_find_instance(
		ledger->store, ledger->license_id, enrol->instance_id, public);

	if (r == ERR_NOTFOUND)
		return 0;
	if (r == ERR_LICENSE)
		return refuse(enrol, ENROL_INSTANCE_REVOKED);
	if (r < 0)
		return r;
	if (memcmp(public, enrol->public_key, SIGN_PUBLIC_SIZE) != 0)
		return err_set(ERR_EXISTS, "the instance is enrolled with another key");
	return 1;
}

static int add_instance(struct ledger *ledger, const struct enrol *enrol)
{
	AUTO_TEXT public = text_to_base64(enrol->public_key, SIGN_PUBLIC_SIZE);
	AUTO_TEXT detail = mem_printf("instance=%s", enrol->instance_id);
	int64_t sequence;
	int r = history_first_sequence(ledger, &sequence);

	if (r == 0)
		r = db_run(store_db(ledger->store),
			"INSERT INTO instance (license_id, instance_id, name, public_key,"
			" first_seen_s, last_seen_s, sequence)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
			"ssssii", ledger->license_id, enrol->instance_id, enrol->name, public,
			ledger->now_s, sequence);
	if (r < 0)
		return ledger_check(ledger, r);
	return ledger_record(ledger, "enrolled", ledger->now_s, detail);
}

static int rename_instance(struct ledger *ledger, const struct enrol *enrol)
{
	int r = db_run(store_db(ledger->store),
		"UPDATE instance SET name = ?3 WHERE license_id = ?1 AND instance_id = ?2",
		"sss", ledger->license_id, enrol->instance_id, enrol->name);

	return ledger_check(ledger, r);
}

/* The first instance's wrapped secret becomes the license's; everybody gets that one. */
static int keep_secret(struct ledger *ledger, struct enrol *enrol)
{
	AUTO_ROWS rows = NULL;
	int r = db_run(store_db(ledger->store),
		"UPDATE license SET wrapped_secret = ?2"
		" WHERE license_id = ?1 AND wrapped_secret IS NULL",
		"ss", ledger->license_id, enrol->wrapped_secret);

	if (r == 0)
		r = db_one(store_db(ledger->store), &rows,
			"SELECT wrapped_secret FROM license WHERE license_id = ?1", "s",
			ledger->license_id);
	if (r < 0)
		return ledger_check(ledger, r);
	enrol->kept_secret = mem_strdup(r ? db_text(rows, 0) : enrol->wrapped_secret);
	return 0;
}

static int start_term(struct ledger *ledger, const struct license_effect *effect)
{
	char expires[TIMESTAMP_SIZE];

	if (!effect->changed)
		return 0;
	timestamp_format(license_expires(&ledger->license), expires);
	AUTO_TEXT detail =
		mem_printf("licenses=%" PRId64 " expires=%s", ledger->license.seats, expires);
	return ledger_change(ledger, "activated", detail, effect);
}

int enrol_run(struct ledger *ledger, void *context)
{
	struct enrol *enrol = context;
	struct license_effect effect;
	struct key_row row;
	mem_replace(&enrol->kept_secret, NULL); /* of a transaction that failed */
	int known = find_instance(ledger, enrol);

	if (known < 0)
		return known;
	enrol->refusal = ENROL_KEY_REVOKED;
	int r = read_key_row(ledger, enrol, &row);
	/* Before anything is changed. */
	if (r == 0 && row.own_secret)
		r = rewrap(ledger, enrol, &row, known);
	if (r == 0)
		r = license_activate(&ledger->license, ledger->now_s, &effect);
	if (r == 0)
		r = start_term(ledger, &effect);
	if (r == 0)
		r = known ? rename_instance(ledger, enrol) : add_instance(ledger, enrol);
	if (r == 0 && !row.own_secret)
		r = keep_secret(ledger, enrol);
	mem_free(row.wrapped_secret);
	return r;
}
