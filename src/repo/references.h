/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REFERENCES_H
#define REPO_REFERENCES_H

#include "repo/index_priv.h"
#include "repo/prune_plan.h"

/*
 * Which chunks are of use, from the sums of the references and the roots: of a repository that
 * is pruned. Every chunk has a number, by the order of the ids: a table in a temporary file
 * has where it lies, and 5 bytes of memory what is known of it. Only chunks that are dead, or
 * that have come into use again, are read.
 *
 * What holds between any two writes: the sum of a chunk is how often the chunks that lie in
 * packs that are neither condemned nor dropped refer to it, each as often as it lies there; and
 * what such a chunk refers to lies in such a pack itself.
 */

enum {
	REFERENCE_ROOT = 1 << 0,
	REFERENCE_DEAD = 1 << 1,
	REFERENCE_RESCUED = 1 << 2, /* in condemned packs alone, and of use */
	REFERENCE_COPY = 1 << 3,    /* to be copied into a new pack */
};

/** A further place of a chunk. */
struct reference_extra {
	uint32_t number;
	struct index_entry entry;
};

struct references {
	struct repo *repo;  /* borrowed */
	struct index index; /* packs and blocks; no entries */
	struct index_files files;
	struct index_sentences sentences;
	struct index_table *table; /* each id once, in a pack that is not condemned if it can */
	struct reference_extra *extras; /* by their numbers */
	size_t extra_count, extra_capacity;
	size_t count;
	int32_t *sums;
	uint8_t *flags;
	uint32_t *work; /* numbers yet to be walked */
	size_t work_count, work_capacity;
	struct prune_pack *packs;   /* facts, by the numbers of the index */
	struct index_entry pending; /* while the entries are read */
	bool is_pending;
};

/** Reads all index files. ERR_NOTFOUND where one vanished meanwhile: again. ERR_CORRUPT, ERR_IO
 */
NODISCARD int references_load(struct repo *repo, struct references *out);
void references_free(struct references *references); /* what it holds */

/** The number of a chunk; -1 where it is not known. */
int64_t references_number(const struct references *references, const uint8_t id[REPO_ID_SIZE]);

/** All places of a chunk, the first one first. */
struct reference_places {
	const struct references *references;
	uint32_t number;
	size_t next; /* 0: the first one; else of the extras + 1 */
};
struct reference_places reference_places(const struct references *references, uint32_t number);
bool reference_places_next(struct reference_places *places, struct index_entry *out);
bool reference_is_good(const struct references *references, const struct index_entry *entry);

/** Marks the tree of an object of a snapshot. */
void references_add_root(struct references *references, const uint8_t id[REPO_ID_SIZE]);

/** Finds what is rescued and what is dead, and what that means for each pack (must, all, live).
 * packs[].modified_s is known before. ERR_CORRUPT, ERR_IO. */
NODISCARD int references_judge(
	struct references *references, const struct prune_moment *moment);

/** Calls `visit` with the id of each reference of a chunk, reading it where it may have one. */
typedef int reference_fn(void *context, int64_t number, const uint8_t id[REPO_ID_SIZE]);
NODISCARD int references_of(
	struct references *references, uint32_t number, reference_fn *visit, void *context);

#endif
