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

/* What becomes of each subject of a call. */
struct release {
	int64_t assigned_s; /* DB_NONE where it is not assigned */
	bool is_gone;
};

static int look_up(
	struct ledger *ledger, const struct releases *releases, struct release *subjects)
{
	int64_t *assigned_s = mem_array(releases->count, sizeof(*assigned_s));
	const struct db_each each = {
		.texts = releases->subjects, .count = releases->count, .out = assigned_s};
	int r = db_run_each(store_db(ledger->store), &each,
		"SELECT assigned_s FROM assignment WHERE license_id = ?1 AND epoch = ?2"
		" AND subject = ?3",
		"si", ledger->license_id, ledger->license.epoch);

	for (size_t i = 0; r == 0 && i < releases->count; i++)
		subjects[i].assigned_s = assigned_s[i];
	mem_free(assigned_s);
	return r;
}

/* Deletes the assignments that are old enough. A subject that is named twice goes once, and is
 * then not assigned. */
static int delete_old(
	struct ledger *ledger, const struct releases *releases, struct release *subjects)
{
	const char **old = mem_array(releases->count, sizeof(*old));
	struct release **places = mem_array(releases->count, sizeof(struct release *));
	int64_t *deleted = mem_array(releases->count, sizeof(*deleted));
	struct db_each each = {.texts = old, .out = deleted};

	for (size_t i = 0; i < releases->count; i++) {
		if (subjects[i].assigned_s == DB_NONE ||
			!release_is_allowed(subjects[i].assigned_s, ledger->now_s))
			continue;
		places[each.count] = &subjects[i];
		old[each.count++] = releases->subjects[i];
	}
	int r = db_run_each(store_db(ledger->store), &each,
		"DELETE FROM assignment WHERE license_id = ?1 AND epoch = ?2 AND subject = ?3",
		"si", ledger->license_id, ledger->license.epoch);
	for (size_t i = 0; r == 0 && i < each.count; i++) {
		places[i]->is_gone = deleted[i] == 1;
		places[i]->assigned_s = DB_NONE;
	}
	mem_free(deleted);
	mem_free(places);
	mem_free(old);
	return ledger_check(ledger, r);
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

/* Appends the result of one subject, and the names of those that went. */
static int tell(const char *subject, const struct release *release, struct json *results,
	struct buf *names)
{
	bool is_assigned = release->assigned_s != DB_NONE;
	struct json *json = result(subject, release->is_gone ? NULL
					    : is_assigned    ? "too_early"
							     : "not_assigned");

	if (is_assigned)
		json_put_time(json, "releasable_at", release_first_moment(release->assigned_s));
	json_append(results, json);
	return release->is_gone ? buf_printf(names, "%s%s", names->size ? "," : "", subject)
				: 0;
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

static int release_all(
	struct ledger *ledger, const struct releases *releases, struct json *results)
{
	AUTO_BUF names = buf_init(DETAIL_MAX);
	struct release *subjects = mem_array(releases->count, sizeof(*subjects));
	int64_t count = 0;

	int r = look_up(ledger, releases, subjects);
	if (r == 0)
		r = delete_old(ledger, releases, subjects);
	for (size_t i = 0; r == 0 && i < releases->count; i++) {
		r = tell(releases->subjects[i], &subjects[i], results, &names);
		count += subjects[i].is_gone;
	}
	mem_free(subjects);
	if (r == 0)
		r = record(ledger, releases, count, &names);
	return ledger_check(ledger, r);
}

static void refuse_all(
	const struct releases *releases, const char *refused, struct json *results)
{
	for (size_t i = 0; i < releases->count; i++)
		json_append(results, result(releases->subjects[i], refused));
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
	int r = 0;
	if (refused)
		refuse_all(releases, refused, results);
	else
		r = release_all(ledger, releases, results);
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
