/* SPDX-License-Identifier: Apache-2.0 */
#include "job/job.h"

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/gate.h"
#include "job/needs.h"
#include "job/retain.h"
#include "job/schedule.h"
#include "job/selection.h"

static int must_exist(struct installation *installation, const char *table, const char *name)
{
	AUTO_ROWS rows = NULL;
	const char *sql = text_equal(table, "storage")
				  ? "SELECT 1 FROM storage WHERE name = ?1"
				  : "SELECT 1 FROM connection WHERE name = ?1";
	int r = db_one(installation->db, &rows, sql, "s", name);

	if (r == 0)
		return err_set(ERR_NOTFOUND, "there is no %s \"%s\"; see garner %s list", table,
			name, table);
	return r < 0 ? r : 0;
}

static int check(struct installation *installation, const struct job *job)
{
	bool needs_license = false;
	AUTO_TEXT tenant = NULL;
	int r = installation_check_name("job", job->name);

	if (r == 0)
		r = must_exist(installation, "connection", job->connection);
	if (r == 0)
		r = must_exist(installation, "storage", job->storage);
	if (r == 0)
		r = selection_check(job->objects);
	if (r == 0 && !text_equal(job->ordering, "name"))
		r = err_set(
			ERR_INVALID, "--order %s is not known; there is: name", job->ordering);
	if (r == 0)
		r = schedule_check(job->schedule);
	if (r == 0)
		r = retain_check(job->retention ? job->retention : "");
	if (r == 0)
		r = connection_needs_license(installation, job->connection, &needs_license);
	if (r == 0 && needs_license)
		r = connection_tenant(installation, job->connection, &tenant);
	if (r == 0 && needs_license)
		r = gate_new_backup(installation, tenant);
	return r;
}

int job_add(struct installation *installation, const struct job *job)
{
	int64_t now_s = clock_now_s();
	int r = check(installation, job);

	if (r < 0)
		return r;
	r = db_run(installation->db,
		"INSERT INTO job (name, connection, storage, objects, ordering, schedule,"
		" next_run_s, created_s, retention) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
		"?9)",
		"ssssssiis", job->name, job->connection, job->storage, job->objects,
		job->ordering, job->schedule, schedule_next(job->schedule, now_s), now_s,
		job->retention ? job->retention : "");
	if (r == ERR_EXISTS)
		return err_set(ERR_EXISTS, "there is a job \"%s\" already; choose another name",
			job->name);
	return r;
}

int job_load(struct installation *installation, const char *name, struct job **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT id, name, connection, storage, objects, ordering, schedule, "
		"next_run_s, "
		"retention FROM job WHERE name = ?1",
		"s", name);

	*out = NULL;
	if (r == 0)
		return err_set(
			ERR_NOTFOUND, "there is no job \"%s\"; see garner job list", name);
	if (r < 0)
		return r;
	struct job *job = mem_alloc(sizeof(*job));
	char *tenant = NULL;
	job->id = db_int(rows, 0);
	job->name = mem_strdup(db_text(rows, 1));
	job->connection = mem_strdup(db_text(rows, 2));
	job->storage = mem_strdup(db_text(rows, 3));
	job->objects = mem_strdup(db_text(rows, 4));
	job->ordering = mem_strdup(db_text(rows, 5));
	job->schedule = mem_strdup(db_text(rows, 6));
	job->next_run_s = db_int(rows, 7);
	job->retention = mem_strdup(db_text(rows, 8));
	r = connection_needs_license(installation, job->connection, &job->needs_license);
	if (r == 0)
		r = connection_tenant(installation, job->connection, &tenant);
	job->tenant = tenant;
	if (r < 0)
		job_free(job);
	else
		*out = job;
	return r;
}

void job_free(struct job *job)
{
	if (!job)
		return;
	mem_free(job->name);
	mem_free(job->connection);
	mem_free(job->storage);
	mem_free(job->objects);
	mem_free(job->ordering);
	mem_free(job->schedule);
	mem_free(job->retention);
	mem_free(job->tenant);
	mem_free(job);
}

void job_free_slot(struct job **job)
{
	job_free(*job);
	*job = NULL;
}

int job_set_retention(
	struct installation *installation, const char *name, const char *retention)
{
	int r = retain_check(retention);

	if (r == 0)
		r = db_run(installation->db, "UPDATE job SET retention = ?2 WHERE name = ?1",
			"ss", name, retention);
	if (r == 0 && db_changed(installation->db) == 0)
		r = err_set(ERR_NOTFOUND, "there is no job \"%s\"; see garner job list", name);
	return r;
}

int job_names(struct installation *installation, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON names = json_new_array();
	int r = db_query(installation->db, &rows, "SELECT name FROM job ORDER BY name", "");

	while (r == 0 && (r = db_next(rows)) == 1) {
		json_append(names, json_new_text(db_text(rows, 0)));
		r = 0;
	}
	*out = r == 0 ? STEAL(names) : NULL;
	return r;
}

int job_lock(struct installation *installation, int64_t id, int *out_fd)
{
	AUTO_TEXT file = mem_printf("job-%lld.lock", (long long)id);
	AUTO_TEXT path = io_join(installation->folder, file);

	return io_lock(path, out_fd);
}

int job_remove(struct installation *installation, const char *name)
{
	AUTO_JOB job = NULL;
	int lock = -1;
	int r = job_load(installation, name, &job);

	if (r == 0)
		r = job_lock(installation, job->id, &lock);
	if (r == ERR_LOCKED)
		return err_set(ERR_LOCKED,
			"the job \"%s\" is running; stop it first: garner job stop %s", name,
			name);
	if (r == 0)
		r = db_run(installation->db, "DELETE FROM job WHERE id = ?1", "i", job->id);
	if (r == 0)
		r = needs_sweep(installation);
	if (r == 0)
		r = db_run(installation->db,
			"UPDATE notice SET cleared_s = ?2 WHERE job = ?1 AND cleared_s = 0",
			"si", name, clock_now_s());
	io_close(lock);
	return r;
}

static int take_due(struct installation *installation, int64_t now_s, struct json *names)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(installation->db, &rows,
		"SELECT id, name, schedule FROM job WHERE next_run_s > 0 AND next_run_s <= ?1",
		"i", now_s);

	while (r == 0 && (r = db_next(rows)) == 1) {
		json_append(names, json_new_text(db_text(rows, 1)));
		r = db_run(installation->db, "UPDATE job SET next_run_s = ?2 WHERE id = ?1",
			"ii", db_int(rows, 0), schedule_next(db_text(rows, 2), now_s));
	}
	return r;
}

int job_take_due(struct installation *installation, int64_t now_s, struct json **out_names)
{
	AUTO_JSON names = json_new_array();
	int r = db_begin(installation->db);

	*out_names = NULL;
	if (r == 0)
		r = take_due(installation, now_s, names);
	if (r == 0)
		r = db_commit(installation->db);
	if (r < 0)
		db_rollback(installation->db);
	else
		*out_names = STEAL(names);
	return r;
}
