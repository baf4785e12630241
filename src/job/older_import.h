/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_OLDER_IMPORT_H
#define JOB_OLDER_IMPORT_H

#include "base/json.h"
#include "job/installation.h"

/*
 * Takes over an installation that was licensed per mailbox and volume (H1): shows side by side
 * what it had and what it would need now, and makes its connections, storages and jobs again
 * where they are missing. What is there stays as it is, so that it can be done again.
 */

struct older_import {
	const char *file;
	const char *secret; /* for connections that are not there yet; NULL: none */
	const char
		*password; /* of the storages that are not there yet; NULL: a key file each */
	const struct json
		*connection; /* authority, graph, ca_file for such connections; NULL */
	bool dry_run;        /* nothing is made */
};

/**
 * "version", "had": [ { kind, objects, bytes, owned, used } ], "needs": [ { rule, objects,
 * users, more } ], "owned", "used", "users", "difference", "gone", "advice": [ code ],
 * "compared" (false where a source could not be asked: what is needed now is then null),
 * "connections", "storages", "jobs": [ { name, result, reason } ] with a result of "there",
 * "made", "would_make" or "missing". The caller frees it; it is there also with ERR_PARTIAL:
 * something is missing, and its reason says what to do before doing this again. ERR_NOTFOUND,
 * ERR_INVALID, ERR_LIMIT for the file.
 */
NODISCARD int older_import(struct installation *installation, const struct older_import *import,
	struct json **out);

/** The file "older-state.json" in the state folder, where an installation that was updated has
 * its state of before; NULL where there is none, or it was taken over. The caller frees it. */
char *older_import_waiting(struct installation *installation);

/** The settings of a connection of the file, with what was given for it. The caller frees them.
 */
struct json *older_import_settings(
	const struct older_import *import, const char *tenant, const char *client_id);

#endif
