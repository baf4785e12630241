/* SPDX-License-Identifier: Apache-2.0 */
#include "job/notice.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/timestamp.h"
#include "job/report.h"

int notice_raise(struct installation *installation, const struct notice *notice)
{
	int r = db_run(installation->db,
		"UPDATE notice SET text = ?4 WHERE job = ?1 AND object = ?2 AND code = ?3 "
		"AND cleared_s = 0",
		"ssss", notice->job, notice->object, notice->code, notice->text);

	if (r < 0 || db_changed(installation->db) > 0)
		return r;
	r = notice_clear(
		installation, notice->job, notice->object); /* another code stood there */
	if (r < 0)
		return r;
	return db_run(installation->db,
		"INSERT INTO notice (code, job, object, text, raised_s, cleared_s) "
		"VALUES (?1, ?2, ?3, ?4, ?5, 0)",
		"ssssi", notice->code, notice->job, notice->object, notice->text,
		clock_now_s());
}

int notice_clear(struct installation *installation, const char *job, const char *object)
{
	return db_run(installation->db,
		"UPDATE notice SET cleared_s = ?3 WHERE job = ?1 AND object = ?2 AND cleared_s "
		"= 0",
		"ssi", job, object, clock_now_s());
}

/* What the license itself has to tell: not stored, because it is true only while it is. */
static void put_license_notice(struct installation *installation, struct json *list)
{
	struct license_status status;
	char until[TIMESTAMP_SIZE], end[TIMESTAMP_SIZE];
	AUTO_TEXT text = NULL;

	license_client_status(installation->license, &status);
	timestamp_format(status.offline_until_s, until);
	timestamp_format(status.expires_s, end);
	if (status.state == LICENSE_EXPIRES_SOON)
		text = mem_printf("The subscription ends at %s; renew it in time.", end);
	else if (status.state == LICENSE_EXPIRED)
		text = mem_printf(
			"The subscription ended at %s: no backup runs, restores work; renew it "
			"with the same key.",
			end);
	else if (status.state == LICENSE_OFFLINE)
		text = mem_printf(
			"The licensing service does not answer; backups go on until %s.",
			until);
	else if (status.state == LICENSE_SUSPENDED)
		text = mem_printf(
			"Jobs are suspended: the licensing service did not answer until %s.",
			until);
	else if (status.state == LICENSE_REVOKED)
		text = mem_printf(
			"The license key was revoked: no backup runs, restores work.");
	else
		return;
	struct json *notice = json_new_object();
	AUTO_TEXT code = mem_printf("license_%s", license_state_name(status.state));
	json_put_text(notice, "code", code);
	json_put_text(notice, "job", "");
	json_put_text(notice, "object", "");
	json_put_text(notice, "text", text);
	json_append(list, notice);
}

int notice_list(struct installation *installation, bool all, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(installation->db, &rows,
		"SELECT id, code, job, object, text, raised_s, cleared_s FROM notice "
		"WHERE ?1 OR cleared_s = 0 ORDER BY id DESC",
		"i", (int64_t)all);

	put_license_notice(installation, list);
	while (r == 0 && (r = db_next(rows)) == 1) {
		struct json *notice = json_new_object();
		json_put_int(notice, "id", db_int(rows, 0));
		json_put_text(notice, "code", db_text(rows, 1));
		json_put_text(notice, "job", db_text(rows, 2));
		json_put_text(notice, "object", db_text(rows, 3));
		json_put_text(notice, "text", db_text(rows, 4));
		json_put_time(notice, "raised_at", db_int(rows, 5));
		json_put_time(notice, "cleared_at", db_int(rows, 6));
		json_append(list, notice);
		r = 0;
	}
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "notices", STEAL(list));
	return 0;
}
