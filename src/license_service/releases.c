/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/releases.h"

#include <inttypes.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license/claim.h"

enum { DETAIL_MAX = 1024 * 1024 };

/* Deletes an assignment that is old enough. 1 when it did, 0 when it was too young or not
 * there; *assigned_s is then its moment, or 0. */
static int release_one(struct ledger *ledger, const char *subject, int64_t *assigned_s)
{
	AUTO_ROWS rows = NULL;
	struct db *db = store_db(ledger->store);
	int r = db_one(db, &rows,
		"SELECT assigned_s FROM assignment WHERE license_id = ?1 AND epoch = ?2"
		" AND subject = ?3",
		"sis", ledger->license_id, ledger->license.epoch, subject);

	*assigned_s = r > 0 ? db_int(rows, 0) : 0;
	if (r <= 0 || !release_is_allowed(*assigned_s, ledger->now_s))
		return r < 0 ? r : 0;
	r = db_run(db,
		"DELETE FROM assignment WHERE license_id = ?1 AND epoch = ?2 AND subject = ?3",
		"sis", ledger->license_id, ledger->license.epoch, subject);
	return ledger_check(ledger, r) < 0 ? r : 1;
}

static struct json *result(const char *subject, const char *reason)
{
	struct json *json = json_new_object();

	json_put_text(json, "subject", subject);
	json_put_bool(json, "released", reason == NULL);
	json_put_text(json, "reason", reason);
	json_put(json, "releasable_at", NULL);
	return json;
}

/* Appends the result of one subject; counts and names those that went. */
static int release(
	struct ledger *ledger, const char *subject, struct json *results, struct buf *names)
{
	int64_t assigned_s;
	int r = release_one(ledger, subject, &assigned_s);

	if (r < 0)
		return r;
	const char *reason = r ? NULL : assigned_s ? "too_early" : "not_assigned";
	struct json *json = result(subject, reason);
	if (!r && assigned_s)
		json_put_time(json, "releasable_at", release_first_moment(assigned_s));
	json_append(results, json);
	if (r && buf_printf(names, "%s%s", names->size ? "," : "", subject) < 0)
		return ERR_LIMIT;
	return r;
}

static int record(struct ledger *ledger, const struct releases *releases, int64_t count,
	struct buf *names)
{
	if (count == 0)
		return 0;
	int r = ledger_count(ledger, -count);
	if (r < 0)
		return r;
	AUTO_TEXT detail = mem_printf("instance=%s released=%" PRId64 " subjects=%s",
		releases->instance_id, count, buf_text(names));
	return ledger_record(ledger, "released", ledger->now_s, detail);
}

static int release_all(struct ledger *ledger, const struct releases *releases,
	const char *refused, struct json *results)
{
	AUTO_BUF names = buf_init(DETAIL_MAX);
	int64_t count = 0;

	for (size_t i = 0; i < releases->count; i++) {
		if (refused) {
			json_append(results, result(releases->subjects[i], refused));
			continue;
		}
		int r = release(ledger, releases->subjects[i], results, &names);
		if (r < 0)
			return ledger_check(ledger, r);
		count += r;
	}
	return record(ledger, releases, count, &names);
}

int releases_run(struct ledger *ledger, void *context)
{
	struct releases *releases = context;
	mem_replace(&releases->answer, NULL); /* of a transaction that failed */
	AUTO_JSON answer = json_new_object();
	struct json *results = json_new_array();
	const char *refused = ledger->license.revoked_s ? "license_revoked" : NULL;

	json_put_text(answer, "refused", refused);
	json_put(answer, "results", results);
	int r = release_all(ledger, releases, refused, results);
	if (r == 0)
		releases->answer = json_text(answer, false);
	return r;
}

static int read_page(struct ledger *ledger, const struct releases_list *list,
	struct json *subjects, bool *more)
{
	AUTO_ROWS rows = NULL;
	int64_t left = list->limit;
	int r = db_query(store_db(ledger->store), &rows,
		"SELECT subject, assigned_s FROM assignment WHERE license_id = ?1 AND epoch = "
		"?2"
		" AND subject > ?3 ORDER BY subject LIMIT ?4",
		"sisi", ledger->license_id, ledger->license.epoch,
		list->after ? list->after : "", list->limit + 1);

	if (r < 0)
		return r;
	while ((r = db_next(rows)) > 0 && left-- > 0) {
		struct json *subject = json_new_object();

		json_put_text(subject, "id", db_text(rows, 0));
		json_put_time(subject, "assigned_at", db_int(rows, 1));
		json_put_time(subject, "releasable_at", release_first_moment(db_int(rows, 1)));
		json_append(subjects, subject);
	}
	*more = r > 0;
	return r < 0 ? r : 0;
}

int releases_list(struct ledger *ledger, void *context)
{
	struct releases_list *list = context;
	mem_replace(&list->answer, NULL); /* of a transaction that failed */
	AUTO_JSON answer = json_new_object();
	struct json *subjects = json_new_array();
	bool more;

	json_put(answer, "subjects", subjects);
	int r = read_page(ledger, list, subjects, &more);
	if (r < 0)
		return r;
	size_t count = json_count(subjects);
	json_put_text(answer, "next",
		more && count ? json_get_text(json_at(subjects, count - 1), "id") : NULL);
	list->answer = json_text(answer, false);
	return 0;
}
