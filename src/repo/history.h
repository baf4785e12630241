/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_HISTORY_H
#define REPO_HISTORY_H

#include "repo/repo.h"

/*
 * What the chain of snapshots tells, and forgetting snapshots. docs/format.md, sections 8, 11.
 */

/** The newest snapshots (or notes of forgetting), of which no other one speaks, at most 64: to
 * be remembered by a caller, who sees with repo_knows whether the repository was put back to an
 * older state meanwhile. The caller frees the array with mem_free. ERR_IO. */
NODISCARD int repo_heads(struct repo *repo, char (**out)[SNAPSHOT_ID_TEXT], size_t *out_count);

/** Whether a snapshot or note of this id is there, or was forgotten in order. ERR_INVALID where
 * it is no id, ERR_IO. */
NODISCARD int repo_knows(struct repo *repo, const char *id, bool *out);

enum history_fault {
	HISTORY_MISSING,  /* it is gone, and no note says that it was forgotten */
	HISTORY_PUT_BACK, /* it was forgotten and is there: the removal never ended, or somebody
			     undid it; it does not count as a snapshot */
	HISTORY_EXCHANGED, /* it is another one than the one that a later one speaks of */
};

struct history_finding {
	enum history_fault fault;
	char id[SNAPSHOT_ID_TEXT];
	char by[SNAPSHOT_ID_TEXT]; /* the one that speaks of it */
};

/** What is wrong with the chain, nothing in most cases. Damaged files are no part of it: what
 * only they are missing from the chain is told as missing. The caller frees the array. ERR_IO.
 */
NODISCARD int repo_chain_check(
	struct repo *repo, struct history_finding **out, size_t *out_count);

/** Forgets snapshots by their whole ids: a note first, then the files go, together with what an
 * earlier attempt has left. What they hold stays until it is pruned. After an error it may be
 * done again with the same ids. With none, only what was left goes. ERR_NOTFOUND where one is
 * not there: then nothing was done; ERR_IO. */
NODISCARD int repo_forget(struct repo *repo, const char (*ids)[SNAPSHOT_ID_TEXT], size_t count);

#endif
