/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPAIR_PRIV_H
#define REPO_REPAIR_PRIV_H

#include "repo/idset.h"
#include "repo/mend.h"
#include "repo/repair.h"
#include "repo/repo_priv.h"

/*
 * A repair under way.
 */

struct repair {
	struct repo *repo;
	const struct repair_options *options;
	struct repair_result *result;
	bool index_is_lost;   /* a file of it, or it does not fit the packs */
	bool packs_are_hurt;  /* something of them is lost */
	struct idset told;    /* packs that were told to have lost something */
	struct idset gone;    /* trees that others took the place of: not to be built upon */
	uint64_t done, total; /* bytes of packs */
};

/** Tells of something, and counts it. */
PRINTF_LIKE(3, 4)
void repair_note(
	struct repair *repair, const struct repair_note *note, const char *format, ...);

NODISCARD int repair_cancelled(const struct repair *repair);

/** config, keys, and all armored files: what their copies or their parity give back. */
NODISCARD int repair_files(struct repair *repair);

/** Makes the index anew from the packs. */
NODISCARD int repair_index(struct repair *repair);

/** Snapshots without what is lost. */
NODISCARD int repair_snapshots(struct repair *repair);

/** An object without what is lost: its new tree, written by `writer` (NULL: in a dry run, only
 * told). *changed is false where nothing of it is lost, and *tree is the same. */
struct repo_writer;
struct repair_object {
	const struct snapshot *snapshot;
	const struct repo_object *object;
};
NODISCARD int repair_tree(struct repair *repair, const struct repair_object *which,
	struct repo_writer *writer, struct repo_object *out, bool *changed);

#endif
