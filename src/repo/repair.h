/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPAIR_H
#define REPO_REPAIR_H

#include "repo/repo.h"

/*
 * Repairing a repository, in this order:
 *
 *   1. config and keys from their copies;
 *   2. index files, snapshots and packs by their parity, each in its own place and as it was
 *      written (storage_replace), after its seals have opened;
 *   3. where the index is lost, or does not say what the packs have: one new group of index
 *      files from the packs themselves, in the place of all others; what is lost of a pack is
 *      not in it, so that the next backup stores it anew;
 *   4. where a snapshot needs what is lost: another snapshot of the same objects and time
 *      without it, in the place of that one, which is forgotten.
 *
 * A crash between any two writes leaves a repository that the next repair goes on with. Nothing
 * is removed but index files that a new group replaces, and snapshots as 4 says; and a snapshot
 * file that cannot be read in any way, of which nothing else is left.
 */

enum repair_kind {
	REPAIR_MENDED, /* as it was written; nothing is lost */
	REPAIR_MADE,   /* made anew: the index, a snapshot without what it lost */
	REPAIR_LOST,   /* a file, an item, a folder that nothing brings back */
};

/** What was done, or found; in a dry run what would be. Borrowed. */
struct repair_note {
	enum repair_kind kind;
	const char *text;                     /* a whole sentence, for people */
	const char *file;                     /* of the storage; NULL */
	const char *snapshot, *object, *item; /* "KIND:NAME", its path; NULL */
};

struct repair_options {
	bool dry_run;
	struct cancel *cancel;                                       /* may be NULL */
	void (*note)(void *context, const struct repair_note *note); /* may be NULL */
	/** Bytes of packs that were looked at; may be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct repair_result {
	uint64_t mended, made; /* files */
	uint64_t lost_files;   /* that nothing brings back, or not whole */
	uint64_t lost_items;   /* of all snapshots, each in the first that has it */
};

/** The repository was opened with repo_open_damaged. 0; ERR_PARTIAL where something is lost for
 * good: all else is in order then; ERR_LOCKED where a writer is at work. In a dry run nothing
 * is written, and what is found may be less: behind what would be mended nobody looks. */
NODISCARD int repo_repair(
	struct repo *repo, const struct repair_options *options, struct repair_result *out);

#endif
