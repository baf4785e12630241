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
	/* The folder that a file was last read from stays open: the next one mostly lies beside
	 * it. */
	char *open_path; /* NULL: none */
	int open_fd;
	unsigned char *piece; /* what files are read into; made at the first */
};

/* tree.c */

struct folder_entry {
	const char *name;
	const char *path; /* relative to the root */
	bool is_folder;
	struct stat stat; /* of files, where FOLDER_STAT asks for it */
};

enum folder_flags {
	FOLDER_STAT = 1, /* files with their stat */
	FOLDER_TELL = 2, /* what is neither file nor folder is logged */
};

/** Called with each file and folder. */
typedef int folder_entry_fn(void *context, const struct folder_entry *entry);

/** Who is called, and with what. Not 0 ends the visit and is returned. */
struct folder_visitor {
	folder_entry_fn *visit;
	void *context;
	enum folder_flags flags;
};

/** Opens a file below the root for reading; the caller closes with io_close. ERR_NOTFOUND,
 * ERR_IO, ERR_INVALID for a path that leads elsewhere. */
NODISCARD int folder_open_file(struct folder_source *source, const char *path, int *out_fd);

/** Closes the folder that folder_open_file has kept open. */
void folder_close_kept(struct folder_source *source);

/** Visits the entries of a folder, sorted by the bytes of their names. What is neither file nor
 * folder is left out. */
NODISCARD int folder_list(const struct folder_source *source, const char *path,
	const struct folder_visitor *visitor);

/** The path of an entry of the folder at `path`. The caller frees it. */
char *folder_join(const char *path, const char *name);

/* read.c */
int folder_read(void *self, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context);

#endif
