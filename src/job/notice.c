/* SPDX-License-Identifier: Apache-2.0 */
#include "job/notice.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/watch.h"

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

static int clear(struct installation *installation, const char *job, const char *object,
	const char *topic)
{
	return db_run(installation->db,
		"UPDATE notice SET cleared_s = ?4 WHERE job = ?1 AND object = ?2 "
		"AND topic = ?3 AND cleared_s = 0",
		"sssi", job, object, topic, clock_now_s());
}

/* The newest one of the same kind, standing or not: its id (0: none), and whether it says the
 * same. */
static int look_up(struct installation *installation, const struct notice *notice,
	int64_t *out_id, bool *stands, bool *same)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT id, cleared_s, text FROM notice WHERE job = ?1 AND object = ?2 AND "
		"topic = ?3 AND code = ?4 AND mark = ?5 ORDER BY id DESC LIMIT 1",
		"sssss", notice->job, notice->object, or_empty(notice->topic), notice->code,
		or_empty(notice->mark));

	*out_id = r == 1 ? db_int(rows, 0) : 0;
	*stands = r == 1 && db_int(rows, 1) == 0;
	*same = r == 1 && text_equal(db_text(rows, 2), notice->text);
	return r < 0 ? r : 0;
}

static int put(struct installation *installation, const struct notice *notice)
{
	int64_t id;
	bool stands, same;
	int r = look_up(installation, notice, &id, &stands, &same);
	bool is_marked = notice->mark && *notice->mark;

	if (r == 0 && !stands) /* what else stood there is over */
		r = clear(installation, notice->job, notice->object, or_empty(notice->topic));
	if (r < 0)
		return r;
	if (stands || (id && is_marked))
		return db_run(installation->db,
			"UPDATE notice SET text = ?2, cleared_s = 0 WHERE id = ?1", "is", id,
			notice->text);
	return db_run(installation->db,
		"INSERT INTO notice (code, job, object, text, raised_s, cleared_s, topic, "
		"mark) "
		"VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6, ?7)",
		"ssssiss", notice->code, notice->job, notice->object, notice->text,
		clock_now_s(), or_empty(notice->topic), or_empty(notice->mark));
}

int notice_raise(struct installation *installation, const struct notice *notice)
{
	int64_t id;
	bool stands, same;
	int r = look_up(installation, notice, &id, &stands, &same);

	if (r < 0 || (stands && same))
		return r; /* as nearly always: nothing is written */
	r = db_begin(installation->db);
	if (r == 0)
		r = put(installation, notice);
	if (r == 0)
		r = db_commit(installation->db);
	if (r < 0)
		db_rollback(installation->db);
	return r;
}

int notice_clear(struct installation *installation, const char *job, const char *object)
{
	return clear(installation, job, object, "");
}

int notice_clear_topic(struct installation *installation, const char *job, const char *topic)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT 1 FROM notice WHERE job = ?1 AND object = '' AND topic = ?2 "
		"AND cleared_s = 0",
		"ss", job, topic);

	return r == 1 ? clear(installation, job, "", topic) : r;
}

struct json *notice_json(struct db_rows *row)
{
	struct json *notice = json_new_object();

	json_put_int(notice, "id", db_int(row, 0));
	json_put_text(notice, "code", db_text(row, 1));
	json_put_text(notice, "job", db_text(row, 2));
	json_put_text(notice, "object", db_text(row, 3));
	json_put_text(notice, "text", db_text(row, 4));
	json_put_time(notice, "raised_at", db_int(row, 5));
	json_put_time(notice, "cleared_at", db_int(row, 6));
	return notice;
}

int notice_list(struct installation *installation, bool all, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = installation->license ? watch_look(installation) : 0;

	*out = NULL;
	if (r == 0)
		r = db_query(installation->db, &rows,
			"SELECT id, code, job, object, text, raised_s, cleared_s FROM notice "
			"WHERE ?1 OR cleared_s = 0 ORDER BY id DESC",
			"i", (int64_t)all);
	while (r == 0 && (r = db_next(rows)) == 1) {
		json_append(list, notice_json(rows));
		r = 0;
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "notices", STEAL(list));
	return 0;
}
