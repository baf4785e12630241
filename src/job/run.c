/* SPDX-License-Identifier: Apache-2.0 */
#include "job/run_priv.h"

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/gate.h"
#include "job/retain.h"
#include "job/seen.h"
#include "job/storages.h"
#include "job/watch.h"

/* What is stored becomes durable after so many bytes, or so long, so that a kill costs little.
 */
enum { COMMIT_EVERY_BYTES = 64 << 20, COMMIT_EVERY_US = 30000000 };

static int tick(void *context)
{
	return run_tick(context);
}

/* Who is needed is read anew at each run (C8). */
static int read_organization(struct run *run)
{
	const struct organization_options options = {.installation = run->installation,
		.source = run->source,
		.tick = tick,
		.context = run};

	return organization_read(&options, &run->selection, &run->organization);
}

/* Without a key it is the tenant's trial that counts, and whose tenant it is the other side
 * says, not the settings. */
static int learn_tenant(struct run *run)
{
	struct license_status status;
	char *tenant = NULL;

	if (!run->job->needs_license)
		return 0;
	license_client_status(run->installation->license, &status);
	if (!status.is_trial || !*status.server)
		return 0; /* the gate says what is missing */
	int r = source_tenant(run->source, &tenant);
	if (r == 0)
		r = connection_keep_tenant(run->installation, run->job->connection, tenant);
	if (r == 0)
		mem_replace(&run->tenant, STEAL(tenant));
	mem_free(tenant);
	return r;
}

static int open_source(struct run *run)
{
	const struct connection_open how = {.cancel = &run->stop, .usage = &run->usage};
	int r = connection_source(run->installation, run->job->connection, &how, &run->source);

	run->tenant = mem_strdup(run->job->tenant);
	run->progress.object = "";
	return r < 0 ? r : learn_tenant(run);
}

static int open_ends(struct run *run)
{
	int r = storages_open(run->installation, run->job->storage, &run->repo);

	if (r == 0)
		r = repo_writer_open(run->repo, &run->writer);
	if (r == 0)
		r = bases_load(run->installation, run->job, run->repo, &run->bases);
	if (r == 0)
		r = selection_read(run->source, run->job->objects, &run->selection);
	run->progress.objects_total = run->selection.count;
	return r == 0 ? read_organization(run) : r;
}

static void close_ends(struct run *run)
{
	organization_free(run->organization);
	selection_free(&run->selection);
	source_close(run->source);
	bases_free(&run->bases);
	bases_free(&run->fresh);
	repo_writer_close(run->writer);
	if (run->writer)
		retain_prune(run->installation, run->job, run->repo);
	repo_close(run->repo);
	run_record_drop(run);
	mem_free(run->cursors);
	mem_free(run->tenant);
}

/* An object that the job names and the source does not have. */
static int record_missing(struct run *run, size_t *position)
{
	int r = 0;

	for (size_t i = 0; i < run->selection.missing_count && r == 0; i++) {
		const char *entry = run->selection.missing[i];
		AUTO_TEXT kind = mem_strndup(entry, strcspn(entry, ":"));
		struct object_result result = {
			.kind = kind, .name = entry + strcspn(entry, ":") + 1};
		const struct source_gap *gap = selection_gap(&run->selection, kind);
		if (gap)
			object_result_set(
				&result, "failed", "permission_missing", "%s", gap->text);
		else
			object_result_set(&result, "failed", "not_found",
				"the source has no such object (any more); its snapshots stay");
		run->in_part = true;
		r = run_record_object(run, (*position)++, &result);
	}
	return r;
}

static bool commit_is_due(const struct run *run)
{
	return repo_writer_stored(run->writer) - run->committed_bytes >= COMMIT_EVERY_BYTES ||
	       clock_monotonic_us() - run->committed_us >= COMMIT_EVERY_US;
}

static int run_one(struct run *run, const struct source_object *object, size_t position)
{
	struct object_result result;
	AUTO_TEXT label = mem_printf("%s:%s", object->kind, object->name);

	run->progress.object = label;
	int r = run_tick(run);
	if (r == 0)
		r = run_object(run, object, &result);
	run->progress.object = "";
	if (r != 0)
		return err_wrap(r, "%s", label);
	run->in_part = run->in_part || (!text_equal(result.result, "stored") &&
					       !text_equal(result.result, "unchanged"));
	run->progress.objects_done++;
	r = run_record_object(run, position, &result);
	if (r == 0 && commit_is_due(run))
		r = run_commit(run);
	return r;
}

/* May the next object be begun, and under what? A key may have been entered meanwhile. */
static int look_at_gate(struct run *run, struct license_status *status)
{
	if (!run->job->needs_license)
		return 0;
	int r = gate_go_on(run->installation, run->tenant, status);
	run->is_trial = status->is_trial;
	run->trial_items = status->is_trial ? (uint32_t)status->trial_items : 0;
	return r;
}

/* Object by object, in the job's order; before each one the license is looked at again: the
 * object in hand is always ended, the next one is not begun (C10, E3). */
static int run_objects(struct run *run, const char **gate_state)
{
	struct license_status status;
	size_t position = 0;
	int r = 0;

	for (size_t i = 0; i < run->selection.count && r == 0; i++) {
		r = look_at_gate(run, &status);
		if (r == ERR_LICENSE) {
			*gate_state = gate_job_state(status.state);
			run->gate_reason = gate_reason_code(status.state);
			return r;
		}
		r = run_one(run, &run->selection.objects[i], position++);
		if (r == ERR_LICENSE) { /* the state changed between the look and the claim */
			AUTO_TEXT why = mem_strdup(err_message());
			license_client_tenant_status(
				run->installation->license, run->tenant, &status);
			*gate_state = gate_job_state(status.state);
			run->gate_reason = gate_reason_code(status.state);
			return err_set(ERR_LICENSE, "%s", why);
		}
	}
	if (r == 0)
		r = record_missing(run, &position);
	return r < 0 ? r : run_record_settle(run);
}

static bool same_objects(const struct snapshot *a, const struct snapshot *b)
{
	if (a->object_count != b->object_count)
		return false;
	for (size_t i = 0; i < a->object_count; i++) {
		const struct repo_object *x = &a->objects[i], *y = &b->objects[i];
		if (strcmp(x->kind, y->kind) != 0 || strcmp(x->name, y->name) != 0 ||
			x->kept != y->kept || x->trial_items != y->trial_items ||
			memcmp(x->tree, y->tree, REPO_ID_SIZE) != 0)
			return false;
	}
	return true;
}

/* The snapshot that this job made last, where the repository still has it. */
static int last_snapshot(struct run *run, struct snapshot **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(run->installation->db, &rows,
		"SELECT snapshot FROM run WHERE job_id = ?1 AND snapshot <> '' ORDER BY id "
		"DESC LIMIT 1",
		"i", run->job->id);

	*out = NULL;
	if (r != 1)
		return r;
	r = repo_snapshot(run->repo, db_text(rows, 0), out);
	return r == ERR_NOTFOUND ? 0 : r;
}

/* Everything that the job ever stored, as it is now; what this run did not store is marked. */
static int make_snapshot(struct run *run, char out_id[SNAPSHOT_ID_TEXT])
{
	struct snapshot *last = NULL;
	bases_sort(&run->bases);
	struct snapshot now = {.created_s = clock_now_s(),
		.job = run->job->name,
		.objects = run->bases.objects,
		.object_count = run->bases.count};
	int r = run_commit(run);

	*out_id = 0;
	if (r < 0 || now.object_count == 0)
		return r;
	r = last_snapshot(run, &last);
	if (r < 0)
		return r;
	if (last && same_objects(last, &now)) {
		memcpy(out_id, last->id, SNAPSHOT_ID_TEXT);
	} else {
		r = repo_writer_snapshot(run->writer, &now);
		memcpy(out_id, now.id, SNAPSHOT_ID_TEXT);
	}
	snapshot_free(last);
	return r;
}

/* The snapshot, then which of those before it stay, and whether all are there. */
static int keep(struct run *run, char out_id[SNAPSHOT_ID_TEXT])
{
	int r = make_snapshot(run, out_id);

	if (r < 0 || !*out_id)
		return r;
	r = retain_after_run(run->installation, run->job, run->repo);
	return r < 0 ? r : seen_after_run(run->installation, run->job, run->repo);
}

static const char *state_of(const struct run *run, int r, const char *gate_state)
{
	if (gate_state)
		return gate_state;
	if (r == ERR_CANCELLED)
		return "stopped";
	if (r < 0)
		return "failed";
	return run->in_part ? "finished_in_part" : "finished";
}

/* What was stored is kept whatever ended the run, unless the storage itself failed. */
static int finish(struct run *run, int r, const char *gate_state)
{
	char snapshot[SNAPSHOT_ID_TEXT] = "";
	AUTO_TEXT reason = mem_strdup(r < 0 ? err_message() : "");
	const char *code = run->gate_reason ? run->gate_reason : r < 0 ? err_name(r) : "";
	bool storage_works = run->writer && r != ERR_IO && r != ERR_CORRUPT;
	int kept = storage_works ? keep(run, snapshot) : 0;

	if (kept < 0) {
		mem_replace(&reason, mem_strdup(err_message()));
		code = err_name(kept);
		gate_state = NULL;
		r = kept;
	}
	const struct run_end end = {state_of(run, r, gate_state), code, reason, snapshot};
	int recorded = run_record_end(run, &end);
	if (recorded < 0)
		return recorded;
	if (r < 0 && !gate_state)
		return err_set((enum err)r, "%s", reason);
	return gate_state || run->in_part
		       ? err_set(ERR_PARTIAL, "%s",
				 *reason ? reason : "some objects were not stored")
		       : 0;
}

/* A run that may not begin is recorded too, so that its state can be seen. */
static int refuse(struct run *run, const struct license_status *status)
{
	AUTO_TEXT reason = mem_strdup(err_message());
	const struct run_end end = {
		gate_job_state(status->state), gate_reason_code(status->state), reason, ""};
	int r = run_record_end(run, &end);

	return r < 0 ? r : err_set(ERR_LICENSE, "%s", reason);
}

static int run_locked(struct run *run)
{
	const char *gate_state = NULL;
	struct license_status status;

	/* From here on it can be seen, and asked to stop: the licensing service may take its
	 * time. */
	int r = run_record_begin(run);
	if (r < 0)
		return r;
	r = open_source(run);
	if (r == 0 && run->job->needs_license &&
		gate_start(run->installation, run->tenant, &status) < 0) {
		r = refuse(run, &status);
		close_ends(run);
		return r;
	}
	if (r == 0)
		r = open_ends(run);
	if (r == 0)
		r = run_objects(run, &gate_state);
	r = finish(run, r, gate_state);
	log_info("run_ended", "job", run->job->name, "result", err_name(r), NULL);
	close_ends(run);
	return r;
}

/* Who only looks whether a job runs holds its lock for a moment, too. */
static int lock_patiently(struct installation *installation, int64_t id, int *out_fd)
{
	enum { TRIES = 5, PAUSE_US = 20000 };
	int r = job_lock(installation, id, out_fd);

	for (int i = 1; r == ERR_LOCKED && i < TRIES; i++) {
		clock_sleep_us(PAUSE_US);
		r = job_lock(installation, id, out_fd);
	}
	return r;
}

/* What the run has met of the license's state. The run's own end does not hang on it, and its
 * words stay. */
static int tell_news(struct installation *installation, int r)
{
	AUTO_TEXT message = mem_strdup(r < 0 ? err_message() : "");

	if (watch_look(installation) < 0)
		log_warning("notices_not_kept", "reason", err_message(), NULL);
	return r < 0 ? err_set((enum err)r, "%s", message) : r;
}

int run_job(
	struct installation *installation, const char *name, const struct run_options *options)
{
	AUTO_JOB job = NULL;
	int lock = -1;
	int r = job_load(installation, name, &job);

	if (r == 0)
		r = lock_patiently(installation, job->id, &lock);
	if (r == ERR_LOCKED)
		return err_set(ERR_LOCKED, "the job \"%s\" is running already", name);
	if (r < 0)
		return r;
	struct run run = {.installation = installation,
		.job = job,
		.options = options,
		.started_us = clock_monotonic_us()};
	run.committed_us = run.started_us;
	r = tell_news(installation, run_locked(&run));
	io_close(lock);
	return r;
}

int run_stop(struct installation *installation, const char *name)
{
	AUTO_JOB job = NULL;
	int lock = -1;
	int r = job_load(installation, name, &job);

	if (r < 0)
		return r;
	r = job_lock(installation, job->id, &lock);
	io_close(lock);
	if (r == 0)
		return err_set(ERR_NOTFOUND, "the job \"%s\" does not run", name);
	if (r != ERR_LOCKED)
		return r;
	return db_run(installation->db,
		"UPDATE run SET stop_wished = 1 WHERE job_id = ?1 AND ended_s = 0", "i",
		job->id);
}
