/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_RESTORE_H
#define JOB_RESTORE_H

#include "base/cancel.h"
#include "repo/path.h"

/*
 * Restoring into a folder of the machine. It asks nobody for a license, and no daemon.
 */

enum restore_conflict {
	RESTORE_SKIP,    /* a file that is there stays */
	RESTORE_REPLACE, /* it is replaced, whole or not at all */
	RESTORE_COPY,    /* the restored one gets " (2)", " (3)", … before its ending */
};

struct restore_options {
	const char *path; /* inside the snapshot; "" for all */
	const char *folder;
	enum restore_conflict conflict;
	bool dry_run;
	bool is_limited; /* as handout_is_limited says */
	/* Called with the path of each item that the limit leaves out, those of one folder one
	 * after the other; may be NULL. */
	void (*left_out)(void *context, const char *path);
	struct cancel *cancel;                                           /* may be NULL */
	void (*progress)(void *context, uint64_t items, uint64_t bytes); /* may be NULL */
	void *context;
};

struct restore_result {
	uint64_t items, bytes; /* written, or what would be in a dry run */
	uint64_t skipped;
	uint64_t left_out; /* by the limit of a trial */
	uint64_t failed;
	char first_failure[512];
};

/**
 * Writes what lies below the path into the folder: folders as folders, one file an item, with
 * the item's time, and nothing else. A file appears under its name only when it is whole and
 * verified. One item that cannot be restored is counted and does not stop the others; no folder
 * takes the place of a file, nor a file that of a folder. ERR_NOTFOUND, ERR_IO (full disk),
 * ERR_CANCELLED; at the end ERR_CORRUPT where items failed verification, ERR_EXISTS where
 * others had no place, ERR_PARTIAL where the limit of a trial left some out.
 */
NODISCARD int restore_to_folder(struct repo *repo, const struct snapshot *snapshot,
	const struct restore_options *options, struct restore_result *out);

#endif
