/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/mail_queue.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/ledger.h"
#include "license_service/settings.h"

enum { DAY_S = 86400, AHEAD_DAYS = 30, AFTER_DAYS = 7, LICENSES_A_TIME = 500 };

/* The reminder `days` before an end is for those that end within so many days. */
static const int64_t thresholds[] = {0, 1, 7, 14, AHEAD_DAYS};

static bool is_on(const struct store *store)
{
	return store_home(store)->settings->mail_server != NULL;
}

static int insert(struct store *store, const struct mail *mail, int64_t now_s)
{
	return db_run(store_db(store),
		"INSERT INTO mail (license_id, mail_id, kind, order_id, at_s, next_s, tries)"
		" VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0)"
		" ON CONFLICT (license_id, mail_id) DO NOTHING",
		"ssssi", mail->license_id, mail->mail_id, mail->kind, mail->order_id, now_s);
}

static struct mail make(const char *license_id, const char *kind, const char *order_id)
{
	struct mail mail = {0};

	snprintf(mail.license_id, sizeof(mail.license_id), "%s", license_id);
	snprintf(mail.kind, sizeof(mail.kind), "%s", kind);
	snprintf(mail.order_id, sizeof(mail.order_id), "%s", order_id);
	snprintf(mail.mail_id, sizeof(mail.mail_id), "%s-%s", kind, order_id);
	return mail;
}

int mail_queue(struct store *store, const char *license_id, const char *kind,
	const char *order_id, int64_t now_s)
{
	const struct mail mail = make(license_id, kind, order_id);

	return is_on(store) ? insert(store, &mail, now_s) : 0;
}

/* The nearest threshold that is reached: days, or -1. */
static int64_t threshold_of(int64_t expires_s, int64_t now_s)
{
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(thresholds[0]); i++)
		if (now_s >= expires_s - thresholds[i] * DAY_S)
			return now_s < expires_s + AFTER_DAYS * DAY_S ? thresholds[i] : -1;
	return -1;
}

static int remind(struct ledger *ledger, int64_t expires_s, int64_t days)
{
	struct db *db = store_db(ledger->store);
	int r = db_run(db,
		"INSERT INTO reminder (license_id, expires_s, days, at_s)"
		" VALUES (?1, ?2, ?3, ?4) ON CONFLICT (license_id, expires_s, days) DO NOTHING",
		"siii", ledger->license_id, expires_s, days, ledger->now_s);

	if (r < 0 || db_changed(db) == 0)
		return r;
	struct mail mail = make(ledger->license_id, MAIL_REMINDER, "");
	snprintf(mail.mail_id, sizeof(mail.mail_id), "reminder-%.12s-%" PRId64 "-%" PRId64,
		ledger->license_id, expires_s, days);
	return insert(ledger->store, &mail, ledger->now_s);
}

static int look_at(struct store *store, const char *license_id, int64_t now_s)
{
	struct ledger ledger;
	int r = ledger_open(store, license_id, now_s, &ledger);

	if (r < 0)
		return r;
	const struct license *license = &ledger.license;
	int64_t expires_s = license_expires(license);
	int64_t days = license->activated_s && !license->revoked_s
			       ? threshold_of(expires_s, ledger.now_s)
			       : -1;
	if (days >= 0)
		r = remind(&ledger, expires_s, days);
	if (r == 0)
		return ledger_commit(&ledger);
	ledger_abandon(&ledger);
	return r;
}

/* Some licenses behind `after`; their number. Only those that could be near an end: the end is
 * on a calendar's anniversary of the anchor, at most 366 days a year away. */
static int page(
	struct store *store, const char *after, int64_t now_s, char (*ids)[LEASE_ID_SIZE])
{
	AUTO_ROWS rows = NULL;
	int count = 0;
	int r = db_query(store_db(store), &rows,
		"SELECT license_id FROM license WHERE license_id > ?1 AND activated_s > 0"
		" AND revoked_s = 0 AND anchor_s + years * 31536000 <= ?2"
		" AND anchor_s + years * 31622400 >= ?3 ORDER BY license_id LIMIT ?4",
		"siii", after, now_s + (AHEAD_DAYS + 1) * DAY_S,
		now_s - (AFTER_DAYS + 1) * DAY_S, (int64_t)LICENSES_A_TIME);

	while (r >= 0 && (r = db_next(rows)) > 0)
		snprintf(ids[count++], LEASE_ID_SIZE, "%s", db_text(rows, 0));
	return r < 0 ? r : count;
}

int mail_queue_reminders(struct store *store, int64_t now_s)
{
	char(*ids)[LEASE_ID_SIZE] = mem_array(LICENSES_A_TIME, sizeof(*ids));
	char after[LEASE_ID_SIZE] = "";
	int r = is_on(store) ? LICENSES_A_TIME : 0;

	while (r == LICENSES_A_TIME) {
		r = page(store, after, now_s, ids);
		for (int i = 0; i < r; i++) {
			int looked, tries = 0;
			do
				looked = look_at(store, ids[i], now_s);
			while (db_again(looked, &tries));
			if (looked < 0) {
				r = looked;
				break;
			}
			memcpy(after, ids[i], LEASE_ID_SIZE);
		}
	}
	mem_free(ids);
	return r < 0 ? r : 0;
}

int mail_next(struct store *store, int64_t now_s, struct mail *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT license_id, mail_id, kind, order_id, tries FROM mail"
		" WHERE next_s <= ?1 ORDER BY next_s, license_id, mail_id LIMIT 1",
		"i", now_s);

	*out = (struct mail){0};
	if (r <= 0)
		return r;
	snprintf(out->license_id, sizeof(out->license_id), "%s", db_text(rows, 0));
	snprintf(out->mail_id, sizeof(out->mail_id), "%s", db_text(rows, 1));
	snprintf(out->kind, sizeof(out->kind), "%s", db_text(rows, 2));
	snprintf(out->order_id, sizeof(out->order_id), "%s", db_text(rows, 3));
	out->tries = db_int(rows, 4);
	return 1;
}

int mail_has_owner(struct store *store, const char *license_id)
{
	AUTO_ROWS rows = NULL;
	int r = is_on(store) ? db_one(store_db(store), &rows,
				       "SELECT email FROM orders WHERE license_id = ?1"
				       " AND kind = 'new' AND completed_s > 0",
				       "s", license_id)
			     : 0;

	return r <= 0 ? r : settings_is_address(db_text(rows, 0));
}

int mail_drop(struct store *store, const struct mail *mail)
{
	return db_run(store_db(store),
		"DELETE FROM mail WHERE license_id = ?1 AND mail_id = ?2", "ss",
		mail->license_id, mail->mail_id);
}

static int forget(struct store *store, const struct mail *mail)
{
	struct db *db = store_db(store);
	int r = mail_drop(store, mail);

	if (r == 0 &&
		(text_equal(mail->kind, MAIL_KEY) || text_equal(mail->kind, MAIL_NEW_KEY)))
		r = db_run(db, "DELETE FROM outbox WHERE license_id = ?1 AND order_id = ?2",
			"ss", mail->license_id, mail->order_id);
	return r;
}

static int forget_whole(struct store *store, const struct mail *mail)
{
	int r = db_begin(store_db(store));

	if (r < 0)
		return r;
	r = forget(store, mail);
	if (r == 0)
		r = db_commit(store_db(store));
	if (r < 0)
		db_rollback(store_db(store));
	return r;
}

int mail_delivered(struct store *store, const struct mail *mail)
{
	int r, tries = 0;

	do
		r = forget_whole(store, mail);
	while (db_again(r, &tries));
	return r;
}

int mail_postpone(struct store *store, const struct mail *mail, int64_t next_s)
{
	return db_run(store_db(store),
		"UPDATE mail SET next_s = ?3, tries = tries + 1"
		" WHERE license_id = ?1 AND mail_id = ?2",
		"ssi", mail->license_id, mail->mail_id, next_s);
}

int mail_waits(
	struct store *store, const char *license_id, const char *kind, const char *order_id)
{
	const struct mail mail = make(license_id, kind, order_id);
	AUTO_ROWS rows = NULL;

	return db_one(store_db(store), &rows,
		"SELECT 1 FROM mail WHERE license_id = ?1 AND mail_id = ?2", "ss",
		mail.license_id, mail.mail_id);
}
