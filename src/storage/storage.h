/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_STORAGE_H
#define STORAGE_STORAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/err.h"

/*
 * Where the bytes of a repository lie: objects that are written once, whole, and never change.
 * It knows nothing of what the bytes mean. One interface, and four sides of it: a folder of
 * this machine, a bucket of an S3 server (s3.h), memory, and faulty.h, which stands before
 * another one and fails as tests want it.
 *
 * A name is "folder/…/name": at most 200 bytes of letters, digits, "-", "_" and ".", parts of
 * at least one byte that do not begin with ".", and not below "tmp". storage_put refuses others
 * with ERR_INVALID. storage_list may come across what somebody else has put; such a name can be
 * read and removed where it leads to nothing outside the place and has no control characters.
 *
 * An object that storage_put has returned 0 for survives a power cut. Where it has returned an
 * error, the object is not there, or (where the failure hides what became of it) it is there
 * whole: never a part of it. A storage is used by any number of threads at the same time, and
 * any number of processes may use one place. Only closing it is for one alone.
 */

struct storage;

/** A folder of this machine, which need not be there yet. Nothing is read or made. */
struct storage *storage_open_folder(const char *folder);

/** An empty place in memory, for tests. The clock is that of base/clock.h; locks hold. */
struct storage *storage_open_memory(void);

/** A second storage on the same objects as one of storage_open_memory; either may be closed
 * first. */
struct storage *storage_memory_share(struct storage *storage);

/**
 * The storage that a text names: a folder's path, or an address on an S3 server,
 *
 *     s3://BUCKET[/PREFIX]?endpoint=HOST[:PORT][&region=R][&style=path|host][&tls=no]
 *     https://HOST[:PORT]/BUCKET[/PREFIX][?region=R][&style=path|host]
 *
 * the first without `endpoint` at Amazon's endpoint of the region. `http://` (or `tls=no`) is
 * for servers of this machine, or where the options allow it. The region is "us-east-1" where
 * none is named, and the style "path" but for Amazon's own endpoints. Nothing is read or made
 * but the file with the credentials. ERR_INVALID, ERR_NOTFOUND, ERR_IO.
 */
struct storage_options {
	const char *credentials_file; /* as in s3.h; NULL: from the environment */
	const char *ca_file;          /* instead of the system's authorities; may be NULL */
	bool allow_http;              /* also to other machines */
};
NODISCARD int storage_open_url(
	const char *text, const struct storage_options *options, struct storage **out);

/** Whether a text is an address (what storage_open_url takes but for a folder's path). */
bool storage_is_url(const char *text);

void storage_close(struct storage *storage); /* NULL is fine */

/** The place, for messages: the path of the folder, or the address. Borrowed. */
const char *storage_place(const struct storage *storage);

/** Calls that wait (for a network, between tries) end with ERR_CANCELLED once this is wished.
 * Borrowed until another one or NULL is set; before other threads use the storage. */
void storage_use_cancel(struct storage *storage, struct cancel *cancel);

/** Writes an object, atomically and durably. ERR_EXISTS where there is one of the name, on
 * every side; ERR_IO, and on a network ERR_NETWORK, ERR_UNAVAILABLE, ERR_THROTTLED, ERR_AUTH,
 * ERR_PROTOCOL, ERR_CANCELLED, which every call below can give there. */
NODISCARD int storage_put(
	struct storage *storage, const char *name, const void *data, size_t size);

/** Makes durable what others have put into the folder ("index") and this process has seen: a
 * writer that refers to it must not outlive it. ERR_IO. */
NODISCARD int storage_settle(struct storage *storage, const char *folder);

/** As storage_put, and nobody can remove the object before the moment, where the place can hold
 * to that (object lock); a folder cannot, and it is a plain put there. */
NODISCARD int storage_put_locked(struct storage *storage, const char *name, const void *data,
	size_t size, int64_t retain_until_s);

/** As storage_put, in the place of an object of the name that may be there, which whoever reads
 * sees either before or after, never in between. For what was damaged and is given back as it
 * was written, and for nothing else: objects never change. ERR_RETAINED where its lock holds
 * yet. */
NODISCARD int storage_replace(
	struct storage *storage, const char *name, const void *data, size_t size);

/** Makes an object's lock last at least until the moment; it never becomes shorter. Nothing
 * happens where the place knows no locks. ERR_NOTFOUND. */
NODISCARD int storage_retain(struct storage *storage, const char *name, int64_t until_s);

/** Whether the place holds to locks. Asks it, at most once. */
NODISCARD int storage_can_retain(struct storage *storage, bool *out);

/** A piece of an object. ERR_NOTFOUND, ERR_CORRUPT where it ends before, ERR_IO. */
struct storage_range {
	uint64_t offset;
	size_t size;
};
NODISCARD int storage_read(struct storage *storage, const char *name,
	const struct storage_range *range, void *out);

/** Appends a whole object to `out`. ERR_NOTFOUND, ERR_LIMIT over the ceiling of `out`, ERR_IO;
 * after an error `out` holds what it held, and perhaps a part of the object. */
NODISCARD int storage_read_all(struct storage *storage, const char *name, struct buf *out);

/** ERR_NOTFOUND, ERR_IO. */
NODISCARD int storage_size(struct storage *storage, const char *name, uint64_t *out);

/** One object of a list. */
struct storage_entry {
	const char *name; /* borrowed for the call */
	uint64_t size;
	int64_t modified_s; /* when it was put, by the clock of storage_now */
};
typedef int storage_entry_fn(void *context, const struct storage_entry *entry);

/** Calls `visit` for each object in the folder ("packs"; "" is all) and below it, sorted by
 * the bytes of the names (where "a" is a folder, its objects and "a-b" come in the place's
 * order); a folder that is not there has none. Not 0 ends it and is returned. What is put or
 * removed meanwhile may be seen or not. `visit` may use the storage. */
NODISCARD int storage_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context);

/** Removes an object; one that is not there is fine. ERR_RETAINED where its lock holds yet,
 * ERR_AUTH where we may not. */
NODISCARD int storage_remove(struct storage *storage, const char *name);

/** Removes what writes that never ended have left behind before the moment `before_s` of
 * storage_now's clock. */
NODISCARD int storage_clean(struct storage *storage, int64_t before_s);

/** The place's own clock, which `modified_s` goes by and all who use the place share: of a
 * folder that of its file system, of a server the one that it answers with. */
NODISCARD int storage_now(struct storage *storage, int64_t *out_s);

#endif
