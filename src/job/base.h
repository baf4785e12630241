/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_BASE_H
#define JOB_BASE_H

#include "job/job.h"
#include "repo/repo.h"

/*
 * What a job stored last, object by object, and where each folder's listing goes on: the base
 * of the next run. It is written only after all that it names is durable in the repository;
 * where it is lost or does not fit the repository, the newest snapshot of the job takes its
 * place, and folders are listed anew, without fetching again what is stored.
 */

struct bases {
	struct repo_object *objects; /* `kept` until a run stores them again */
	size_t count, capacity;
};

/** Those of a job whose trees are in the repository. The caller frees it with bases_free. */
NODISCARD int bases_load(struct installation *installation, const struct job *job,
	struct repo *repo, struct bases *out);
void bases_free(struct bases *bases);

/** One by kind and name; NULL where the object was never stored. */
struct repo_object *bases_find(struct bases *bases, const char *kind, const char *name);

/** Puts in, or replaces; texts are copied. */
struct repo_object *bases_put(struct bases *bases, const struct repo_object *object);

/** Sorts by kind, then by name: the order of a snapshot, whatever the order of a run was. */
void bases_sort(struct bases *bases);

/** Keeps one in the database. Within the caller's transaction. */
NODISCARD int base_save(
	struct installation *installation, int64_t job_id, const struct repo_object *object);

/** The cursor of a folder, NULL where there is none that fits `list_id`. The caller frees it.
 */
struct cursor_key {
	int64_t job_id;
	const char *kind, *name, *folder_id;
	const char *list_id; /* of the folder as it is stored */
};
NODISCARD int cursor_load(
	struct installation *installation, const struct cursor_key *key, char **out);

/** Keeps one. Within the caller's transaction. */
NODISCARD int cursor_save(
	struct installation *installation, const struct cursor_key *key, const char *cursor);

#endif
