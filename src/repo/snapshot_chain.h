/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SNAPSHOT_CHAIN_H
#define REPO_SNAPSHOT_CHAIN_H

#include "repo/snapshot_body.h"

/*
 * The chain that snapshots and notes form: each has the names and hashes of those before it.
 * Pure, over what was read of the files.
 */

struct snapshot_chain {
	struct snapshot_node *nodes; /* by their names */
	size_t count, capacity;
};

void snapshot_chain_free(struct snapshot_chain *chain);

/** Adds what was read of a file, taken over. */
void snapshot_chain_add(struct snapshot_chain *chain, struct snapshot_node *node);

/** Puts it in order once all is added; what follows wants that. */
void snapshot_chain_sort(struct snapshot_chain *chain);

/** NULL where there is no such file. */
const struct snapshot_node *snapshot_chain_find(
	const struct snapshot_chain *chain, const uint8_t name[NAME_SIZE]);

/** Whether a note says that it was forgotten. */
bool snapshot_chain_is_forgotten(
	const struct snapshot_chain *chain, const uint8_t name[NAME_SIZE]);

/** Those of which no other one speaks (but forgotten ones, which are to go), the newest first,
 * at most `most`; *out is the caller's, with mem_free. */
size_t snapshot_chain_heads(
	const struct snapshot_chain *chain, size_t most, struct snapshot_link **out);

/** The place of the next one in the chain. */
uint32_t snapshot_chain_next_place(const struct snapshot_chain *chain);

/** What is wrong with one name. */
enum snapshot_fault {
	SNAPSHOT_MISSING, /* another one speaks of it, it is not there, and no note forgot it */
	SNAPSHOT_PUT_BACK, /* it is there, and a note forgot it: that never ended, or was undone
			    */
	SNAPSHOT_EXCHANGED /* it is there with other bytes than another one says */
};

struct snapshot_finding {
	enum snapshot_fault fault;
	uint8_t name[NAME_SIZE];
	uint8_t by[NAME_SIZE]; /* the one that speaks of it */
};

/** What the chain tells: each name once for each fault. The caller frees with mem_free. */
size_t snapshot_chain_check(const struct snapshot_chain *chain, struct snapshot_finding **out);

#endif
