/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_JOB_H
#define JOB_JOB_H

#include "base/json.h"
#include "job/installation.h"

/*
 * Jobs: what is backed up from where to where, in which order, when.
 */

struct job {
	int64_t id;
	const char *name;
	const char *connection;
	const char *storage;
	const char *objects;   /* "all", or KIND:all|KIND:NAME,… */
	const char *ordering;  /* "name" */
	const char *schedule;  /* see schedule.h */
	const char *retention; /* rules, see repo/retention_plan.h; "" keeps all snapshots */
	int64_t next_run_s;
	bool needs_license;
	const char *tenant; /* of its connection, see connection_tenant */
};

/** Adds one: name, connection, storage, objects, ordering, schedule, retention (NULL is "") are
 * read. ERR_EXISTS,
 * ERR_NOTFOUND, ERR_INVALID; ERR_LICENSE under an expired or revoked license, or
 * where the trial of the connection's organization is over (A4, F3). */
NODISCARD int job_add(struct installation *installation, const struct job *job);

/** One by its name. The caller frees it with job_free. ERR_NOTFOUND. */
NODISCARD int job_load(struct installation *installation, const char *name, struct job **out);
void job_free(struct job *job); /* NULL is fine */
#define AUTO_JOB __attribute__((cleanup(job_free_slot))) struct job *
void job_free_slot(struct job **job);

/** Sets what the runs of a job keep from now on. ERR_NOTFOUND, ERR_INVALID. */
NODISCARD int job_set_retention(
	struct installation *installation, const char *name, const char *retention);

/** Names of all jobs, as an array of texts, by name. The caller frees it. */
NODISCARD int job_names(struct installation *installation, struct json **out);

/** Removes a job and its runs; what it stored stays. ERR_NOTFOUND, ERR_LOCKED while it runs. */
NODISCARD int job_remove(struct installation *installation, const char *name);

/** Names of the jobs whose time has come, and sets their next start. For the daemon. */
NODISCARD int job_take_due(
	struct installation *installation, int64_t now_s, struct json **out_names);

/** Takes the lock that the process which runs the job holds. ERR_LOCKED. */
NODISCARD int job_lock(struct installation *installation, int64_t id, int *out_fd);

#endif
