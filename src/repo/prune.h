/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PRUNE_H
#define REPO_PRUNE_H

#include "repo/repo.h"

/*
 * Removing what no snapshot needs (docs/format.md, section 11), in two steps: a prune condemns
 * packs, and one after it drops and removes them, once all writers have ended that may count on
 * what is in them. It takes time by what has died, not by the size of the repository. Writers
 * may be at work all the while; nobody waits. A crash at any moment, or a failure, leaves a
 * repository that is whole, and the next prune goes on.
 */

/** A writer that is at work, and that what is to come waits for. */
struct prune_writer {
	char machine[256]; /* as lease_here tells it */
	uint32_t process;
	int64_t since_s;
};

struct prune_options {
	bool dry_run;          /* says, and does nothing */
	struct cancel *cancel; /* may be NULL */
	/** Bytes of packs that are looked at for what is to be kept of them; may be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	void *context;
};

struct prune_result {
	uint64_t freed_bytes, freed_files; /* removed now */
	uint64_t condemned_bytes,
		condemned_packs;  /* to be removed by a later prune, all of them */
	uint64_t waiting_packs;   /* of these, those that writers at work may count on */
	uint64_t rewritten_packs; /* whose rest was copied now */
	uint64_t written_bytes, written_packs; /* new ones */
	uint64_t chunks, dead_chunks;
	struct prune_writer *writers; /* that are at work */
	size_t writer_count;
};
void prune_result_free(struct prune_result *result); /* what it holds */

/** ERR_LOCKED where another prune or a repair is at work, or this one was silent for too long;
 * ERR_AUTH where the key only writes; ERR_CORRUPT where something that is needed to tell what
 * is of use is damaged (nothing is removed then); ERR_CANCELLED, ERR_IO. The caller frees what
 * is in *out, after an error too. */
NODISCARD int repo_prune(
	struct repo *repo, const struct prune_options *options, struct prune_result *out);

#endif
