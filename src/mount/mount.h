/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MOUNT_MOUNT_H
#define MOUNT_MOUNT_H

#include "base/cancel.h"
#include "repo/path.h"

/*
 * A snapshot as a folder of the machine, to look around in and copy from with any program. It
 * is read only, asks nobody for a license and no daemon; every byte is verified when it is
 * read.
 */

struct mount_options {
	const char *path;   /* inside the snapshot; "" for all */
	const char *folder; /* an empty folder of the machine */
	/* Whether the content of an item is handed out (job/handout.h); one that is not is
	 * listed, and gives EACCES. May be NULL. */
	bool (*allows)(void *context, const struct path_entry *entry);
	/** Called once, when the folder can be used. May be NULL. */
	void (*ready)(void *context);
	void *context;
	struct cancel *cancel; /* set by SIGINT and SIGTERM, which end the mount */
};

/** Serves until it is cancelled or unmounted by others, then unmounts: 0. ERR_NOTFOUND where
 * nothing lies at the path, ERR_INVALID where that is an item, or where the program was built
 * without FUSE; ERR_IO where the folder cannot be mounted on. */
NODISCARD int mount_snapshot(struct repo *repo, const struct snapshot *snapshot,
	const struct mount_options *options);

#endif
