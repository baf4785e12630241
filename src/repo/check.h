/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CHECK_H
#define REPO_CHECK_H

#include "repo/repo.h"

/*
 * Checking a repository: structure always, data by choice. It changes nothing. What it looks
 * at:
 *
 *   always  config and keys with their copies; every index file and snapshot, byte for byte;
 *           the chain of snapshots; each pack's size; blocks of meta; that all that is referred
 *           to is there; the trees of all snapshots
 *   data    of the chosen packs every byte: parity, directory, blocks, chunks, against the
 *           index; where all are chosen, also whether references were counted right
 */

/** Something that is wrong. Borrowed. */
struct check_fault {
	const char *text;                     /* a whole sentence, for people */
	const char *file;                     /* of the storage; NULL */
	const char *chunk;                    /* its id; NULL */
	const char *snapshot, *object, *item; /* what is hit ("KIND:NAME", its path); NULL */
	bool can_mend; /* nothing is lost: repo_repair gives it back as it was */
};

struct check_options {
	int data_percent; /* 0: structure only; 1..100: that share of the packs, read whole */
	int64_t turn; /* which share: 0, 1, 2 … together are all of them; -1: by the date */
	struct cancel *cancel; /* may be NULL */
	/** Called now and then: how many bytes of packs of how many are done. May be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	/** Called for each fault. May be NULL. */
	void (*fault)(void *context, const struct check_fault *fault);
	void *context;
};

struct check_result {
	uint64_t snapshots, packs, chunks;
	uint64_t packs_read;   /* whole */
	uint64_t bytes_read;   /* of packs */
	uint64_t unused_packs; /* that no index file names: left by runs that were killed */
	uint64_t faults;
	uint64_t mendable; /* of those: nothing is lost */
};

/** 0 with result.faults counted; an error only where checking itself could not go on. */
NODISCARD int repo_check(
	struct repo *repo, const struct check_options *options, struct check_result *out);

#endif
