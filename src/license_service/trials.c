/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/trials.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"

enum { DAY_S = 86400, FLOOR_STEP_S = 60, SHOWN_DIGITS = 12 };

/* A trial in the hand of one transaction. */
struct asking {
	struct db *db;
	const struct home *home;
	struct trials_request *request;
	struct trial *trial;
	int64_t now_s; /* never before what the database has seen */
};

/* The highest time that was ever seen, as for a license (ledger.c): a clock that was set back
 * makes no trial longer. */
static int apply_floor(struct asking *asking)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(asking->db, &rows, "SELECT at_s FROM service_time WHERE id = ?1", "i",
		(int64_t)1);

	if (r < 0)
		return r;
	int64_t floor_s = r ? db_int(rows, 0) : 0;
	if (floor_s > asking->now_s)
		asking->now_s = floor_s;
	if (asking->now_s < floor_s + FLOOR_STEP_S)
		return 0;
	return db_run(asking->db, "UPDATE service_time SET at_s = ?2 WHERE id = ?1", "ii",
		(int64_t)1, asking->now_s);
}

/* Begins it where nobody has; of two that do so at once the second one finds the first's. */
static int begin_trial(struct asking *asking)
{
	const struct trial_settings *settings = &asking->home->trials;
	int r = db_run(asking->db,
		"INSERT INTO trial (tenant, started_s, ends_s, items_per_folder, offline_s,"
		" touched_s) VALUES (?1, ?2, ?3, ?4, ?5, ?2) ON CONFLICT (tenant) DO NOTHING",
		"siiii", asking->request->tenant, asking->now_s,
		asking->now_s + settings->days * DAY_S, settings->items_per_folder,
		settings->offline_days * DAY_S);

	if (r == 0)
		asking->request->was_new = db_changed(asking->db) > 0;
	return r;
}

/* Takes the trial's row, then reads it: what is read behind a write is what the transaction
 * before left. */
static int read_trial(struct asking *asking)
{
	AUTO_ROWS rows = NULL;
	struct trial *trial = asking->trial;
	int r = db_run(asking->db,
		"UPDATE trial SET touched_s = CASE WHEN touched_s < ?2 THEN ?2"
		" ELSE touched_s END WHERE tenant = ?1",
		"si", asking->request->tenant, asking->now_s);

	if (r == 0)
		r = db_one(asking->db, &rows,
			"SELECT started_s, ends_s, items_per_folder, offline_s, touched_s"
			" FROM trial WHERE tenant = ?1",
			"s", asking->request->tenant);
	if (r <= 0)
		return r < 0 ? r : err_set(ERR_NOTFOUND, "the trial went away");
	trial->started_s = db_int(rows, 0);
	trial->ends_s = db_int(rows, 1);
	trial->items_per_folder = db_int(rows, 2);
	trial->offline_limit_s = db_int(rows, 3);
	trial->issued_s = asking->now_s = db_int(rows, 4);
	trial->renew_after_s = asking->now_s + LEASE_RENEW_AFTER_S;
	trial->state = asking->now_s >= trial->ends_s ? TRIAL_ENDED : TRIAL_RUNS;
	return 0;
}

static int refuse_when_full(const struct asking *asking)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(asking->db, &rows,
		"SELECT count(*) FROM trial_instance WHERE tenant = ?1", "s",
		asking->request->tenant);

	if (r < 0)
		return r;
	return r && db_int(rows, 0) >= TRIALS_INSTANCES_MAX
		       ? err_set(ERR_LIMIT, "%d instances have this trial already",
				 TRIALS_INSTANCES_MAX)
		       : 0;
}

static int add_instance(struct asking *asking)
{
	const struct trials_request *request = asking->request;
	AUTO_TEXT public = text_to_base64(request->public_key, SIGN_PUBLIC_SIZE);
	int r = refuse_when_full(asking);

	if (r < 0)
		return r;
	asking->request->was_new = true;
	asking->trial->sequence = 1;
	return db_run(asking->db,
		"INSERT INTO trial_instance (tenant, instance_id, name, public_key,"
		" first_seen_s, last_seen_s, sequence) VALUES (?1, ?2, ?3, ?4, ?5, ?5, 1)",
		"ssssi", request->tenant, request->instance_id, request->name, public,
		asking->now_s);
}

static int see_instance(struct asking *asking, const char *public_key, int64_t sequence)
{
	const struct trials_request *request = asking->request;
	AUTO_TEXT public = text_to_base64(request->public_key, SIGN_PUBLIC_SIZE);

	if (!text_equal(public, public_key))
		return err_set(ERR_EXISTS, "the instance is known with another key");
	asking->trial->sequence = sequence + 1;
	return db_run(asking->db,
		"UPDATE trial_instance SET name = ?3, last_seen_s = ?4, sequence = ?5"
		" WHERE tenant = ?1 AND instance_id = ?2",
		"sssii", request->tenant, request->instance_id, request->name, asking->now_s,
		sequence + 1);
}

static int enter_instance(struct asking *asking)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(asking->db, &rows,
		"SELECT public_key, sequence FROM trial_instance"
		" WHERE tenant = ?1 AND instance_id = ?2",
		"ss", asking->request->tenant, asking->request->instance_id);

	if (r < 0)
		return r;
	return r ? see_instance(asking, db_text(rows, 0), db_int(rows, 1))
		 : add_instance(asking);
}

static int work(struct asking *asking)
{
	int r = apply_floor(asking);

	if (r == 0)
		r = begin_trial(asking);
	if (r == 0)
		r = read_trial(asking);
	if (r == 0)
		r = enter_instance(asking);
	if (r == 0 && asking->request->only_known && asking->request->was_new)
		r = err_set(ERR_THROTTLED, "too many new trials came from your address");
	return r;
}

int trials_ask(
	struct store *store, struct trials_request *request, int64_t now_s, struct trial *out)
{
	struct asking asking = {
		.db = store_db(store),
		.home = store_home(store),
		.request = request,
		.trial = out,
		.now_s = now_s,
	};

	*out = (struct trial){0};
	request->was_new = false;
	int r = text_from_hex(request->tenant, out->tenant, HASH_SIZE);
	if (r == 0)
		r = db_begin(asking.db);
	if (r < 0)
		return r;
	r = work(&asking);
	if (r == 0)
		r = db_commit(asking.db);
	if (r < 0)
		db_rollback(asking.db);
	memcpy(out->instance_id, request->instance_id, LEASE_ID_SIZE);
	memcpy(out->instance_public, request->public_key, SIGN_PUBLIC_SIZE);
	memcpy(out->nonce, request->nonce, LEASE_NONCE_SIZE);
	return r;
}

static struct json *describe(struct db_rows *rows, int64_t now_s)
{
	struct json *json = json_new_object();
	AUTO_TEXT digits = mem_printf("%.*s", SHOWN_DIGITS, db_text(rows, 0));

	json_put_text(json, "tenant", digits);
	json_put_time(json, "started_at", db_int(rows, 1));
	json_put_time(json, "ends_at", db_int(rows, 2));
	json_put_text(json, "state", now_s >= db_int(rows, 2) ? "over" : "runs");
	json_put_int(json, "items_per_folder", db_int(rows, 3));
	json_put_int(json, "instances", db_int(rows, 5));
	json_put_time(json, "last_seen_at", db_int(rows, 4));
	return json;
}

int trials_list(struct store *store, int64_t now_s, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(store_db(store), &rows,
		"SELECT t.tenant, t.started_s, t.ends_s, t.items_per_folder, t.touched_s,"
		" count(i.instance_id) FROM trial t"
		" LEFT JOIN trial_instance i ON i.tenant = t.tenant"
		" GROUP BY t.tenant, t.started_s, t.ends_s, t.items_per_folder, t.touched_s"
		" ORDER BY t.started_s, t.tenant",
		"");

	*out = NULL;
	while (r >= 0 && (r = db_next(rows)) > 0)
		json_append(list, describe(rows, now_s));
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put_int(*out, "schema", 1);
	json_put(*out, "trials", STEAL(list));
	return 0;
}
