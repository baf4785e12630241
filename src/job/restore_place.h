/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_RESTORE_PLACE_H
#define JOB_RESTORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The folders that a restore writes into. A file appears under its name only when it is whole.
 * The folder of the last file stays open, and one that was made just now is known to be empty,
 * so that a file costs few calls of the system.
 *
 * Paths are whole ones, in the order of a walk: a folder before what lies in it.
 */

struct restore_place;

struct restore_place *restore_place_new(void);
void restore_place_free(struct restore_place *place); /* NULL is fine */

/** Makes the folder where it is not there. ERR_EXISTS where a file lies there, ERR_IO. */
NODISCARD int restore_place_folder(struct restore_place *place, const char *path);

/** What lies at the path of a file that is to be written. */
enum restore_there { RESTORE_NOTHING, RESTORE_FILE, RESTORE_FOLDER };
NODISCARD int restore_place_look(
	struct restore_place *place, const char *path, enum restore_there *out);

/** Writes the content of a file to `fd`, in order. Not 0 ends it and is returned. */
typedef int restore_write_fn(void *context, int fd);

struct restore_file {
	const char *path;
	int64_t modified_s; /* 0: now */
	bool replace;       /* else ERR_EXISTS where something has come to lie there */
	restore_write_fn *write;
	void *context;
};

/** ERR_EXISTS, ERR_IO (full disk), or what `write` gave: nothing is left behind then. */
NODISCARD int restore_place_file(struct restore_place *place, const struct restore_file *file);

#endif
