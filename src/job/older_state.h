/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_OLDER_STATE_H
#define JOB_OLDER_STATE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "license/older.h"

/*
 * The state of an installation up to version 2.1, which was licensed per mailbox and volume
 * (rule H1): read from its file (docs/older-model.md) and checked to the last member, so that
 * its jobs can be made again without loss. Plain data; nothing is changed by reading it.
 *
 * What it holds is not looked for in this installation: whether a storage is there, and what
 * the objects need now, is the caller's business.
 */

enum {
	OLDER_STATE_OBJECTS_MAX = 1000 * 1000, /* of the file, and again named by all jobs */
	OLDER_STATE_RECORDS_MAX = 10 * 1000,   /* connections, storages and jobs, each */
	OLDER_STATE_TEXT_MAX = 1024,           /* bytes of any text */
};

struct older_state_object {
	enum older_kind kind;
	const char *object_kind; /* as in source.h: "mailbox", "team_site", … */
	const char *name;
	int64_t bytes;
};

/** A connection has no secret in the file: it has to be given anew. */
struct older_state_connection {
	const char *name;
	const char *tenant;
	const char *client_id;
};

struct older_state_storage {
	const char *name;
	const char *path;
};

struct older_state_job {
	const char *name;
	const char *connection; /* these two are in the file */
	const char *storage;
	char *objects;        /* as job_add takes them: "all", or KIND:all|KIND:NAME,… */
	const char *schedule; /* as job_add takes it; "": by hand */
};

struct older_state {
	const char *version; /* "2.1" or lower */
	struct older_owned owned;
	struct older_state_object *objects;
	size_t object_count;
	struct older_state_connection *connections;
	size_t connection_count;
	struct older_state_storage *storages;
	size_t storage_count;
	struct older_state_job *jobs;
	size_t job_count;
	struct json *document; /* which the texts belong to */
};

/** Reads a file. ERR_NOTFOUND, ERR_IO; ERR_INVALID and ERR_LIMIT naming the place in it; a
 * version that is higher is ERR_INVALID too. The caller frees it with older_state_free. */
NODISCARD int older_state_read(const char *path, struct older_state **out);

/** The same from a text in memory. */
NODISCARD int older_state_parse(const char *text, size_t size, struct older_state **out);

void older_state_free(struct older_state *state); /* NULL is fine */

#endif
