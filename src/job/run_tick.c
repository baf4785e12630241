/* SPDX-License-Identifier: Apache-2.0 */
#include "job/run_priv.h"

#include "base/clock.h"
#include "base/mem.h"

/* Progress of a run, and the wish to stop it. */

enum { DRAW_EVERY_US = 150000, NOTE_EVERY_US = 1000000 };

/* By the share of objects that are done: their sizes are not known before they are listed. */
static int64_t left_ms(const struct run_progress *progress)
{
	if (progress->objects_done == 0)
		return -1;
	return progress->elapsed_ms / (int64_t)progress->objects_done *
	       (int64_t)(progress->objects_total - progress->objects_done);
}

static int note_progress(struct run *run)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON json = json_new_object();
	const struct run_progress *p = &run->progress;

	json_put_int(json, "objects_done", (int64_t)p->objects_done);
	json_put_int(json, "objects_total", (int64_t)p->objects_total);
	json_put_text(json, "object", p->object);
	json_put_int(json, "items", (int64_t)p->items);
	json_put_int(json, "bytes_read", (int64_t)p->bytes_read);
	json_put_int(json, "elapsed_ms", p->elapsed_ms);
	json_put_int(json, "left_ms", p->left_ms);
	json_put_int(json, "throttled_ms", p->throttled_ms);
	AUTO_TEXT text = json_text(json, false);
	int r = db_run(run->installation->db, "UPDATE run SET progress = ?2 WHERE id = ?1",
		"is", run->run_id, text);
	if (r == 0)
		r = db_one(run->installation->db, &rows,
			"SELECT stop_wished FROM run WHERE id = ?1", "i", run->run_id);
	if (r == 1 && db_int(rows, 0))
		cancel_wish(&run->stop);
	return r < 0 ? r : 0;
}

int run_tick(struct run *run)
{
	int64_t now_us = clock_monotonic_us();
	int r = 0;

	run->progress.elapsed_ms = (now_us - run->started_us) / 1000;
	run->progress.left_ms = left_ms(&run->progress);
	run->progress.throttled_ms = run->usage.throttled_ms;
	if (run->usage.heard_s)
		license_client_heard_time(run->installation->license, run->usage.heard_s);
	if (run->options->progress && now_us - run->drawn_us >= DRAW_EVERY_US) {
		run->drawn_us = now_us;
		run->options->progress(run->options->context, &run->progress);
	}
	if (now_us - run->noted_us >= NOTE_EVERY_US) {
		run->noted_us = now_us;
		r = note_progress(run);
	}
	if (r == 0 && run->writer)
		r = repo_writer_tick(run->writer);
	if (cancel_is_wished(run->options->cancel))
		cancel_wish(&run->stop);
	if (r == 0 && cancel_is_wished(&run->stop))
		r = err_set(ERR_CANCELLED, "stopped");
	return r;
}
