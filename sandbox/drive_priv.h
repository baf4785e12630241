/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_DRIVE_PRIV_H
#define SANDBOX_DRIVE_PRIV_H

#include "sandbox/drive.h"

/* What the files of drives share: drive.c, drive_load.c, drive_ops.c. */

/** Notes that something happened to an item. */
void drive_touch(struct drive *drive, struct drive_item *item);

/** The item whose id is derived from this path, deleted ones too; NULL. */
struct drive_item *drive_by_path(const struct drive *drive, const char *path);

/** A new item; `path` is what its id is derived from. */
struct drive_item *drive_put(
	struct drive *drive, struct drive_item *parent, const char *name, const char *path);

/** Gives a file other bytes; `content` is taken over. ERR_IO, ERR_NOTFOUND. */
NODISCARD int drive_write(struct drive_item *item, struct content *content, int64_t modified_s);

/** Deletes an item and what lies below it. */
void drive_delete(struct drive *drive, struct drive_item *item);

#endif
