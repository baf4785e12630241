/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_GRAPH_DRIVE_TREE_H
#define SOURCE_GRAPH_DRIVE_TREE_H

#include <uthash.h>

#include "source/graph/graph_priv.h"

/*
 * The drive in hand: its folders, which are always known as a whole, and the files that its
 * list of changes has named. Between drive.h's calls it is held by struct graph.
 */

enum { DRIVE_FILES_MAX = 500000, DRIVE_WORD_SIZE = 17 };

struct drive_entry {
	enum drive_what { DRIVE_GONE, DRIVE_FILE, DRIVE_FOLDER } what;
	char *id, *parent_id, *name;
	char *tag; /* of a file */
	int64_t modified_s;
	uint64_t size;
	enum { DRIVE_UNSEEN, DRIVE_SEEING, DRIVE_SEEN } visit; /* while folders are told */
	struct drive_entry *next;                              /* file of the same folder */
	struct drive_entry *files;                             /* of a folder */
	UT_hash_handle hh;
};

struct graph_drive {
	char *id;                    /* of the drive */
	struct drive_entry *entries; /* by id */
	char *root_id;
	size_t file_count;
	bool whole;                  /* it was listed from the beginning */
	bool without_files;          /* too many to hold: each folder is asked for its own */
	char *link;                  /* where the list of changes goes on; NULL: not read yet */
	char begin[DRIVE_WORD_SIZE]; /* stand for the links that it began at, and ended at */
	char end[DRIVE_WORD_SIZE];
};

/** Forgets all that was read, and what was resumed. */
void drive_clear(struct graph_drive *drive);

/** Puts a driveItem in, over what was known of it. The last one counts. */
void drive_put(struct graph_drive *drive, const struct json *value);

struct drive_entry *drive_find(const struct graph_drive *drive, const char *id);

/** A driveItem as an entry; the caller frees what it holds. False for what is neither file nor
 * folder of the drive. */
bool drive_read_entry(const struct json *value, struct drive_entry *out);
void drive_free_entry(struct drive_entry *entry);

/** Reads what drive_write_place wrote: link and folders. False where it is no such text. */
bool drive_read_place(const struct graph *graph, const char *place, struct graph_drive *out);
char *drive_write_place(const struct graph_drive *drive);

/** Stands for a link, in 16 digits. */
void drive_word(const char *link, char out[DRIVE_WORD_SIZE]);

#endif
