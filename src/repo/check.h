/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_CHECK_H
#define REPO_CHECK_H

#include "repo/repo.h"

/*
 * Checking a repository: structure always, data by choice. It changes nothing.
 */

struct check_options {
	int data_percent; /* 0: structure only; 1..100: that share of the packs, read whole */
	struct cancel *cancel; /* may be NULL */
	/** Called now and then: how many bytes of how many are done. May be NULL. */
	void (*progress)(void *context, uint64_t done, uint64_t total);
	/** Called for each fault, with what is hit and what it means. */
	void (*fault)(void *context, const char *text);
	void *context;
};

struct check_result {
	uint64_t snapshots, packs, chunks;
	uint64_t bytes_read;
	uint64_t faults;
};

/** Every snapshot, tree, list and chunk that is referred to is in the index and its pack there
 * in its full size; with data, every block is decrypted, decompressed and hashed. 0 with
 * result.faults counted; an error only where checking itself could not go on. */
NODISCARD int repo_check(
	struct repo *repo, const struct check_options *options, struct check_result *out);

#endif
