/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_FOLDER_FOLDER_PRIV_H
#define SOURCE_FOLDER_FOLDER_PRIV_H

#include <stdbool.h>
#include <sys/stat.h>

#include "source/source.h"

/*
 * The parts of the folder source among themselves. Paths are relative to its root, bytes as the
 * file system has them, without "." or ".." within; the root itself is FOLDER_ROOT.
 *
 * No step follows a symbolic link: whoever may write into the tree could otherwise have files
 * copied that only the backup may read.
 */

#define FOLDER_ROOT "."

struct folder_source {
	char *root;
	struct cancel *cancel;
};

/* tree.c */

struct folder_entry {
	const char *name;
	const char *path; /* relative to the root */
	struct stat stat;
};

/** Called with each file and folder. */
typedef int folder_entry_fn(void *context, const struct folder_entry *entry);

/** Opens a file or a folder below the root for reading; the caller closes with io_close.
 * ERR_NOTFOUND, ERR_IO, ERR_INVALID for a path that leads elsewhere. */
NODISCARD int folder_open(
	const struct folder_source *source, const char *path, bool is_folder, int *out_fd);

/** Visits the entries of a folder, sorted by the bytes of their names. What is neither file nor
 * folder is left out, and logged where `tell` is set. */
NODISCARD int folder_list(const struct folder_source *source, const char *path, bool tell,
	folder_entry_fn *visit, void *context);

/** The path of an entry of the folder at `path`. The caller frees it. */
char *folder_join(const char *path, const char *name);

/* read.c */
int folder_read(void *self, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context);

#endif
