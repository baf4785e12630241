/* SPDX-License-Identifier: Apache-2.0 */
#include "job/run_priv.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/needs.h"
#include "job/notice.h"

int run_record_begin(struct run *run)
{
	AUTO_ROWS rows = NULL;
	struct db *db = run->installation->db;
	int r = db_run(db,
		"INSERT INTO run (job_id, started_s, ended_s, state, reason_code, reason_text,"
		" snapshot, stop_wished, progress) VALUES (?1, ?2, 0, 'running', '', '', '', "
		"0, '{}')",
		"ii", run->job->id, clock_now_s());

	if (r == 0)
		r = db_one(db, &rows, "SELECT max(id) FROM run WHERE job_id = ?1", "i",
			run->job->id);
	if (r == 1)
		run->run_id = db_int(rows, 0);
	return r < 0 ? r : 0;
}

/* What is bad news stands as a notice until the object goes well again. */
static int note(struct run *run, const struct object_result *result)
{
	AUTO_TEXT object = mem_printf("%s:%s", result->kind, result->name);
	AUTO_TEXT text = mem_printf("%s: %s", object, result->reason_text);
	const struct notice notice = {
		.code = result->result, .job = run->job->name, .object = object, .text = text};

	if (text_equal(result->result, "stored") || text_equal(result->result, "unchanged"))
		return notice_clear(run->installation, run->job->name, object);
	return notice_raise(run->installation, &notice);
}

int run_record_object(struct run *run, size_t position, const struct object_result *result)
{
	int r = db_run(run->installation->db,
		"INSERT INTO run_object VALUES "
		"(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
		"iisssssiiiiiii", run->run_id, (int64_t)position, result->kind, result->name,
		result->result, result->reason_code, result->reason_text, result->required,
		result->newly_licensed, result->missing, (int64_t)result->items_new,
		(int64_t)result->items_total, (int64_t)result->bytes_read,
		(int64_t)result->bytes_stored);

	return r < 0 ? r : note(run, result);
}

static int save_pending(struct run *run)
{
	int r = 0;

	for (size_t i = 0; i < run->fresh.count && r == 0; i++)
		r = base_save(run->installation, run->job->id, &run->fresh.objects[i]);
	for (size_t i = 0; i < run->cursor_count && r == 0; i++) {
		const struct pending_cursor *c = &run->cursors[i];
		const struct cursor_key key = {
			run->job->id, c->kind, c->name, c->folder_id, c->list_id};
		r = cursor_save(run->installation, &key, c->cursor);
	}
	return r;
}

void run_record_drop(struct run *run)
{
	bases_free(&run->fresh);
	for (size_t i = 0; i < run->cursor_count; i++) {
		mem_free(run->cursors[i].kind);
		mem_free(run->cursors[i].name);
		mem_free(run->cursors[i].folder_id);
		mem_free(run->cursors[i].list_id);
		mem_free(run->cursors[i].cursor);
	}
	run->cursor_count = 0;
}

int run_commit(struct run *run)
{
	struct db *db = run->installation->db;
	int r = repo_writer_commit(run->writer);

	if (r == 0)
		r = db_begin(db);
	if (r == 0)
		r = save_pending(run);
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	else
		run_record_drop(run);
	run->committed_us = clock_monotonic_us();
	run->committed_bytes = repo_writer_stored(run->writer);
	return r;
}

/* Kinds that the source may not list are news of the job. */
static int tell_gaps(struct run *run)
{
	AUTO_TEXT text = mem_printf("%s:", run->job->name);
	struct notice missing = {.code = "permission_missing",
		.job = run->job->name,
		.object = "",
		.topic = "permission"};

	if (run->selection.gap_count == 0)
		return notice_clear_topic(run->installation, run->job->name, "permission");
	for (size_t i = 0; i < run->selection.gap_count; i++) {
		const struct source_gap *gap = &run->selection.gaps[i];
		mem_replace(&text, mem_printf("%s%s objects of kind %s are not backed up: %s",
					   text, i ? ";" : "", gap->kind, gap->text));
	}
	missing.text = text;
	return notice_raise(run->installation, &missing);
}

int run_record_settle(struct run *run)
{
	int r = tell_gaps(run);

	if (r < 0 || run->selection.gap_count > 0)
		return r; /* what was not listed is not known to be gone */
	r = db_run(run->installation->db,
		"UPDATE notice SET cleared_s = ?3 WHERE job = ?1 AND object <> '' "
		"AND cleared_s = 0 AND object NOT IN "
		"(SELECT kind || ':' || name FROM run_object WHERE run_id = ?2)",
		"sii", run->job->name, run->run_id, clock_now_s());
	return r < 0 ? r : needs_settle(run->installation, run->job->id, run->run_id);
}

int run_record_end(struct run *run, const struct run_end *end)
{
	const struct notice failed = {.code = "run_failed",
		.job = run->job->name,
		.object = "",
		.text = end->reason_text};
	/* Who has stopped a run knows of it; what the license keeps from running is told by
	 * watch.h as long as it does. */
	bool is_gated =
		text_equal(end->state, "suspended") || text_equal(end->state, "expired");
	bool bad = *end->reason_code && !is_gated &&
		   !text_equal(end->reason_code, err_name(ERR_CANCELLED));
	int r = bad ? notice_raise(run->installation, &failed)
		    : notice_clear(run->installation, run->job->name, "");

	if (r < 0)
		return r;
	return db_run(run->installation->db,
		"UPDATE run SET ended_s = ?2, state = ?3, reason_code = ?4, reason_text = ?5, "
		"snapshot = ?6, progress = '{}' WHERE id = ?1",
		"iissss", run->run_id, clock_now_s(), end->state, end->reason_code,
		end->reason_text, end->snapshot);
}
