/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_INDEX_PRIV_H
#define REPO_INDEX_PRIV_H

#include "repo/index.h"

/*
 * Index files that are read together, for loading and merging.
 */

/** The numbers in the index of the packs of a group, shared by its parts. */
struct index_numbers {
	size_t users;
	size_t count;
	uint32_t *of;
};

struct index_part {
	struct index_file_entry file;
	struct index_reader *reader;
	bool whole;  /* all parts of its group are there */
	bool counts; /* and it is not replaced */
	bool is_replaced;
	struct idset claims; /* of a group's first part: the groups that the group replaces */
	bool is_void;        /* they do not count: another one claims some of them */
	bool is_kept;        /* by a merge, as it is */
	int64_t modified_s;
	struct index_numbers *numbers;
	struct index_entry entry; /* the one that was read last */
	uint32_t taken;
};

/** By group and part. */
struct index_files {
	struct index_part *list;
	size_t count, capacity;
	const struct idset *known; /* borrowed: files that are left out; may be NULL */
	struct idset replaced;     /* groups */
};

struct index_condemned {
	uint8_t name[NAME_SIZE];
	int64_t since_s;
};

/** What is said of packs that are to be removed. */
struct index_sentences {
	struct index_condemned *condemned;
	size_t count, capacity;
	struct idset dropped;
};
void index_sentences_free(struct index_sentences *sentences);

/** Lists and opens all files but the known ones. ERR_NOTFOUND where one has vanished since. */
NODISCARD int index_files_open(
	struct repo *repo, const struct idset *known, struct index_files *out);
void index_files_free(struct index_files *files);
void index_files_close(struct index_files *files); /* with what was found in them */

/** How many files the group has that begins at `first`; 0 where it is not whole. */
size_t index_files_group(const struct index_files *files, size_t first);

/* The steps, in this order. */
NODISCARD int index_files_choose(struct index_files *files);
NODISCARD int index_files_packs(
	struct index *index, struct index_files *files, struct index_sentences *out);

/** What was said of packs to be removed is noted with those that are known. */
void index_pass_sentences(struct index *index, const struct index_sentences *sentences);

/** Called for each entry that is not of a dropped pack, by the order of the ids. */
typedef int index_entry_fn(void *context, const struct index_entry *entry);
NODISCARD int index_files_entries(const struct index *index, struct index_files *files,
	index_entry_fn *visit, void *context);

#endif
