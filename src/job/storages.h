/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_STORAGES_H
#define JOB_STORAGES_H

#include "base/json.h"
#include "job/installation.h"
#include "repo/repo.h"

/*
 * Storages: where repositories lie, by name. The master key is kept sealed in the database, so
 * that a password is derived once and not at every command.
 */

/** What a storage is made of. Borrowed. */
struct storage_new {
	const char *name;
	const char *path;             /* a folder, or an address as storage_open_url has it */
	const char *credentials_file; /* of an address: where its keys lie, read at each
					 opening; NULL: the environment */
	const char *ca_file;          /* likewise; may be NULL */
	const char *password;         /* NULL: a key file is made in the state folder */
	/* Of a put-only writer (garner key export-writer), for a repository that is there: jobs
	 * can store in it, nobody reads an item from it here. Else NULL. */
	const char *writer_file;
};

/** Adds a storage: makes the repository at its path, or opens the one that is there. The result
 * (created, path, key_file where one was made) is the caller's to free. ERR_EXISTS for the
 * name, ERR_PASSWORD, ERR_NOREPO, ERR_IO, … */
NODISCARD int storages_add(struct installation *installation, const struct storage_new *storage,
	struct json **out);

/** "storages": [ { name, path } ]. */
NODISCARD int storages_list(struct installation *installation, struct json **out);

/** Forgets a storage; the repository stays where it lies. ERR_INVALID while jobs use it. */
NODISCARD int storages_remove(struct installation *installation, const char *name);

/** Opens the repository of a storage; `name` may be NULL where there is only one. ERR_NOTFOUND;
 * ERR_NOREPO where there is no storage at all, ERR_INVALID where there are several, and what
 * repo_open gives. */
NODISCARD int storages_open(
	struct installation *installation, const char *name, struct repo **out);

/** The same by another function than repo_open. */
NODISCARD int storages_open_by(struct installation *installation, const char *name,
	repo_open_fn *open, struct repo **out);

#endif
