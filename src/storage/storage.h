/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Where the bytes of a repository lie: objects that are written once, whole, and never change.
 * A name is "folder/…/name", of letters, digits and "-" alone. It knows nothing of what the
 * bytes mean.
 *
 * An object that storage_put has returned 0 for survives a power cut; one that it has not is
 * not there, whatever happened. A storage is used by one thread at a time, and any number of
 * processes may use one place.
 */

struct storage;

/** A folder of this machine, which need not be there yet. Nothing is read or made. */
struct storage *storage_open_folder(const char *folder);
void storage_close(struct storage *storage); /* NULL is fine */

/** The place, for messages: the path of the folder. Borrowed. */
const char *storage_place(const struct storage *storage);

/** Writes an object, atomically and durably. ERR_EXISTS where there is one of the name, ERR_IO.
 */
NODISCARD int storage_put(
	struct storage *storage, const char *name, const void *data, size_t size);

/** A piece of an object. ERR_NOTFOUND, ERR_CORRUPT where it ends before, ERR_IO. */
struct storage_range {
	uint64_t offset;
	size_t size;
};
NODISCARD int storage_read(struct storage *storage, const char *name,
	const struct storage_range *range, void *out);

/** Appends a whole object to `out`. ERR_NOTFOUND, ERR_LIMIT over the ceiling of `out`, ERR_IO.
 */
NODISCARD int storage_read_all(struct storage *storage, const char *name, struct buf *out);

/** ERR_NOTFOUND, ERR_IO. */
NODISCARD int storage_size(struct storage *storage, const char *name, uint64_t *out);

typedef int storage_entry_fn(void *context, const char *name, uint64_t size);

/** Calls `visit` for each object in the folder ("packs"; "" is all) and below it, by the order
 * of the names; a folder that is not there has none. Not 0 ends it and is returned. */
NODISCARD int storage_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context);

/** Removes an object; one that is not there is fine. */
NODISCARD int storage_remove(struct storage *storage, const char *name);

/** Removes what writes that never ended have left behind before the moment `before_s`. */
NODISCARD int storage_clean(struct storage *storage, int64_t before_s);

#endif
